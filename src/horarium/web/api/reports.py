"""The order report over HTTP: rows, rows by hand, and building in the background."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody, SkipValidation

from horarium import reports
from horarium.application import Horarium
from horarium.errors import InvalidInput, NotFound
from horarium.shop import Page
from horarium.web.answers import answered
from horarium.web.api.parameters import (
    CHOSEN_DAY,
    MOST_ITEMS,
    App,
    Day,
    PageNumber,
    PageSize,
    begun,
    checked_day,
    chosen_day,
    refuses,
    today,
)
from horarium.web.api.texts import Currency

ChosenDay = NamedDependency[SkipValidation[date | None]]


class ReportRows(Page[reports.ReportRow], frozen=True):
    """A page of rows; `total` counts those of all pages. `freshness` is that of the days that have
    rows on this page.
    """

    freshness: list[reports.DayFreshness]


class DayReport(msgspec.Struct, frozen=True):
    """The rows of a day's report. `total` counts all of them, `items` are those of the page."""

    date: date
    items: list[reports.ReportRow]
    total: int
    page: int
    count: int
    freshness: reports.Freshness


class NewReportRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A row to be added by hand; not given, the amount is 0 and the currency the shop's."""

    report_at: Annotated[date, msgspec.Meta(description="The day", examples=["2010-12-01"])]
    order_id: Annotated[
        str | int, msgspec.Meta(description="1 to 255 characters, or a number", examples=["536365"])
    ]
    count_product: Annotated[
        int, msgspec.Meta(ge=0, le=2_147_483_647, description="Item lines of the order")
    ]
    total_amount: (
        Annotated[
            Decimal, msgspec.Meta(description="Exact: a decimal as text", examples=["139.12"])
        ]
        | None
    ) = None
    currency: Currency | None = None


class Generation(msgspec.Struct, frozen=True):
    """A build that was enqueued. `/jobs/{task_id}` says what became of it."""

    status: str
    task_id: str
    report_date: date


@get(
    "/report",
    tags=["Reports"],
    summary="Rows of a day",
    responses=refuses(404),
)
async def list_day_rows(
    request: Request[Any, Any, Any],
    app: App,
    date: Day = None,
    report_date: Day = None,
    date_param: Day = None,
    page: PageNumber = 1,
    count: PageSize = MOST_ITEMS,
) -> Response[DayReport]:
    """The rows of the order report of a day, by order; without a day, of the newest that was
    built. Up to 1000 rows a page: `total` says how many the day has. A day without orders has
    none, a day that was never built is 404.
    """
    of_day = chosen_day(date, report_date, date_param) or await _newest(app)

    async def version() -> object:
        async with app.database.connection() as connection:
            return await reports.rows_version(connection, of_day)

    async def rows() -> DayReport:
        async with app.database.connection() as connection:
            fresh = await reports.freshness(connection, of_day)
            found = await reports.rows(connection, of_day, page, count)
        return DayReport(of_day, found.items, found.total, page, count, fresh)

    return await answered(request.app, ("/report", of_day, page, count), version, rows)


@get(
    ["/report/all", "/reports/all"],
    tags=["Reports"],
    summary="Rows of all days",
    responses=refuses(),
)
async def list_rows(app: App, page: PageNumber = 1, count: PageSize = 10) -> ReportRows:
    """The rows of all days, newest day first, one page at a time."""
    async with app.database.connection() as connection:
        found = await reports.all_rows(connection, page, count)
        days = sorted({row.report_at for row in found.items})
        fresh = await reports.freshness_of_days(connection, days)
    return ReportRows(found.items, found.total, found.page, found.count, fresh)


@post("/report", tags=["Reports"], summary="Add a row by hand", responses=refuses(409, body=True))
async def add_row(app: App, data: JSONBody[NewReportRow]) -> reports.ReportRow:
    """Add a row by hand. It stays when the day is built again, unless the day gets an order of
    that id. A row that is there already is refused with 409.
    """
    new = reports.NewRow(
        checked_day("report_at", data.report_at),
        str(data.order_id),
        data.count_product,
        data.total_amount,
        data.currency,
    )
    async with app.database.transaction() as connection:
        return await reports.add_row(connection, new)


@post(
    "/report/generate",
    status_code=202,
    tags=["Reports"],
    summary="Build a day",
    dependencies=CHOSEN_DAY,
    responses=refuses(),
)
async def build_day(
    request: Request[Any, Any, Any], app: App, day: ChosenDay
) -> Response[Generation]:
    """Build the report of a day in the background; without a day, of yesterday in the shop's zone.
    A day that was built before is built again: the same orders give the same rows once.
    """
    zone = await app.zone()
    day = _buildable(day, await today(app, zone), zone)
    task_id = await app.build_report(day)
    return begun(request, Generation("queued", task_id, day), f"/jobs/{task_id}")


def _buildable(day: date | None, now: date, zone: str) -> date:
    day = day or now - timedelta(days=1)
    if day > now:
        reason = f"{day} has not begun in {zone}; it is {now} there, and days up to that are built"
        raise InvalidInput("report_date", reason)
    try:
        reports.period_of(day, "day", zone)
    except InvalidInput as error:
        raise InvalidInput("report_date", error.reason) from None
    return day


async def _newest(app: Horarium) -> date:
    async with app.database.connection() as connection:
        day = await reports.newest_day(connection)
    if day is None:
        raise NotFound("no report was built yet; POST /report/generate builds one")
    return day


ROUTES = [list_day_rows, list_rows, add_row, build_day]
