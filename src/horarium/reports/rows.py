"""Rows of the order report: one an order and day, built or made by hand."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import msgspec

from horarium.database import Connection, statement
from horarium.errors import Conflict, InvalidInput
from horarium.reports.announcement import announce
from horarium.reports.build import merge, serialise
from horarium.reports.definition import ORDER_REPORT
from horarium.reports.figures import amount
from horarium.reports.marks import accounted
from horarium.reports.period import Period, period_of
from horarium.reports.revision import never_built
from horarium.shop import Page, profile
from horarium.shop.money import currency_code
from horarium.shop.pages import MOST, listed, window
from horarium.shop.texts import checked_id

MOST_LINES = 2_147_483_647
MOST_DIGITS = 18
MOST_DECIMALS = 6


class ReportRow(msgspec.Struct, frozen=True):
    """What was reported of one order: its item lines, and its amount in its currency."""

    id: int
    report_at: date
    order_id: str
    count_product: int
    total_amount: Decimal
    currency: str
    created_at: datetime
    by_hand: bool


class NewRow(msgspec.Struct, frozen=True):
    """A row to be added by hand; not given, the amount is 0 and the currency the shop's."""

    report_at: date
    order_id: str
    count_product: int
    total_amount: Decimal | None = None
    currency: str | None = None


async def rows(
    connection: Connection, day: date, page: int = 1, count: int = MOST
) -> Page[ReportRow]:
    """The rows of a day by order. A day without orders that was built has none.

    Raises:
        InvalidInput: there is no such page.
        NotFound: the day was never built.
    """
    found = await connection.fetch(statement(__package__, "list_rows"), day, *window(page, count))
    if not found:
        raise never_built(day)
    return listed(_row, found, page, count)


async def rows_version(connection: Connection, day: date) -> str | None:
    """What tells this state of a day's rows from every other; none where it was never built."""
    version: str | None = await connection.fetchval(statement(__package__, "rows_version"), day)
    return version


async def all_rows(connection: Connection, page: int = 1, count: int = 10) -> Page[ReportRow]:
    """All rows, newest day first.

    Raises:
        InvalidInput: there is no such page.
    """
    found = await connection.fetch(statement(__package__, "list_all_rows"), *window(page, count))
    return listed(_row, found, page, count)


async def newest_day(connection: Connection) -> date | None:
    """The newest day that was built."""
    day: date | None = await connection.fetchval(
        statement(__package__, "newest_day"), ORDER_REPORT.name
    )
    return day


async def add_row(connection: Connection, new: NewRow, *, now: datetime | None = None) -> ReportRow:
    """Add a row by hand, and build its day anew with it, in the connection's transaction.

    The row counts as one order with its lines and its amount. The build gives the day a revision
    with the reason `by hand`, also a day that was never built; orders that came late are in it as
    well. Later builds keep the row, unless the day gets an order of that id: then the order counts.

    Raises:
        InvalidInput: a value cannot be used.
        Conflict: the day has this order already.
    """
    period, values = await _checked(connection, new)
    await serialise(connection, ORDER_REPORT, period)
    row = await connection.fetchrow(
        statement(__package__, "insert_row"), *values, period.starts_at, period.ends_at
    )
    if row is None:
        raise Conflict(f"the order {new.order_id} is one of the orders of {new.report_at} already")
    async with accounted(connection, ORDER_REPORT.name, period):
        await merge(connection, ORDER_REPORT, period, reason="by hand", now=now, added=1)
    await announce(connection, ORDER_REPORT.name, period.starts_at)
    return _row(**row)


async def _checked(
    connection: Connection, new: NewRow
) -> tuple[Period, tuple[date, str, int, Decimal, str]]:
    order = checked_id("order_id", new.order_id)
    if not 0 <= new.count_product <= MOST_LINES:
        reason = f"{new.count_product} item lines; it takes a number from 0 to {MOST_LINES}"
        raise InvalidInput("count_product", reason)
    total = _checked_amount(new.total_amount or Decimal(0))
    settled = await profile(connection)
    currency = new.currency or (settled.currency if settled else None)
    if currency is None:
        raise InvalidInput("currency", "the shop has none yet; it takes an ISO 4217 code, as EUR")
    currency = currency_code("currency", currency)
    period = _period(new.report_at, settled.zone if settled else "UTC")
    return period, (new.report_at, order, new.count_product, total, currency)


def _checked_amount(value: Decimal) -> Decimal:
    if not value.is_finite():
        raise InvalidInput("total_amount", f"{value} is no amount; it takes one such as 139.12")
    _, digits, exponent = value.as_tuple()
    decimals = -exponent if isinstance(exponent, int) else 0
    if value.adjusted() >= MOST_DIGITS or decimals > MOST_DECIMALS:
        reason = f"it takes {MOST_DIGITS} digits before the point and {MOST_DECIMALS} after it"
        raise InvalidInput("total_amount", f"{len(digits)} digits are too many; {reason}")
    return value


def _period(day: date, zone: str) -> Period:
    try:
        return period_of(day, ORDER_REPORT.every, zone)
    except InvalidInput as error:
        raise InvalidInput("report_at", error.reason) from error


def _row(**values: Any) -> ReportRow:
    values["total_amount"] = amount(values["total_amount"], values["currency"])
    return ReportRow(**values)
