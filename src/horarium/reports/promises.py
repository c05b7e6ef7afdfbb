"""Promises: how they stand, and the alerts that say so.

`standing` judges the promises of reports and writes nothing: whoever is asked can answer, also
where no scheduler runs, which may be what is wrong. `keep` writes how a promise stands together
with its alert, and `tell` passes on what was not told: an alert that a process leaves untold is
told by the next, and none is raised twice.
"""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from datetime import date, datetime

import msgspec

from horarium.database import Connection, Database, statement
from horarium.events import ReportAlert
from horarium.reports.definition import Definition
from horarium.reports.durations import typical_duration
from horarium.reports.period import Period, period_at, period_before
from horarium.reports.promise import Course, Promised, deadline, judge, was_late

MOST = 31
"""Periods of one report that are judged at once, the newest first."""

AT_ONCE = 100

Tell = Callable[[ReportAlert], Awaitable[None]]


class Promise(msgspec.Struct, frozen=True, kw_only=True):
    """How the promise stands that a period of a report is ready by its deadline.

    Attributes:
        state: `on time`, `at risk`, `late` or `ready`.
        late: the deadline was not kept, even if the period is ready by now.
        expected_at: when it will be ready, if its build takes what it takes as a rule.
    """

    report: str
    day: date
    starts_at: datetime
    ends_at: datetime
    deadline: datetime
    state: Promised
    late: bool
    reason: str
    ready_at: datetime | None
    expected_at: datetime | None


async def standing(
    connection: Connection, definitions: Collection[Definition], zone: str, now: datetime
) -> list[Promise]:
    """How the promises stand: of each report that has one its open periods, and the newest.

    Args:
        zone: the shop's, for reports that have none of their own.
    """
    found: list[Promise] = []
    for definition in definitions:
        if definition.ready_by is not None:
            own = await _standing(connection, definition, definition.zone or zone, now)
            found += own
    return found


async def keep(connection: Connection, promises: Sequence[Promise], now: datetime) -> int:
    """Write how promises stand, with the alerts that they raise; returns how many these are.

    One period after the other, in one order, so that two who do it never wait in a circle.
    """
    raised = 0
    for each in sorted(promises, key=lambda promise: (promise.report, promise.starts_at)):
        raised += await connection.fetchval(
            statement(__package__, "keep_promise"),
            *(each.report, each.starts_at, each.ends_at, each.day, each.deadline),
            *(each.state.value, each.reason, each.ready_at, now),
        )
    return raised


async def tell(database: Database, teller: Tell) -> int:
    """Pass on the alerts that nobody has been told of, oldest first; returns how many.

    Each is passed on while its row is locked, so that no two processes do, and noted afterwards:
    where the process dies in between, it is passed on once more, with the same number.
    """
    told = 0
    async with database.transaction() as connection:
        rows = await connection.fetch(statement(__package__, "untold_alerts"), AT_ONCE)
        for row in rows:
            await teller(ReportAlert(**{**row, "day": str(row["day"])}))
            await connection.execute(statement(__package__, "told_alert"), row["number"])
            told += 1
    return told


async def _standing(
    connection: Connection, definition: Definition, zone: str, now: datetime
) -> list[Promise]:
    rows = await connection.fetch(statement(__package__, "open_promises"), definition.name, MOST)
    periods = _periods(rows, definition, zone, now)
    if not periods:
        return []
    typical = await typical_duration(connection, definition.name)
    known = {row["starts_at"]: row for row in rows}
    found = []
    for period in periods:
        promise = await _judged(
            connection, definition, period, typical, known.get(period.starts_at), now
        )
        if promise is not None:
            found.append(promise)
    return found


def _periods(
    rows: Sequence[Mapping[str, datetime]], definition: Definition, zone: str, now: datetime
) -> list[Period]:
    """The periods to judge: those that are open, and those that have ended since the newest."""
    last = period_before(now, definition.every, zone)
    ends = [row["ends_at"] for row in rows]
    found = {row["starts_at"]: period_at(row["starts_at"], definition.every, zone) for row in rows}
    period = last
    while len(found) < MOST and ends and period.starts_at >= max(ends):
        found[period.starts_at] = period
        period = period_before(period.starts_at, definition.every, zone)
    found[last.starts_at] = last
    return [found[start] for start in sorted(found)]


async def _judged(
    connection: Connection,
    definition: Definition,
    period: Period,
    typical: float | None,
    known: Mapping[str, datetime] | None,
    now: datetime,
) -> Promise | None:
    """A promise; None where the report had no schedule yet when the period ended."""
    after = period_at(period.ends_at, definition.every, period.zone).ends_at
    row = await connection.fetchrow(
        statement(__package__, "course"),
        *(definition.name, period.starts_at, period.ends_at, after),
    )
    if row is None:
        return None
    course = Course(**row, typical=typical)
    if known is not None and known["ready_at"] is not None:
        course = msgspec.structs.replace(course, ready_at=known["ready_at"])
    due_by = deadline(period, definition.ready_by or "")
    judged = judge(due_by, period.ends_at, course, now)
    return Promise(
        report=definition.name,
        day=period.day,
        starts_at=period.starts_at,
        ends_at=period.ends_at,
        deadline=due_by,
        state=judged.state,
        late=was_late(due_by, judged.state, course.ready_at),
        reason=judged.reason,
        ready_at=course.ready_at,
        expected_at=judged.expected_at,
    )
