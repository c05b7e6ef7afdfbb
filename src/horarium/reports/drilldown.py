"""From a figure of a day to the orders that make it up.

The orders are read as they are now, and counted as the building statement counts them. The answer
sums them all up, and says beside it what was reported: the two agree until an order of the day is
added or changed, and again when the day was built anew.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal

import msgspec

from horarium.database import Connection, statement
from horarium.reports.figures import Totals, amount, totals_of
from horarium.reports.freshness import Freshness
from horarium.reports.summary import Summary, summary
from horarium.shop import Kind, Status
from horarium.shop.pages import window

Figure = Literal["total", "sales", "refunds", "cancelled"]
FIGURES: tuple[Figure, ...] = ("total", "sales", "refunds", "cancelled")


class FigureOrder(msgspec.Struct, frozen=True, kw_only=True):
    """An order with its part in a figure: of a sale only the sale lines count. `freight` is the
    part of its value that is freight.

    A row made by hand is no order of the shop: it has no kind, status, time or units.
    """

    order_id: str
    user_id: str | None
    kind: Kind | None
    status: Status | None
    placed_at: datetime | None
    by_hand: bool
    lines: int
    units: int
    value: Decimal
    freight: Decimal
    currency: str


class FigureSum(msgspec.Struct, frozen=True, order=True):
    """A figure in one currency."""

    currency: str
    orders: int
    lines: int
    units: int
    value: Decimal
    freight: Decimal


class FigureOrders(msgspec.Struct, frozen=True, kw_only=True):
    """A page of the orders that make up a figure of a day, by their ids.

    Attributes:
        sums: of the orders of all pages, as they are now; by currency.
        reported: the figure as it was reported; by currency.
        agrees: whether the two are equal. They are not from a change until the day is built again.
        freshness: of what was reported.
        total: how many orders there are on all pages.
    """

    day: date
    figure: Figure
    currency: str | None
    sums: list[FigureSum]
    reported: list[FigureSum]
    agrees: bool
    freshness: Freshness
    items: list[FigureOrder]
    total: int
    page: int
    count: int


async def figure_orders(
    connection: Connection,
    day: date | None = None,
    figure: Figure = "total",
    *,
    currency: str | None = None,
    page: int = 1,
    count: int = 50,
) -> FigureOrders:
    """The orders behind a figure of a day; without a day, of the newest that was built.

    Args:
        figure: `sales`, `refunds`, `cancelled`, or `total`, which has all of them, bookkeeping,
            orders without a sale line and rows made by hand.
        currency: only orders in it.

    Raises:
        NotFound: the day was never built; or no day was.
        InvalidInput: the page cannot be used.
    """
    limit, offset = window(page, count)
    reported = await summary(connection, day)
    rows = await connection.fetch(
        statement(__package__, "figure_orders"),
        *(reported.starts_at, reported.ends_at, reported.day, figure, currency, limit, offset),
    )
    sums = _sums(msgspec.json.decode(rows[0]["sums"]))
    told = _reported(reported, figure, currency)
    return FigureOrders(
        day=reported.day,
        figure=figure,
        currency=currency,
        sums=sums,
        reported=told,
        agrees=sums == told,
        freshness=reported.freshness,
        items=[_order(row) for row in rows if row["order_id"] is not None],
        total=sum(each.orders for each in sums),
        page=page,
        count=count,
    )


def _order(row: Mapping[str, Any]) -> FigureOrder:
    values = {name: row[name] for name in FigureOrder.__struct_fields__}
    for name in ("value", "freight"):
        values[name] = amount(row[name], row["currency"])
    for name, kind in (("kind", Kind), ("status", Status)):
        values[name] = None if row[name] is None else kind(row[name])
    return FigureOrder(**values)


def _sums(found: Sequence[Mapping[str, Any]]) -> list[FigureSum]:
    return sorted(
        FigureSum(
            each["currency"],
            *(each["orders"], each["lines"], each["units"]),
            *(amount(Decimal(each[name]), each["currency"]) for name in ("value", "freight")),
        )
        for each in found
    )


def _reported(found: Summary, figure: Figure, currency: str | None) -> list[FigureSum]:
    sums = (_sum(totals, figure) for totals in totals_of(found))
    return sorted(
        each for each in sums if each.orders and (currency is None or each.currency == currency)
    )


_PREFIX: dict[Figure, str] = {
    "total": "",
    "sales": "sale_",
    "refunds": "refund_",
    "cancelled": "cancelled_",
}


def _sum(totals: Totals, figure: Figure) -> FigureSum:
    prefix = _PREFIX[figure]
    money = (
        amount(getattr(totals, f"{prefix}{name}"), totals.currency) for name in ("value", "freight")
    )
    orders, lines, units = (
        getattr(totals, f"{prefix}{name}") for name in ("orders", "lines", "units")
    )
    return FigureSum(totals.currency, orders, lines, units, *money)
