"""Going through the due times of a backfill: which are next, and the jobs that they get."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from enum import Enum
from itertools import islice
from typing import Any

import msgspec

from horarium.database import Connection, statement
from horarium.engine.jobs.ledger import Ledger
from horarium.engine.schedules.book import Book
from horarium.engine.schedules.firing import Decided, Outcome, without
from horarium.engine.schedules.record import BACKFILL, call, decode, record
from horarium.engine.schedules.refusal import REFUSED
from horarium.engine.schedules.schedule import Schedule, course_of
from horarium.engine.schedules.timetable import Course
from horarium.transaction import joined

_AT_ONCE = 500
_GONE_THROUGH = 5000
"""Due times that one transaction looks at, where most of them have their job already."""


class Turn(Enum):
    """How a turn of a backfill ended: no more can be done now, more can, or another has its
    schedule locked, so that more can in a moment.
    """

    THROUGH = 0
    MORE = 1
    LOCKED = 2


async def go_on(book: Book, backfill: str) -> None:
    """Go through the due times of a backfill as far as its concurrency allows just now."""
    turn = Turn.MORE
    while turn is Turn.MORE:
        async with book.database.transaction() as connection:
            turn = await advance(connection, book.ledger, backfill)


async def go_on_with(
    connection: Connection, ledger: Ledger, schedules: Sequence[str] | None = None
) -> Turn:
    """One turn for every backfill that has due times left, each in its own transaction.

    It waits for nobody's lock: another scheduler that is held up must not hold up this one.

    Args:
        schedules: whose backfills; `None`: all.
    """
    turns = {Turn.THROUGH}
    for row in await connection.fetch(_sql("backfills_left"), schedules):
        async with connection.transaction():
            with joined(connection):
                turns.add(await advance(connection, ledger, row["id"], waiting=False))
    return next(each for each in (Turn.MORE, Turn.LOCKED, Turn.THROUGH) if each in turns)


async def advance(
    connection: Connection, ledger: Ledger, backfill: str, *, waiting: bool = True
) -> Turn:
    """Enqueue the next jobs of a backfill, in the caller's transaction.

    A backfill that another is at is left to them. One that cannot go on is set aside as failed.

    Args:
        waiting: for whoever decides or changes its schedule just now; without, come again.
    """
    row = await connection.fetchrow(_sql("filling"), backfill)
    if row is None:
        return Turn.THROUGH
    # The schedule's lock keeps schedulers from deciding the same due times meanwhile.
    lock = " for update" if waiting else " for update skip locked"
    if await connection.fetchrow(_sql("find") + lock, row["schedule"]) is None:
        return Turn.LOCKED
    try:
        async with connection.transaction():
            return await _advance(connection, ledger, row)
    except REFUSED as error:
        reason = str(error) or type(error).__name__
        await _moved(connection, ledger, row, None, (0, 0), "failed", reason)
        return Turn.THROUGH


async def _advance(connection: Connection, ledger: Ledger, row: Any) -> Turn:
    schedule = decode(row["definition"])
    room = _AT_ONCE if row["concurrency"] is None else row["concurrency"] - row["unfinished"]
    coming = _coming(course_of(schedule), row)
    seen = enqueued = 0
    reached, batch = None, list[datetime]()
    while seen < _GONE_THROUGH and room > enqueued:
        batch = list(islice(coming, min(room - enqueued, _AT_ONCE)))
        if not batch:
            break
        enqueued += await _fill(connection, ledger, schedule, row, batch)
        seen, reached = seen + len(batch), batch[-1]
    ended = room > enqueued and not batch
    state = "filled" if ended else "filling"
    await _moved(connection, ledger, row, reached, (enqueued, seen - enqueued), state, None)
    more = not ended and (row["concurrency"] is None or enqueued < room)
    return Turn.MORE if more else Turn.THROUGH


def _coming(course: Course, row: Any) -> Iterator[datetime]:
    """The due times that are left, in the backfill's order."""
    since, until = row["span_from"], row["span_until"]
    if not row["newest_first"]:
        yield from course.due_between(row["reached"] or since, until)
        return
    due = row["reached"]
    due = course.previous_due(due) if due is not None else last_due(course, until)
    while due is not None and due > since:
        yield due
        due = course.previous_due(due)


def last_due(course: Course, until: datetime) -> datetime | None:
    """The last due time up to and with an instant."""
    return course.previous_due(until + datetime.resolution)


async def _moved(
    connection: Connection,
    ledger: Ledger,
    row: Any,
    reached: datetime | None,
    counts: tuple[int, int],
    state: str,
    note: str | None,
) -> None:
    await connection.execute(
        _sql("filled_until"), row["id"], reached, *counts, state, note, ledger.clock()
    )


async def _fill(
    connection: Connection, ledger: Ledger, schedule: Schedule, row: Any, due: Sequence[datetime]
) -> int:
    """Enqueue and record the jobs of some due times, in their order; returns how many."""
    if not row["redo"]:
        taken = await connection.fetch(_sql("taken"), schedule.id, due)
        done = {each["at"] for each in taken}
        due = [each for each in due if each not in done]
    if not due:
        return 0
    await _split_rows(connection, ledger, schedule.id, due)
    course = course_of(schedule)
    schedule = msgspec.structs.replace(schedule, job_id=None)  # many at once: each has its own
    covers = [course.covers(at) for at in due]
    jobs = [
        msgspec.structs.replace(call(schedule, _firing(at, span)), priority=row["priority"])
        for at, span in zip(due, covers, strict=True)
    ]
    ids = [job.id for job in jobs]
    await connection.execute(
        _sql("backfill"), schedule.id, row["version"], due, [start for start, _ in covers],
        [end for _, end in covers], ids, ledger.clock(), "backfill",
    )  # fmt: skip
    await connection.execute(_sql("backfill_jobs"), row["id"], due, ids)
    return await ledger.enqueue_many(jobs)


async def _split_rows(
    connection: Connection, ledger: Ledger, id: str, due: Sequence[datetime]
) -> None:
    """Leave of a row of skipped or missed due times what is not backfilled."""
    for row in await connection.fetch(_sql("rows"), id, min(due), max(due)):
        whole = Decided(
            due_at=row["due_at"],
            due_until=row["due_until"],
            outcome=Outcome(row["outcome"]),
            reason=row["reason"],
        )
        # The row counts the due times of the version that decided it.
        course = course_of(decode(row["definition"]))
        left = [(id, row["version"], piece, None) for piece in without(whole, course, due)]
        if left:
            await record(connection, ledger.clock, left, "backfill")


def _firing(due_at: datetime, covers: tuple[datetime, datetime]) -> Decided:
    return Decided(due_at=due_at, outcome=Outcome.ENQUEUED, reason=BACKFILL, covers=covers)


def _sql(name: str) -> str:
    return statement(__package__, name)
