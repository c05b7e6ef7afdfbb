"""The order report's figures over HTTP: a day's, a range's, what ranks, and the orders behind."""

import datetime as dt
from typing import Annotated, Any, cast
from urllib.parse import urlencode

import msgspec
from litestar import Request, Response, get
from litestar.di import NamedDependency, Provide
from litestar.params import QueryParameter, SkipValidation
from msgspec.structs import asdict

from horarium import reports
from horarium.errors import InvalidInput
from horarium.shop.money import currency_code
from horarium.web.answers import answered
from horarium.web.api.parameters import (
    CHOSEN_DAY,
    App,
    Day,
    PageNumber,
    PageSize,
    checked_day,
    chosen_day,
    refuses,
)
from horarium.web.dashboard.orders import orders_view
from horarium.web.pages import html, wants_html
from horarium.web.paths import root_of

ChosenDay = NamedDependency[SkipValidation[dt.date | None]]
First = Annotated[
    dt.date | None, QueryParameter(name="from", description="The first day, such as 2010-12-01.")
]
Last = Annotated[
    dt.date | None,
    QueryParameter(name="to", description="The last day, included; without it the newest built."),
]
Code = Annotated[
    str | None,
    QueryParameter(
        max_length=20, description="Orders in this currency, such as GBP; one is never mixed."
    ),
]
By = Annotated[
    reports.By, QueryParameter(description="What ranks: the value or the units that were sold.")
]


class Links(msgspec.Struct, frozen=True):
    """Where the orders are that make up the figures, and what ranks that day."""

    total: str
    sales: str
    refunds: str
    cancelled: str
    products: str
    customers: str
    previous: str | None


class Summary(reports.Summary, frozen=True, kw_only=True):
    """A day's summary; `links` lead from each figure to its orders."""

    links: Links


class TopProducts(reports.Ranking[reports.RankedProduct], frozen=True, kw_only=True):
    """A page of the products that sold most."""


class TopCustomers(reports.Ranking[reports.RankedCustomer], frozen=True, kw_only=True):
    """A page of the customers who bought most."""


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """A page of a ranking that is asked for: of a day or a range as far as it is named."""

    first: dt.date | None
    last: dt.date | None
    by: reports.By
    currency: str | None
    page: int
    count: int


def wanted_ranking(
    date: Day = None,
    report_date: Day = None,
    date_param: Day = None,
    first: First = None,
    last: Last = None,
    by: By = "value",
    currency: Code = None,
    page: PageNumber = 1,
    count: PageSize = 10,
) -> Wanted:
    """A ranking of one day under any of its names, or of a range.

    Raises:
        InvalidInput: both are named, or a day that no report is of.
    """
    day = chosen_day(date, report_date, date_param)
    first, last = _checked(first, last)
    if day is not None and (first is not None or last is not None):
        raise InvalidInput("date", "it names one day; leave it out to name a range, from and to")
    code = _code(currency)
    return Wanted(
        first=day or first, last=day or last, by=by, currency=code, page=page, count=count
    )


RANKING = {"wanted": Provide(wanted_ranking, sync_to_thread=False)}
WantedRanking = NamedDependency[SkipValidation[Wanted]]


@get(
    "/report/summary",
    tags=["Reports"],
    summary="Summary of a day",
    responses=refuses(404),
)
async def read_summary(
    request: Request[Any, Any, Any],
    app: App,
    date: Day = None,
    report_date: Day = None,
    date_param: Day = None,
) -> Response[Summary]:
    """Totals, averages, sales, refunds and cancelled orders of a day, the day before it, and how
    fresh they are; without a day, of the newest that was built. `reviews` has the day's mean
    polarity and its worst reviews with their orders, as they are now. `links` lead from each figure
    to the orders that make it up.
    """
    # Not as a dependency: Litestar resolves two of them in a task group, a tenth of the whole time.
    day = chosen_day(date, report_date, date_param)
    root = root_of(request)

    async def version() -> object:
        async with app.database.connection() as connection:
            return await reports.summary_version(connection, day)

    async def make() -> Summary:
        async with app.database.connection() as connection:
            return _linked(await reports.summary(connection, day), root)

    return await answered(request.app, ("/report/summary", day, root), version, make)


@get("/report/series", tags=["Reports"], summary="Series of a range", responses=refuses())
async def read_series(
    app: App,
    first: First = None,
    last: Last = None,
    every: Annotated[
        reports.Step, QueryParameter(description="One point a day, week or month.")
    ] = "day",
) -> reports.Series:
    """The figures of each day, week or month of a range, oldest first, and of the whole of it;
    without `from`, of 30 days. A day without orders has figures that are 0; a day that was never
    built has none (`figures` is null), and `built` says how many days of a point were built. Weeks
    begin on Monday; one that the range cuts has the days inside it. Up to 3660 days.
    """
    first, last = _checked(first, last)
    async with app.database.connection() as connection:
        return await reports.series(connection, first, last, every=every)


@get(
    "/report/top/products",
    tags=["Reports"],
    summary="Top products",
    dependencies=RANKING,
    responses=refuses(404),
)
async def list_top_products(app: App, wanted: WantedRanking) -> TopProducts:
    """The products that sold most on a day or in a range, in one currency; without a day, on the
    newest that was built. What was given back stands apart and takes nothing off. Those with equal
    figures share a rank, and are ordered by the other figure, then by their id. Counted from the
    orders as they are now.
    """
    async with app.database.connection() as connection:
        found = await reports.top_products(connection, **asdict(wanted))
    return TopProducts(**asdict(found))


@get(
    "/report/top/customers",
    tags=["Reports"],
    summary="Top customers",
    dependencies=RANKING,
    responses=refuses(404),
)
async def list_top_customers(app: App, wanted: WantedRanking) -> TopCustomers:
    """The customers who bought most on a day or in a range; otherwise as `/report/top/products`.
    Orders that name no customer do not rank: `unranked_sales` and `unranked_refunds` are theirs.
    """
    async with app.database.connection() as connection:
        found = await reports.top_customers(connection, **asdict(wanted))
    return TopCustomers(**asdict(found))


@get(
    "/report/orders",
    tags=["Reports"],
    summary="Orders behind a figure",
    dependencies=CHOSEN_DAY,
    responses=refuses(404),
    opt={"page": True, "strict": True},
)
async def list_figure_orders(
    request: Request[Any, Any, Any],
    app: App,
    day: ChosenDay,
    figure: Annotated[
        reports.Figure, QueryParameter(description="Which figure of the summary.")
    ] = "total",
    currency: Code = None,
    page: PageNumber = 1,
    count: PageSize = 50,
) -> Response[reports.FigureOrders]:
    """The orders that make up a figure of a day's summary, each with its part in it, by their ids;
    without a day, of the newest that was built. `sums` are of all pages and of the orders as they
    are now, `reported` is the figure as it was built: the two agree unless an order of the day was
    changed since, and agree again when the day was built anew. Browsers get a page.
    """
    async with app.database.connection() as connection:
        found = await reports.figure_orders(
            connection, day, figure, currency=_code(currency), page=page, count=count
        )
    if wants_html(request):
        view: Any = html(request, "orders.html", page=orders_view(found, await app.zone()))
        return cast("Response[reports.FigureOrders]", view)
    return Response(found, headers={"Vary": "Accept"})


def _checked(first: dt.date | None, last: dt.date | None) -> tuple[dt.date | None, dt.date | None]:
    for name, day in (("from", first), ("to", last)):
        if day is not None:
            checked_day(name, day)
    return first, last


def _code(currency: str | None) -> str | None:
    return None if currency is None else currency_code("currency", currency)


def _linked(found: reports.Summary, root: str) -> Summary:
    day = found.day

    def orders(figure: reports.Figure) -> str:
        return f"{root}/report/orders?{urlencode({'date': day, 'figure': figure})}"

    links = Links(
        *(orders("total"), orders("sales"), orders("refunds"), orders("cancelled")),
        products=f"{root}/report/top/products?date={day}",
        customers=f"{root}/report/top/customers?date={day}",
        previous=None
        if found.previous is None
        else f"{root}/report/summary?date={found.previous.day}",
    )
    return Summary(**asdict(found), links=links)


ROUTES = [read_summary, read_series, list_top_products, list_top_customers, list_figure_orders]
