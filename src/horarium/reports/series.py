"""Series: the figures of a range of days, day by day, by the week or by the month.

They are those of the days' current revisions, added up exactly: a range says what its days say. A
day without orders has figures that are 0, a day that was never built has none, and a week or month
says how many of its days were built. Different products are left out, for those of several days
cannot be added up.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import groupby
from typing import Any, Literal

import msgspec

from horarium.database import Connection, statement
from horarium.errors import InvalidInput
from horarium.reports.definition import ORDER_REPORT
from horarium.reports.figures import (
    Cancelled,
    CurrencyFigures,
    Figures,
    Refunds,
    Sales,
    added,
    figures,
    totals_of,
)
from horarium.reports.period import Period, period_of
from horarium.shop import profile

MOST_DAYS = 3660
"""Days that a series has at most: ten years."""
USUAL = timedelta(days=29)
"""From the first to the last day, where a series is not told its first."""

Step = Literal["day", "week", "month"]
STEPS: tuple[Step, ...] = ("day", "week", "month")

_DAY = timedelta(days=1)


class RangeFigures(msgspec.Struct, frozen=True, kw_only=True):
    """The figures of several days, as those of one, without different products."""

    total_orders: int
    total_products: int
    total_units: int
    currency: str
    total_value: Decimal
    total_freight: Decimal
    average_order_value: Decimal
    average_products_per_order: Decimal
    sales: Sales
    refunds: Refunds
    cancelled: Cancelled
    values: tuple[CurrencyFigures, ...]


class SeriesPoint(msgspec.Struct, frozen=True, kw_only=True):
    """A day, or those days of a week or month that lie in the series.

    Attributes:
        first, last: its days, both included.
        days, built: how many there are, and how many of them were built.
        provisional: one of them was not over when it was built.
        stale: something that was changed since is not in one of them; it is built again soon.
        data_until: orders until then are in all that was built.
        revision: of a single day.
        figures: None where no day of it was built.
    """

    first: date
    last: date
    days: int
    built: int
    provisional: bool
    stale: bool
    data_until: datetime | None
    revision: int | None
    figures: RangeFigures | None


class Series(msgspec.Struct, frozen=True, kw_only=True):
    """The points of a range, oldest first, and the whole of it."""

    every: Step
    zone: str
    points: list[SeriesPoint]
    whole: SeriesPoint


class _Built(msgspec.Struct, frozen=True):
    figures: Figures
    provisional: bool
    data_until: datetime
    revision: int
    stale: bool


async def series(
    connection: Connection,
    first: date | None = None,
    last: date | None = None,
    *,
    every: Step = "day",
) -> Series:
    """The order report from the first to the last day, both included.

    Args:
        first: without it, 29 days before the last.
        last: without it, the newest day that was built; where none was, the first.
        every: weeks begin on Monday. One that is cut by the range has the days inside it.

    Raises:
        InvalidInput: the range ends before it begins, has more than 3,660 days, or is not told and
            nothing was built.
    """
    first, last = await span(connection, first, last)
    found = await connection.fetch(statement(__package__, "series"), ORDER_REPORT.name, first, last)
    kept = await profile(connection)
    zone = kept.zone if kept else "UTC"
    built = {row["day"]: _built(row) for row in found}
    days = list(_days(first, last, zone))
    return Series(
        every=every,
        zone=zone,
        points=[
            _point(list(bucket), built) for _, bucket in groupby(days, lambda d: _bucket(d, every))
        ],
        whole=_point(days, built),
    )


async def span(connection: Connection, first: date | None, last: date | None) -> tuple[date, date]:
    """The days of a range that may be told in part; see `series`.

    Raises:
        InvalidInput: as `series`.
    """
    if last is None:
        newest = await connection.fetchval(statement(__package__, "newest_day"), ORDER_REPORT.name)
        last = newest if first is None or newest is None else max(newest, first)
    if last is None:
        if first is None:
            raise InvalidInput("from", "no report was built yet; name the days, from and to")
        last = first
    if first is None:
        first = last - USUAL
    if first > last:
        raise InvalidInput("from", f"the range begins on {first} and ends before, on {last}")
    days = (last - first).days + 1
    if days > MOST_DAYS:
        reason = f"the range has {days:,} days; it takes at most {MOST_DAYS:,}: ask in parts"
        raise InvalidInput("from", reason)
    return first, last


def whole_period(first: date, last: date, zone: str) -> Period:
    """From the beginning of the first to the end of the last day, as instants.

    Raises:
        InvalidInput: the zone skipped one of the two days.
    """
    start, end = period_of(first, "day", zone), period_of(last, "day", zone)
    return Period(start.starts_at, end.ends_at, first, zone)


def _days(first: date, last: date, zone: str) -> Iterator[date]:
    """The days of a range that there are in the zone: Samoa had no 30 December 2011."""
    for number in range((last - first).days + 1):
        day = first + _DAY * number
        try:
            period_of(day, "day", zone)
        except InvalidInput:
            continue
        yield day


def _bucket(day: date, every: Step) -> date:
    match every:
        case "day":
            return day
        case "week":
            return day - _DAY * day.weekday()
        case "month":
            return day.replace(day=1)


def _point(days: Sequence[date], built: Mapping[date, _Built]) -> SeriesPoint:
    found = [built[day] for day in days if day in built]
    return SeriesPoint(
        first=days[0],
        last=days[-1],
        days=len(days),
        built=len(found),
        provisional=any(each.provisional for each in found),
        stale=any(each.stale for each in found),
        data_until=max((each.data_until for each in found), default=None),
        revision=found[0].revision if len(days) == len(found) == 1 else None,
        figures=_whole(found) if found else None,
    )


def _whole(found: Sequence[_Built]) -> RangeFigures:
    totals = added(total for each in found for total in totals_of(each.figures))
    whole = figures(totals, 0, found[-1].figures.currency)
    return RangeFigures(**{name: getattr(whole, name) for name in RangeFigures.__struct_fields__})


def _built(row: Mapping[str, Any]) -> _Built:
    return _Built(
        msgspec.json.decode(row["summary"], type=Figures),
        *(row["provisional"], row["data_until"], row["revision"], row["stale"]),
    )
