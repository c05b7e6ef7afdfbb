"""Backfills over HTTP: running a schedule for due times of the past."""

from datetime import datetime
from typing import Annotated

import msgspec
from litestar import Response, delete, get, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import JSONBody, QueryParameter

from horarium.engine import (
    Backfilled,
    BackfillProgress,
    Order,
    Wanted,
    backfill_progress,
    backfills,
    begin,
    foreseen,
)
from horarium.engine import cancel_backfill as end
from horarium.web.api.parameters import App, Identity, PageNumber, PageSize, refuses
from horarium.web.api.schedule_shapes import Note

Instant = Annotated[datetime, msgspec.Meta(tz=True)]


class NewBackfill(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which due times to run: after `since`, up to and with `until`.

    `concurrency`: unfinished jobs of it at once at most; null: any number. `redo`: also for due
    times that had a job already. `priority`: of its jobs, higher first.
    """

    since: Annotated[Instant, msgspec.Meta(examples=["2026-01-01T00:00:00Z"])]
    until: Annotated[Instant, msgspec.Meta(examples=["2026-02-01T00:00:00Z"])]
    order: Order = Order.OLDEST_FIRST
    concurrency: Annotated[int, msgspec.Meta(ge=1, le=10_000)] | None = None
    redo: bool = False
    priority: Annotated[int, msgspec.Meta(ge=-32768, le=32767)] = -1
    note: Note | None = None
    dry_run: bool = False


class Backfills(msgspec.Struct, frozen=True):
    """Backfills of a schedule, newest first."""

    items: list[BackfillProgress]
    page: int
    count: int


@post(
    "/schedules/{id:str}/backfills",
    tags=["Schedules"],
    summary="Backfill a schedule",
    status_code=202,
    responses={
        200: ResponseSpec(Backfilled, generate_examples=False, description="What it would do"),
        **refuses(404, body=True),
    },
)
async def begin_backfill(
    app: App, id: Identity, data: JSONBody[NewBackfill]
) -> Response[BackfillProgress | Backfilled]:
    """Run a schedule for due times of the past: one firing and one job for each. It is begun here
    and done by the schedulers: 202, and `GET /backfills/{id}` says how far it is. With `dry_run`
    nothing is done: 200, and what would be.
    """
    values = {name: getattr(data, name) for name in Wanted.__struct_fields__}
    if data.dry_run:
        return Response(await foreseen(app.book, id, Wanted(**values)), status_code=200)
    begun = await begin(app.book, id, Wanted(**values), "api")
    return Response(await backfill_progress(app.book, begun), status_code=202)


@get(
    "/schedules/{id:str}/backfills",
    tags=["Schedules"],
    summary="Backfills of a schedule",
    responses=refuses(404),
)
async def list_backfills(
    app: App, id: Identity, page: PageNumber = 1, count: PageSize = 20
) -> Backfills:
    """The backfills of a schedule and how far each of them is, newest first."""
    return Backfills(await backfills(app.book, id, page=page, count=count), page, count)


@get(
    "/backfills/{id:str}",
    tags=["Schedules"],
    summary="Read a backfill",
    responses=refuses(404),
)
async def read_backfill(app: App, id: Identity) -> BackfillProgress:
    """How far a backfill is: due times gone through, jobs made, and how many are in each state."""
    return await backfill_progress(app.book, id)


@delete(
    "/backfills/{id:str}",
    tags=["Schedules"],
    summary="Cancel a backfill",
    status_code=200,
    responses=refuses(404, 409),
)
async def cancel_backfill(
    app: App,
    id: Identity,
    note: Annotated[
        str | None, QueryParameter(description="Why; it is kept with it.", max_length=1000)
    ] = None,
) -> BackfillProgress:
    """Make no more jobs for a backfill and cancel those that have not begun; the others run on. One
    of which nothing waits is refused with 409.
    """
    return await end(app.book, id, note)


ROUTES = [begin_backfill, list_backfills, read_backfill, cancel_backfill]
