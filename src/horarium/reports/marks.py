"""Marks: which periods are not what their query would say now.

A change of an order is noted in `shop.changed_days` by a trigger, in the transaction that changes
it. A look (`horarium.reports.dirt`) turns notes into marks, one a period; a build takes away the
mark that it saw before its building statement began. Since every change that a mark stands for was
committed before the mark, a build that sees the mark sees the change. A mark that is renewed while
a build runs has another number, and stays for the next build.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

import msgspec

from horarium.database import Connection, statement
from horarium.errors import InvalidInput
from horarium.reports.period import Every, Period, period_at

QUIET = timedelta(seconds=5)
"""How long a period's orders have to rest before it is built again."""

PATIENCE = timedelta(seconds=30)
"""How long it waits for rest: an import that goes on and on is built in between."""

AGAIN = timedelta(minutes=10)
"""When a build is enqueued once more, whose job has ended without it or still waits."""

SLOT = timedelta(minutes=15)
"""A note of a change says in which quarter of an hour the order was placed."""

_BUSY = 10
"""A period that is not over is not built for more than one part in so many of the time."""


class Change(msgspec.Struct, frozen=True):
    """Orders that were placed in the slot were changed, first and last at these instants."""

    slot: datetime
    first_at: datetime
    last_at: datetime


class Watched(msgspec.Struct, frozen=True):
    """A report that has to be looked at when orders change, with the zone it counts in."""

    report: str
    every: Every
    zone: str


class Marked(msgspec.Struct, frozen=True, kw_only=True):
    """A mark.

    Attributes:
        waiting_since: the first change since a build was enqueued.
        enqueued_at: when a build was enqueued for all of its changes; None: not yet.
        checked_at: when the period was built last; None: never.
    """

    report: str
    starts_at: datetime
    ends_at: datetime
    waiting_since: datetime
    last_changed_at: datetime
    enqueued_at: datetime | None = None
    checked_at: datetime | None = None


class NewMark(msgspec.Struct, frozen=True):
    """A period of a report that is to be marked, with its first and its last change."""

    report: str
    period: Period
    first_at: datetime
    last_at: datetime


class MarkedPeriods(msgspec.Struct, frozen=True, kw_only=True):
    """How many periods of a report have changed since they were built, and the first change."""

    report: str
    periods: int
    changed_at: datetime


def is_due(mark: Marked, now: datetime, spacing: timedelta) -> bool:
    """Whether a build of a marked period is to be enqueued now. Pure.

    Args:
        spacing: the least time between two builds of a period that is not over.
    """
    if now < mark.starts_at:
        return False
    if mark.enqueued_at is not None:
        return now - mark.enqueued_at >= AGAIN
    if now - mark.last_changed_at < QUIET and now - mark.waiting_since < PATIENCE:
        return False
    return now >= mark.ends_at or mark.checked_at is None or now - mark.checked_at >= spacing


def spacing_of(every: float, typical: float | None) -> timedelta:
    """The least time between two builds of a period that is not over. Pure.

    Args:
        every: the setting, in seconds.
        typical: how many seconds a build takes, where that is known.
    """
    return timedelta(seconds=max(every, _BUSY * (typical or 0.0)))


def marks_of(changes: Sequence[Change], watched: Sequence[Watched]) -> list[NewMark]:
    """The periods that hold the changed slots, one mark each. Pure.

    A slot lies in one period of every zone of today. In the local mean times of long ago it may
    reach into the next one: both are marked.

    Args:
        changes: in the order of their slots.
    """
    found: dict[tuple[str, datetime], NewMark] = {}
    for report in watched:
        last: Period | None = None
        for change in changes:
            # Changes come by slot, so that one period holds many in a row.
            if last is None or not _holds(last, change.slot):
                last = _marked(found, report, change, change.slot)
            else:
                _add(found, NewMark(report.report, last, change.first_at, change.last_at))
            if last is not None and change.slot > last.ends_at - SLOT:
                last = _marked(found, report, change, last.ends_at)
    return list(found.values())


def spanned(starts_at: datetime, ends_at: datetime, every: Every, zone: str) -> list[Period]:
    """The periods of a zone that share time with a half-open span, in their order. Pure."""
    found = [period_at(starts_at, every, zone)]
    while found[-1].ends_at < ends_at:
        found.append(period_at(found[-1].ends_at, every, zone))
    return found


async def mark(connection: Connection, marks: Sequence[NewMark], cause: str = "orders") -> None:
    """Mark periods; the caller commits.

    Args:
        cause: `orders` changed, or the shop's `zone`.
    """
    await connection.execute(
        statement(__package__, "mark_periods"),
        [each.report for each in marks],
        [each.period.starts_at for each in marks],
        [each.period.ends_at for each in marks],
        [each.period.zone for each in marks],
        [each.first_at for each in marks],
        [each.last_at for each in marks],
        cause,
    )


async def marked_periods(connection: Connection) -> list[MarkedPeriods]:
    """How many periods of each report are marked, and since when."""
    rows = await connection.fetch(statement(__package__, "marked_periods"))
    return [MarkedPeriods(**row) for row in rows]


@asynccontextmanager
async def accounted(connection: Connection, report: str, period: Period) -> AsyncIterator[None]:
    """Take away a period's mark that was there before the block, which builds it; unless the block
    fails. In the build's transaction, whose statements in the block see what the mark stands for.

    Marks within the period go as well, such as those of its days where the report's periods were
    days and are weeks now: nothing else would ever take them away.
    """
    span = (report, period.starts_at, period.ends_at)
    seen = await connection.fetchval(statement(__package__, "seen_marks"), *span)
    yield
    if seen:
        await connection.execute(statement(__package__, "clear_marks"), *span, seen)


def _holds(period: Period, instant: datetime) -> bool:
    return period.starts_at <= instant < period.ends_at


def _marked(
    found: dict[tuple[str, datetime], NewMark], report: Watched, change: Change, instant: datetime
) -> Period | None:
    """Mark the period of an instant, where there is one."""
    try:
        period = period_at(instant, report.every, report.zone)
    except InvalidInput as error:
        if error.field == "instant":
            return None  # too far away for a period to begin and end: none is ever built
        raise
    _add(found, NewMark(report.report, period, change.first_at, change.last_at))
    return period


def _add(found: dict[tuple[str, datetime], NewMark], new: NewMark) -> None:
    key = (new.report, new.period.starts_at)
    former = found.get(key)
    if former is not None:
        new = NewMark(
            new.report,
            new.period,
            min(former.first_at, new.first_at),
            max(former.last_at, new.last_at),
        )
    found[key] = new
