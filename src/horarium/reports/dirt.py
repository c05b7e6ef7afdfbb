"""Looks: what has changed is marked, and what is marked is built again.

A look takes the notes of changed orders that are committed, marks the periods that hold them, and
enqueues builds of marked periods whose orders rest (`marks.is_due`), all in one transaction: a
process that dies in it has done nothing, and the next look finds everything as it was. One process
looks at a time, whichever comes first; there is no leader.

A job of a marked period that has not begun is as good as a new one, for it will see what a new one
would. One that runs may have begun before the change: then another is enqueued behind it.
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

import msgspec

from horarium.database import Connection, Database, statement
from horarium.reports.definition import WATCHED, Definition
from horarium.reports.durations import typical_duration
from horarium.reports.marks import (
    Change,
    Marked,
    Watched,
    is_due,
    mark,
    marks_of,
    spacing_of,
)
from horarium.reports.tasks import ReportTasks

REASON = "dirty"
MOST_NOTES = 50_000
"""Notes of changes that are taken in one transaction."""

_NOT_BEGUN = ("scheduled", "queued", "retrying")
_UNFINISHED = (*_NOT_BEGUN, "running")


class Look(msgspec.Struct, frozen=True):
    """What a look did: notes taken, builds enqueued; whether there may be more to do at once."""

    notes: int = 0
    builds: int = 0
    more: bool = False


async def watch_reports(
    connection: Connection, app: str, definitions: Collection[Definition]
) -> None:
    """Say which reports of an application have to be looked at when orders change."""
    watched = [each for each in definitions if WATCHED in each.reads]
    await connection.execute(
        statement(__package__, "watch_reports"),
        app,
        [each.name for each in watched],
        [each.every for each in watched],
        [each.zone for each in watched],
    )


async def look(
    database: Database, tasks: ReportTasks, every: float, *, now: datetime | None = None
) -> Look:
    """Mark what has changed, and enqueue builds of what is marked and rests.

    Args:
        tasks: the reports that this application can build. Periods of others are marked too, and
            left to those who can.
        every: seconds between builds of a period that is not over, at least.
        now: the time; None leaves it to the database.
    """
    async with database.transaction() as connection:
        turn = await connection.fetchrow(statement(__package__, "take_turn"), now)
        if not turn["mine"]:
            return Look()
        notes = await _take(connection)
        due = await _due(connection, tasks.definitions.values(), every, turn["now"])
        builds = await _enqueue(connection, tasks, due, turn["now"])
    return Look(notes, builds, notes >= MOST_NOTES)


async def leave_to_backfill(connection: Connection, report: str, now: datetime) -> None:
    """Take the notes of what has changed, and count builds of a report's periods as enqueued.

    For whoever is about to have all of them built by a backfill: a look enqueues none beside it.
    What is still marked after `marks.AGAIN` is built after all. The caller commits, best together
    with the changes: then no look comes between.
    """
    while await _take(connection) >= MOST_NOTES:
        pass
    marks = await connection.fetch(statement(__package__, "marks"), [report])
    starts = [row["starts_at"] for row in marks if row["ends_at"] <= now]
    names = [report] * len(starts)
    await connection.execute(statement(__package__, "note_enqueued"), names, starts, now)


async def _take(connection: Connection) -> int:
    rows = await connection.fetch(statement(__package__, "take_changes"), MOST_NOTES)
    if not rows:
        return 0
    watched = [Watched(**row) for row in await connection.fetch(statement(__package__, "watched"))]
    changes = [Change(row["slot"], row["first_at"], row["last_at"]) for row in rows]
    await mark(connection, marks_of(changes, watched))
    return int(rows[0]["notes"])


async def _due(
    connection: Connection, definitions: Collection[Definition], every: float, now: datetime
) -> list[Marked]:
    names = [each.name for each in definitions]
    rows = await connection.fetch(statement(__package__, "marks"), names)
    marks = [Marked(**row) for row in rows]
    spacings: dict[str, timedelta] = {}
    for each in marks:
        if each.ends_at > now and each.report not in spacings:
            typical = await typical_duration(connection, each.report)
            spacings[each.report] = spacing_of(every, typical)
    return [each for each in marks if is_due(each, now, spacings.get(each.report, timedelta()))]


async def _enqueue(
    connection: Connection, tasks: ReportTasks, due: Sequence[Marked], now: datetime
) -> int:
    new = [each for each in due if each.enqueued_at is None]
    again = [each for each in due if each.enqueued_at is not None]
    builds = 0
    for marks, states in ((new, _NOT_BEGUN), (again, _UNFINISHED)):
        if marks:
            periods = [(each.report, each.starts_at) for each in marks]
            builds += await tasks.enqueue_builds(periods, REASON, states=states)
    if due:
        await connection.execute(
            statement(__package__, "note_enqueued"),
            [each.report for each in due],
            [each.starts_at for each in due],
            now,
        )
    return builds
