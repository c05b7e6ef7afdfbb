"""The pages of reports: all of them, and one with its periods, failed builds and newest rows."""

from typing import Annotated, Any

from litestar import Request, Response, get
from litestar.params import PathParameter

from horarium import reports
from horarium.web.api.parameters import App
from horarium.web.pages import html
from horarium.web.wording import moment, number

PERIODS, ROWS = 31, 20
RIGHT = frozenset({"integer", "bigint", "numeric", "double precision"})
"""Types that are flushed right."""


@get("/dashboard/reports", include_in_schema=False, opt={"page": True})
async def all_reports(request: Request[Any, Any, Any], app: App) -> Response[str]:
    """All reports, and where each stands."""
    zone = await app.zone()
    async with app.database.connection() as connection:
        found = await reports.catalogue(connection, app.reports.definitions.values(), zone)
    return html(request, "reports.html", reports=found, moment=moment, number=number)


@get("/dashboard/reports/{name:str}", include_in_schema=False, opt={"page": True})
async def one_report(
    request: Request[Any, Any, Any],
    app: App,
    name: Annotated[str, PathParameter(description="The report's name.")],
) -> Response[str]:
    """One report: its checks, builds that failed, periods, and the rows of the newest."""
    definition, zone = app.reports.definition(name), await app.zone()
    async with app.database.connection() as connection:
        found = await reports.details(connection, definition, zone)
        periods = await reports.periods(connection, 1, PERIODS, report=definition)
        rows = None
        if found.newest is not None:
            rows = await reports.period_rows(connection, name, found.newest.starts_at, count=ROWS)
    return html(
        request, "report.html", report=found, periods=periods, rows=rows, right=RIGHT,
        moment=moment, number=number, shown=shown,
    )  # fmt: skip


def shown(value: object) -> str:
    """A value of a row, as people read it."""
    match value:
        case None:
            return "–"  # noqa: RUF001 - a dash
        case bool():
            return "yes" if value else "no"
        case _:
            return str(value)
