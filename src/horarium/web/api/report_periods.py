"""Every report over HTTP, whatever it is made by: its periods, their rows and their revisions."""

from datetime import datetime
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, get, post
from litestar.params import PathParameter, QueryParameter

from horarium import reports
from horarium.application import Horarium
from horarium.errors import InvalidInput
from horarium.reports.naming import period_named
from horarium.shop import Page
from horarium.web.api.parameters import (
    MOST_ITEMS,
    App,
    Cursor,
    PageNumber,
    PageSize,
    begun,
    present,
    refuses,
)

Name = Annotated[str, PathParameter(description="The report's name, such as orders.")]
Start = Annotated[
    str,
    PathParameter(
        description="The period: a day in it, such as 2010-12-01, or an instant in it, such as "
        "2010-12-01T08:00:00Z; of reports of every hour an instant."
    ),
]
Number = Annotated[int, PathParameter(ge=1, le=2_147_483_647, description="The revision, from 1.")]
NamedReason = Annotated[
    str,
    QueryParameter(description="Why; it is kept with the revision.", min_length=1, max_length=100),
]


class Reports(msgspec.Struct, frozen=True):
    """All reports, by name."""

    items: list[reports.ReportState]
    total: int


class Periods(Page[reports.BuiltPeriod], frozen=True):
    """A page of the periods that were built; `total` counts those of all pages."""


class Revisions(msgspec.Struct, frozen=True):
    """The revisions of a period, newest first: the first is the current one."""

    items: list[reports.Revision]
    total: int


class RequestedBuild(msgspec.Struct, frozen=True):
    """A build that was enqueued. `/jobs/{task_id}` says what became of it."""

    status: str
    task_id: str
    report: str
    starts_at: datetime


@get("/reports", tags=["Reports"], summary="List reports", responses=refuses())
async def list_reports(app: App) -> Reports:
    """Every report, the order report and those of one's own: what it is, its newest period with how
    fresh that is, and the latest build that failed, if one did.
    """
    zone = await app.zone()
    async with app.database.connection() as connection:
        found = await reports.catalogue(connection, app.reports.definitions.values(), zone)
    return Reports(found, len(found))


@get("/reports/{name:str}", tags=["Reports"], summary="Read a report", responses=refuses(404))
async def read_report(app: App, name: Name) -> reports.ReportDetails:
    """A report with its columns, checks and source, its newest period, and the periods whose last
    build failed: of those the former revision is still the current one.
    """
    definition, zone = app.reports.definition(name), await app.zone()
    async with app.database.connection() as connection:
        return await reports.details(connection, definition, zone)


@get(
    "/reports/{name:str}/periods",
    tags=["Reports"],
    summary="Periods of a report",
    responses=refuses(404),
)
async def list_periods(app: App, name: Name, page: PageNumber = 1, count: PageSize = 31) -> Periods:
    """The periods that were built, newest first, each with its current revision."""
    definition = app.reports.definition(name)
    async with app.database.connection() as connection:
        found = await reports.periods(connection, page, count, report=definition)
    return Periods(*msgspec.structs.astuple(found))


@get(
    "/reports/{name:str}/periods/{start:str}",
    tags=["Reports"],
    summary="Rows of a period",
    responses=refuses(404),
)
async def read_period(
    app: App,
    name: Name,
    start: Start,
    page: PageNumber = 1,
    count: PageSize = MOST_ITEMS,
    cursor: Cursor = None,
) -> reports.PeriodRows:
    """The rows of a period's current revision in their order, what their columns are, and how fresh
    they are: built at, data until, provisional or not, revision. Decimals, and all that JSON has no
    type for, are text.
    """
    period = await _period(app, name, start)
    async with app.database.connection() as connection:
        return await reports.period_rows(
            connection, name, period.starts_at, page=page, count=count, cursor=cursor
        )


@get(
    "/reports/{name:str}/periods/{start:str}/revisions",
    tags=["Reports"],
    summary="Revisions of a period",
    responses=refuses(404),
)
async def list_revisions(app: App, name: Name, start: Start) -> Revisions:
    """Every revision that a period had, why and when it was built, and how many rows it changed."""
    period = await _period(app, name, start)
    async with app.database.connection() as connection:
        found = await reports.revisions_of(connection, name, period.starts_at)
    return Revisions(found, len(found))


@get(
    "/reports/{name:str}/periods/{start:str}/revisions/{number:int}",
    tags=["Reports"],
    summary="What a revision changed",
    responses=refuses(404),
)
async def read_revision(
    app: App,
    name: Name,
    start: Start,
    number: Number,
    count: PageSize = MOST_ITEMS,
    cursor: Cursor = None,
) -> reports.RevisionChanges:
    """What a revision changed: figures of its summary, and rows that were added, removed or
    altered, as they were before and after. The first added all of its rows. Which rows were changed
    is kept for `HORARIUM_KEEP_REVISIONS` days; `kept` says whether it still is.
    """
    period = await _period(app, name, start)
    async with app.database.connection() as connection:
        return await reports.revision_changes(
            connection, name, period.starts_at, number, count=count, cursor=cursor
        )


@get(
    "/reports/{name:str}/periods/{start:str}/revisions/{number:int}/rows",
    tags=["Reports"],
    summary="Rows of a revision",
    responses=refuses(404),
)
async def read_revision_rows(
    app: App,
    name: Name,
    start: Start,
    number: Number,
    page: PageNumber = 1,
    count: PageSize = MOST_ITEMS,
) -> reports.RevisionRows:
    """The rows of a period as a revision reported them, also a former one. 404 where what was
    changed since is not kept any more.
    """
    period = await _period(app, name, start)
    async with app.database.connection() as connection:
        return await reports.revision_rows(
            connection, name, period.starts_at, number, page=page, count=count
        )


@post(
    "/reports/{name:str}/periods/{start:str}/builds",
    status_code=202,
    tags=["Reports"],
    summary="Build a period",
    responses=refuses(404),
)
async def build_period(
    request: Request[Any, Any, Any],
    app: App,
    name: Name,
    start: Start,
    reason: NamedReason = "by hand",
) -> Response[RequestedBuild]:
    """Build a period in the background, also one that was built before: the same data make no new
    revision. A period that has not begun is refused.
    """
    period = await _period(app, name, start)
    now = await present(app)
    if period.starts_at > now:
        raise InvalidInput(
            "start", f"the period {period.label} has not begun; it is {now:%F %R} UTC"
        )
    task_id = await app.reports.enqueue_build(name, period.day, reason, starts_at=period.starts_at)
    build = RequestedBuild("queued", task_id, name, period.starts_at)
    return begun(request, build, f"/jobs/{task_id}")


async def _period(app: Horarium, name: str, start: str) -> reports.Period:
    definition = app.reports.definition(name)
    return period_named("start", start, definition.every, definition.zone or await app.zone())


ROUTES = [
    list_reports, read_report, list_periods, read_period, list_revisions, read_revision,
    read_revision_rows, build_period,
]  # fmt: skip
