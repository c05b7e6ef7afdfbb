"""Events over HTTP: one job followed to its end, all jobs, and who pays for it."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import httpx
import pytest
from problem_documents import refused
from streams import Message, application, following, serving
from test_web_server import PROGRAM, _answers

from engine.workplace import eventually, working
from horarium.application import Horarium
from horarium.database import Connection
from horarium.engine import NewJob, Progress
from horarium.engine.jobs.job import arguments
from horarium.web.api import events

LISTENERS = """
select count(*) from pg_stat_activity
where datname = current_database() and application_name = 'horarium listener'
"""
WATCHES = "select count(*) from horarium.watches"


@pytest.fixture
async def served(app: Horarium) -> AsyncIterator[httpx.AsyncClient]:
    async with serving(app) as client:
        yield client


@pytest.fixture
async def elsewhere(database_url: str) -> AsyncIterator[Horarium]:
    """A worker's application, with tasks that do as they are told."""
    other = application(database_url)
    gates: dict[str, asyncio.Event] = {}
    other.gates = gates  # type: ignore[attr-defined]

    @other.broker.task("step", max_retries=1, retry_delay=0.0)
    async def step(name: str, fails: int, progress: Progress) -> str:
        gate = gates.setdefault(name, asyncio.Event())
        await progress(0.25, "a quarter")
        await gate.wait()
        await progress(0.75, state="nearly")
        if fails > 0:
            gates["fails"] = gates.get("fails") or asyncio.Event()
            raise OSError("no")
        return "done"

    @other.broker.task("plain")
    async def plain() -> None: ...

    async with other.running():
        yield other


def gate(elsewhere: Horarium, name: str) -> asyncio.Event:
    gates: dict[str, asyncio.Event] = elsewhere.gates  # type: ignore[attr-defined]
    return gates.setdefault(name, asyncio.Event())


async def enqueue(app: Horarium, id: str, task: str = "step", fails: int = 0, **more: Any) -> None:
    given = arguments(id, fails) if task == "step" else arguments()
    assert await app.ledger.enqueue(NewJob(id=id, task=task, arguments=given, **more))


def told(messages: list[Message]) -> list[tuple[Any, ...]]:
    return [
        (
            each.event,
            each.data["state"],
            each.data["progress"] and each.data["progress"]["fraction"],
        )
        for each in messages
    ]


async def test_a_job_is_followed_to_its_end(
    app: Horarium, served: httpx.AsyncClient, elsewhere: Horarium
) -> None:
    await enqueue(app, "a", fails=1)
    async with following(served, "/jobs/a/events") as stream:
        first = await stream.next()
        assert first is not None
        assert told([first]) == [("state", "queued", None)]
        assert first.data["attempt"] == 0
        async with working(elsewhere.broker.worker()):
            seen = await stream.next()
            while seen is not None and not seen.data["progress"]:
                seen = await stream.next()
            assert seen is not None
            assert told([seen])[0][1:] == ("running", 0.25)
            assert seen.data["progress"]["note"] == "a quarter"
            gate(elsewhere, "a").set()
            rest = await stream.rest()
    assert told(rest)[-1] == ("ended", "failed", 0.75)
    assert rest[-1].data["attempt"] == 2
    assert rest[-1].data["error"] == {"type": "OSError", "message": "no", "module": "builtins"}
    assert "arguments" not in rest[-1].data


async def test_a_job_that_has_ended_answers_at_once(
    app: Horarium, served: httpx.AsyncClient
) -> None:
    await enqueue(app, "a")
    await app.ledger.cancel("a", "enough")
    async with following(served, "/jobs/a/events") as stream:
        (only,) = await stream.rest()
    assert (only.event, only.data["state"]) == ("ended", "cancelled")
    assert only.data["error"]["message"] == "enough"
    # A browser that comes back has seen the end: 204 tells it to stop.
    assert only.id is not None
    answer = await served.get("/jobs/a/events", headers={"Last-Event-ID": only.id})
    assert answer.status_code == 204
    async with following(served, "/jobs/a/events", **{"Last-Event-ID": "other"}) as stream:
        assert len(await stream.rest()) == 1


async def test_who_comes_back_is_not_told_again(app: Horarium, served: httpx.AsyncClient) -> None:
    await enqueue(app, "a")
    async with following(served, "/jobs/a/events") as stream:
        first = await stream.next()
    assert first is not None
    assert first.id is not None
    async with following(served, "/jobs/a/events", **{"Last-Event-ID": first.id}) as stream:
        await eventually(lambda: awaited(app))
        await app.ledger.cancel("a", "enough")
        (only,) = await stream.rest()
    assert only.event == "ended"


async def awaited(app: Horarium) -> bool:
    async with app.database.connection() as connection:
        return bool(await connection.fetchval("select bool_or(awaited) from horarium.jobs"))


async def test_an_unknown_job_and_unknown_parameters(served: httpx.AsyncClient) -> None:
    refused(await served.get("/jobs/never/events"), 404, says="never")
    refused(await served.get("/events?state=failed"), 400, field="state")


async def test_asking_for_the_head_does_not_hang(app: Horarium, served: httpx.AsyncClient) -> None:
    await enqueue(app, "a")
    for path in ("/jobs/a/events", "/events"):
        answer = await served.head(path)
        assert answer.headers["content-type"].startswith("text/event-stream")
    assert await count(app, WATCHES) == 0


async def count(app: Horarium, sql: str) -> int:
    async with app.database.connection() as connection:
        return int(await connection.fetchval(sql))


async def test_the_end_is_told_though_notifications_are_lost(
    app: Horarium, served: httpx.AsyncClient, elsewhere: Horarium, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("horarium.web.api.events.LOOK_AGAIN", 0.1)
    await enqueue(app, "a")
    async with following(served, "/jobs/a/events") as stream:
        await stream.next()
        async with app.database.connection() as connection:
            # As after a cut connection: nobody is told anything.
            await connection.execute("update horarium.jobs set awaited = false")
            await connection.execute("delete from horarium.watches")
        gate(elsewhere, "a").set()
        async with working(elsewhere.broker.worker()):
            rest = await stream.rest()
    assert told(rest)[-1] == ("ended", "succeeded", 0.75)
    assert "still here" in stream.comments or rest


async def test_all_events_by_queue_task_and_owner(
    app: Horarium, served: httpx.AsyncClient, elsewhere: Horarium
) -> None:
    paths = ("/events", "/events?queue=mail", "/events?task=step", "/events?owner=ada")
    async with AsyncExitStack() as stack, working(elsewhere.broker.worker()):
        await relaying(elsewhere, wanted=False)
        streams = {path: await stack.enter_async_context(following(served, path)) for path in paths}
        await eventually(
            lambda: count(app, "select jsonb_array_length(wanted) from horarium.watches"), 4
        )
        await relaying(elsewhere)
        await enqueue(app, "m", "plain", queue="mail")
        await enqueue(app, "o", "plain", owner="ada")
        gate(elsewhere, "s").set()
        await enqueue(app, "s", fails=1)
        heard = {
            path: [(each.event, each.data["id"]) for each in await stream.until(last)]
            for (path, stream), last in zip(
                streams.items(), ("failed", "succeeded", "failed", "succeeded"), strict=True
            )
        }
    assert heard["/events?queue=mail"] == [("started", "m"), ("succeeded", "m")]
    assert heard["/events?owner=ada"] == [("started", "o"), ("succeeded", "o")]
    kinds = [kind for kind, id in heard["/events?task=step"] if kind != "progressed"]
    assert kinds == ["started", "retrying", "started", "failed"]
    assert {id for _, id in heard["/events?task=step"]} == {"s"}
    assert {id for _, id in heard["/events"]} == {"m", "o", "s"}


async def test_a_job_that_is_cancelled_before_it_begins_is_told(
    app: Horarium, served: httpx.AsyncClient, elsewhere: Horarium
) -> None:
    await enqueue(app, "a", owner="ada")
    async with following(served, "/events?owner=ada") as stream:
        await eventually(lambda: count(app, WATCHES), 1)
        await elsewhere.ledger.cancel("a", "enough " * 1000)
        told = await stream.next()
    assert told is not None
    assert (told.event, told.data["id"]) == ("cancelled", "a")
    assert told.data["error"].startswith("enough")


async def relaying(elsewhere: Horarium, wanted: bool = True) -> None:
    """The worker has read that somebody watches, or that nobody does; until then it hears all."""
    from horarium.events import JobSucceeded

    async def hears() -> bool:
        return elsewhere.events.hears(JobSucceeded)

    await eventually(hears, wanted)


async def test_a_client_that_goes_frees_everything(
    app: Horarium, served: httpx.AsyncClient, elsewhere: Horarium
) -> None:
    before = await count(app, LISTENERS)
    async with working(elsewhere.broker.worker()):
        await eventually(lambda: count(app, LISTENERS), before + 1)  # the worker's own
        await relaying(elsewhere, wanted=False)
        async with following(served, "/events") as stream:
            await relaying(elsewhere)
            assert await count(app, WATCHES) == 1
            assert stream.comments == []
        await eventually(lambda: count(app, WATCHES), 0)
        await eventually(lambda: count(app, LISTENERS), before + 1)
        await relaying(elsewhere, wanted=False)
        assert not app.watchers._sights


async def test_many_clients_share_one_connection(
    app: Horarium, served: httpx.AsyncClient, elsewhere: Horarium
) -> None:
    await enqueue(app, "a")
    before = await count(app, LISTENERS)
    async with AsyncExitStack() as stack:
        streams = [
            await stack.enter_async_context(following(served, "/jobs/a/events")) for _ in range(30)
        ]
        for stream in streams:
            await stream.next()
        assert await count(app, LISTENERS) == before + 1
        assert await count(app, WATCHES) == 1
        await app.ledger.cancel("a", "enough")
        ends = [await stream.rest() for stream in streams]
    assert [told(end) for end in ends] == [[("ended", "cancelled", None)]] * 30


async def test_streams_are_documented(served: httpx.AsyncClient) -> None:
    paths = (await served.get("/schema")).json()["paths"]
    follow = paths["/jobs/{job_id}/events"]["get"]["responses"]
    assert "text/event-stream" in follow["200"]["content"]
    assert {"204", "404"} <= set(follow)
    assert "text/event-stream" in paths["/events"]["get"]["responses"]["200"]["content"]


async def test_a_server_that_stops_ends_its_streams(
    database_url: str, app: Horarium, unused_tcp_port: int
) -> None:
    await enqueue(app, "a")
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", PROGRAM.replace("shutdown=5", "shutdown=60"), database_url,
        str(unused_tcp_port), stderr=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )  # fmt: skip
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{unused_tcp_port}") as client:
            await _answers(client, process)
            async with (
                following(client, "/jobs/a/events") as one,
                following(client, "/events") as every,
            ):
                await one.next()
                process.send_signal(signal.SIGTERM)
                assert await one.rest() == []
                assert await every.rest() == []
            await asyncio.wait_for(process.communicate(), 40)
        assert process.returncode == 0
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def test_the_progress_of_a_job_is_shown(
    app: Horarium, served: httpx.AsyncClient, elsewhere: Horarium, connection: Connection
) -> None:
    await enqueue(app, "a")
    assert (await served.get("/jobs/a")).json()["progress"] is None
    async with working(elsewhere.broker.worker()):

        async def progress() -> Any:
            return (await served.get("/jobs/a")).json()["progress"]

        async def fraction() -> Any:
            shown = await progress()
            return shown and shown["fraction"]

        await eventually(fraction, 0.25)
        shown = await progress()
        assert shown.pop("updated_at")
        assert shown == {
            "fraction": 0.25, "note": "a quarter", "state": None, "meta": None, "number": 1,
        }  # fmt: skip
        listed = (await served.get("/jobs")).json()["items"]
        assert listed[0]["progress"]["fraction"] == 0.25
        page = (await served.get("/", headers={"Accept": "text/html"})).text
        assert "25 %, a quarter" in page
        gate(elsewhere, "a").set()
        await eventually(fraction, 0.75)


@pytest.fixture
async def connection(app: Horarium) -> AsyncIterator[Connection]:
    async with app.database.connection() as connection:
        yield connection


async def test_there_are_no_more_streams_than_are_held(
    served: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "MOST_STREAMS", 1)
    async with following(served, "/events"):
        await eventually(lambda: _status(served), 503)
        answer = await served.get("/events")
        assert answer.headers["retry-after"] == "5"
        assert refused(answer, 503, says="1 streams")["type"].endswith(":too-busy")


async def _status(client: httpx.AsyncClient) -> int:
    async with client.stream("GET", "/events") as answer:
        return answer.status_code
