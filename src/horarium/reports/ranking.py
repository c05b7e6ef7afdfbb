"""Rankings: the products and the customers that a day or a range sold most.

They are counted from the orders as they are now, one currency at a time: money of different
currencies is never added up or compared. What was sold ranks; what was given back stands beside it
and takes nothing off. What counts as sale and refund is as in `horarium.reports.figures`.
"""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Generic, Literal, TypeVar

import msgspec

from horarium.database import Connection, statement
from horarium.errors import NotFound
from horarium.reports.figures import NO_CURRENCY, Refunds, amount
from horarium.reports.series import span, whole_period
from horarium.shop import profile
from horarium.shop.pages import window

By = Literal["value", "units"]

T = TypeVar("T")

_COUNTS = ("orders", "lines", "units")


class Sold(msgspec.Struct, frozen=True):
    """What was sold: orders with it, lines, units, and their value."""

    orders: int
    lines: int
    units: int
    value: Decimal


class RankedProduct(msgspec.Struct, frozen=True, kw_only=True):
    """A product in a ranking; those with equal figures share a rank and are ordered by their id."""

    rank: int
    product_id: str
    name: str
    sales: Sold
    refunds: Refunds


class RankedCustomer(msgspec.Struct, frozen=True, kw_only=True):
    """A customer in a ranking; `name` and `country` where the shop knows them."""

    rank: int
    user_id: str
    name: str | None
    country: str | None
    sales: Sold
    refunds: Refunds


class Ranking(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """A page of a ranking.

    Attributes:
        first, last: the days, both included.
        read_at: the orders are as they were then.
        by: what ranks: `value` or `units` of what was sold.
        currency: of all amounts; only orders in it are counted.
        currencies: those that the orders of these days have.
        unranked_sales, unranked_refunds: of orders that name no customer; of products nothing.
    """

    first: date
    last: date
    zone: str
    read_at: datetime
    by: By
    currency: str
    currencies: list[str]
    unranked_sales: Sold
    unranked_refunds: Refunds
    items: list[T]
    total: int
    page: int
    count: int


async def top_products(
    connection: Connection,
    first: date | None = None,
    last: date | None = None,
    *,
    by: By = "value",
    currency: str | None = None,
    page: int = 1,
    count: int = 10,
) -> Ranking[RankedProduct]:
    """The products of the orders from the first to the last day, those that sold most first.

    Args:
        first: without it, the last day alone.
        last: without it, the newest day that was built.
        by: `value` or `units`; the other one decides between equals, then the id.
        currency: without it the shop's own.

    Raises:
        NotFound: no day is named and none was built.
        InvalidInput: the range or the page cannot be used.
    """
    query = _Query(first, last, by, currency, page, count)
    return await _ranking(connection, "top_products", _product, query)


async def top_customers(
    connection: Connection,
    first: date | None = None,
    last: date | None = None,
    *,
    by: By = "value",
    currency: str | None = None,
    page: int = 1,
    count: int = 10,
) -> Ranking[RankedCustomer]:
    """The customers of the orders from the first to the last day, those who bought most first.

    Arguments and errors are those of `top_products`.
    """
    query = _Query(first, last, by, currency, page, count)
    return await _ranking(connection, "top_customers", _customer, query)


class _Query(msgspec.Struct, frozen=True):
    first: date | None
    last: date | None
    by: By
    currency: str | None
    page: int
    count: int


async def _ranking(connection: Connection, name: str, item: Any, query: _Query) -> Ranking[Any]:
    limit, offset = window(query.page, query.count)
    first, last = await _days(connection, query.first, query.last)
    kept = await profile(connection)
    period = whole_period(first, last, kept.zone if kept else "UTC")
    currency = query.currency or (kept.currency if kept else NO_CURRENCY)
    rows = await connection.fetch(
        statement(__package__, name),
        *(period.starts_at, period.ends_at, currency, query.by, limit, offset),
    )
    head = rows[0]
    return Ranking(
        first=first,
        last=last,
        zone=period.zone,
        read_at=head["read_at"],
        by=query.by,
        currency=currency,
        currencies=head["currencies"],
        unranked_sales=_sold(head, "unranked_", currency),
        unranked_refunds=_refunds(head, "unranked_", currency),
        items=[item(row, currency) for row in rows if row["id"] is not None],
        total=head["total"],
        page=query.page,
        count=query.count,
    )


async def _days(connection: Connection, first: date | None, last: date | None) -> tuple[date, date]:
    if first is None and last is None:
        newest = await connection.fetchval(statement(__package__, "newest_day"), "orders")
        if newest is None:
            raise NotFound("no report was built yet; name a day, or POST /report/generate")
        return newest, newest
    return await span(connection, first or last, last)


def _product(row: Mapping[str, Any], currency: str) -> RankedProduct:
    return RankedProduct(
        rank=row["rank"],
        product_id=row["id"],
        name=row["name"],
        sales=_sold(row, "", currency),
        refunds=_refunds(row, "", currency),
    )


def _customer(row: Mapping[str, Any], currency: str) -> RankedCustomer:
    return RankedCustomer(
        rank=row["rank"],
        user_id=row["id"],
        name=row["name"],
        country=row["country"],
        sales=_sold(row, "", currency),
        refunds=_refunds(row, "", currency),
    )


def _sold(row: Mapping[str, Any], prefix: str, currency: str) -> Sold:
    orders, lines, units = (row[f"{prefix}sale_{name}"] for name in _COUNTS)
    return Sold(orders, lines, units, amount(row[f"{prefix}sale_value"], currency))


def _refunds(row: Mapping[str, Any], prefix: str, currency: str) -> Refunds:
    orders, lines, units = (row[f"{prefix}refund_{name}"] for name in _COUNTS)
    return Refunds(orders, lines, units, amount(row[f"{prefix}refund_value"], currency))
