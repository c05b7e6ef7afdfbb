"""Firings over HTTP: what became of each due time, and why."""

from datetime import datetime
from typing import Annotated

import msgspec
from litestar import get
from litestar.params import PathParameter, QueryParameter

from horarium.engine import Account, Firing, Outcome, account, firings
from horarium.errors import InvalidInput
from horarium.web.api.parameters import App, Identity, PageSize, instant, refuses

Due = Annotated[
    str, PathParameter(description="An instant, such as 2026-03-02T09:00:00Z.", format="date-time")
]


class Firings(msgspec.Struct, frozen=True):
    """Firings, newest due time first. To go on, ask with `before` as `next` says; null: no more."""

    items: list[Firing]
    count: int
    next: datetime | None


@get(
    "/schedules/{id:str}/firings",
    tags=["Schedules"],
    summary="Firings of a schedule",
    responses=refuses(404),
)
async def list_firings(
    app: App,
    id: Identity,
    count: PageSize = 100,
    before: Annotated[
        str | None,
        QueryParameter(format="date-time", description="Due before it: `next` of the last page."),
    ] = None,
    since: Annotated[
        str | None, QueryParameter(format="date-time", description="Due at or after it.")
    ] = None,
    outcome: Annotated[Outcome | None, QueryParameter(description="Of which this became.")] = None,
) -> Firings:
    """What became of the due times of a schedule, newest first. A long row of due times that were
    not run is one record with a `count`, from `due_at` to `due_until`.
    """
    found = await firings(
        app.book, id, before=instant("before", before), since=instant("since", since),
        outcome=outcome, count=count + 1,
    )  # fmt: skip
    items = list(found[:count])
    return Firings(items, count, items[-1].due_at if len(found) > count else None)


@get(
    "/schedules/{id:str}/firings/{due:str}/explanation",
    tags=["Schedules"],
    summary="What became of a due time",
    responses=refuses(404),
)
async def explain_firing(app: App, id: Identity, due: Due) -> Account:
    """What became of one instant of a schedule: its firing and its job; or why it has none: it is
    not decided yet, it was never due, its record is not kept.
    """
    at = instant("due", due)
    if at is None:
        raise InvalidInput("due", "it takes a time with its offset")
    return await account(app.book, id, at)


ROUTES = [list_firings, explain_firing]
