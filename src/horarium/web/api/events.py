"""What happens to jobs, as server-sent events.

One job's stream is made of looks into the ledger: an event from a worker, or the notification of
its end, is only the reason to look. So it ends with the job's true end, however many notifications
were lost. The stream of all jobs is the events themselves.
"""

from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, get
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import QueryParameter
from litestar.response import ServerSentEvent, ServerSentEventMessage

from horarium.application import Horarium
from horarium.engine import JobStanding, Watch, job_standing
from horarium.errors import NotFound, TooBusy
from horarium.outage import TRANSIENT
from horarium.web.api.parameters import App, Identity, refuses

HEARTBEAT = 15.0
"""Seconds of silence after which a comment is sent, so that nothing between takes it for dead."""

LOOK_AGAIN = 5.0
"""Seconds after which a job is looked at without having been heard of."""

MOST_STREAMS = 500
"""Streams that one process holds; each is a connection for as long as somebody watches."""

Messages = AsyncIterator[ServerSentEventMessage]
_STREAM = {
    200: ResponseSpec(
        str, generate_examples=False, description="The events", media_type="text/event-stream"
    )
}


@get(
    "/jobs/{job_id:str}/events",
    tags=["Jobs"],
    summary="Follow a job",
    responses={
        **_STREAM,
        204: ResponseSpec(None, description="The client has seen the job's end already"),
        **refuses(404),
    },
)
async def follow_job(app: App, job_id: Identity, request: Request[Any, Any, Any]) -> Response[Any]:
    """Server-sent events: `state` when the job's state changes, `progress` when it has come
    further, `ended` when it has ended, after which the stream ends. The first says how it stands
    now. A client that comes back with Last-Event-ID is not told again what it knows, and one that
    knows the end is answered 204, at which browsers stop.
    """
    now = await job_standing(app.database, job_id)
    if now is None:
        raise NotFound(f"there is no job {job_id!r} in the ledger")
    known = request.headers.get("last-event-id")
    if now.state.final and known == now.mark:
        return Response(None, status_code=204)
    _check_room(app)
    content = _nothing() if _is_head(request) else _life(app, job_id, known)
    return ServerSentEvent(content)


@get("/events", tags=["Operation"], summary="Follow all jobs", responses={**_STREAM, **refuses()})
async def follow_all_jobs(
    app: App,
    request: Request[Any, Any, Any],
    queue: Annotated[str | None, QueryParameter(description="Of jobs of this queue.")] = None,
    task: Annotated[str | None, QueryParameter(description="Of jobs of this task.")] = None,
    owner: Annotated[str | None, QueryParameter(description="Of jobs of this owner.")] = None,
) -> Response[Any]:
    """Server-sent events of all jobs, or of those of a queue, a task, an owner, from now on:
    `started`, `progressed`, `succeeded`, `failed`, `retrying`, `cancelled`, `snoozed`,
    `given back`, `rescued`; `missed` where there were more than could be told.
    """
    _check_room(app)
    watch = Watch(queue=queue, task=task, owner=owner)
    return ServerSentEvent(_nothing() if _is_head(request) else _stream(app, watch))


def _check_room(app: Horarium) -> None:
    if len(app.watchers) >= MOST_STREAMS:
        raise TooBusy(
            f"this process holds {MOST_STREAMS} streams of events already; try again in a moment, "
            "or ask for the job itself"
        )


async def _life(app: Horarium, job: str, known: str | None) -> Messages:
    """A job's standings, from the one after `known` to its end."""
    seen: JobStanding | None = None
    async with app.watchers.watch(Watch(job=job)) as sight:
        await _expect(app, job)
        while not sight.over:
            sight.take()
            try:
                now = await job_standing(app.database, job)
            except TRANSIENT:
                yield ServerSentEventMessage(data=None, comment="the database does not answer")
                await sight.wait(1.0)
                continue
            if now is None:
                return  # it was kept as long as jobs are kept
            if now.mark != known:
                yield _told(seen, now)
            if now.state.final:
                return
            seen, known = now, now.mark
            if not await sight.wait(LOOK_AGAIN):
                yield _beat()


async def _expect(app: Horarium, job: str) -> None:
    """Have the job's end notified."""
    with suppress(*TRANSIENT):
        await app.ledger.expect(job)


def _told(before: JobStanding | None, now: JobStanding) -> ServerSentEventMessage:
    kind = "state"
    if now.state.final:
        kind = "ended"
    elif before is not None and (before.state, before.attempt) == (now.state, now.attempt):
        kind = "progress"
    return ServerSentEventMessage(event=kind, id=now.mark, data=msgspec.json.encode(now))


async def _stream(app: Horarium, watch: Watch) -> Messages:
    yield ServerSentEventMessage(data=None, comment="from now on")
    async with app.watchers.watch(watch) as sight:
        while not sight.over:
            if not await sight.wait(HEARTBEAT):
                yield _beat()
            taken = sight.take()
            for event in taken.events:
                encoded = msgspec.json.encode(event)
                kind = event.__struct_config__.tag
                yield ServerSentEventMessage(event=str(kind), data=encoded)
            if taken.missed:
                yield ServerSentEventMessage(event="missed", data=b"{}")


def _beat() -> ServerSentEventMessage:
    return ServerSentEventMessage(data=None, comment="still here")


async def _nothing() -> Messages:
    return
    yield


def _is_head(request: Request[Any, Any, Any]) -> bool:
    return bool(request.scope.get("horarium_head"))


ROUTES = [follow_job, follow_all_jobs]
