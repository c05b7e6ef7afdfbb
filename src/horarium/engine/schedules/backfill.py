"""Filling in the past: a job for each due time of a span, whatever became of it before."""

from collections.abc import Sequence
from datetime import datetime
from itertools import islice

import msgspec

from horarium.database import Connection, statement
from horarium.engine.schedules.book import Book
from horarium.engine.schedules.firing import Decided, Outcome, without
from horarium.engine.schedules.record import call, decode, record
from horarium.engine.schedules.schedule import Kept, course_of
from horarium.errors import InvalidInput

_AT_ONCE = 500


class Backfilled(msgspec.Struct, frozen=True):
    """What a backfill did: due times in the range, jobs enqueued, due times left as they are."""

    due: int
    enqueued: int
    kept: int


async def backfill(
    book: Book,
    id: str,
    start: datetime,
    end: datetime,
    *,
    redo: bool = False,
    priority: int = -1,
) -> Backfilled:
    """Enqueue a job for each due time of a schedule after `start` up to `end`.

    Due times are recorded in batches, oldest first; what is interrupted can be asked for again.

    Args:
        redo: also for due times that had a job already.
        priority: of these jobs; below 0, so that the day's work goes first.

    Raises:
        NotFound: there is no such schedule.
        InvalidInput: the range is empty or reaches into the future.
    """
    kept = await book.show(id)
    async with book.database.connection() as connection:
        now = await book.now(connection)
    if start >= end:
        raise InvalidInput("until", "the range of a backfill ends before it begins")
    if end > now:
        raise InvalidInput("until", f"{end:%Y-%m-%d %H:%M} has not come yet")
    due = enqueued = 0
    coming = course_of(kept.schedule).due_between(start, end)
    while batch := list(islice(coming, _AT_ONCE)):
        async with book.database.transaction() as connection:
            enqueued += await _fill(connection, book, kept, batch, redo, priority)
        due += len(batch)
    return Backfilled(due, enqueued, due - enqueued)


async def _fill(
    connection: Connection,
    book: Book,
    kept: Kept,
    due: Sequence[datetime],
    redo: bool,
    priority: int,
) -> int:
    schedule, ledger = kept.schedule, book.ledger
    # The row's lock keeps schedulers from deciding the same due times meanwhile.
    await connection.fetchrow(_sql("find") + " for update", schedule.id)
    if not redo:
        taken = await connection.fetch(_sql("taken"), schedule.id, due)
        done = {row["at"] for row in taken}
        due = [each for each in due if each not in done]
    if not due:
        return 0
    await _split_rows(connection, book, schedule.id, due)
    course = course_of(schedule)
    covers = [course.covers(at) for at in due]
    jobs = [
        msgspec.structs.replace(call(schedule, _firing(at, span)), priority=priority)
        for at, span in zip(due, covers, strict=True)
    ]
    await connection.execute(
        _sql("backfill"), schedule.id, kept.version, due,
        [start for start, _ in covers], [end for _, end in covers],
        [job.id for job in jobs], ledger.clock(), "backfill",
    )  # fmt: skip
    return await ledger.enqueue_many(jobs)


async def _split_rows(connection: Connection, book: Book, id: str, due: Sequence[datetime]) -> None:
    """Leave of a row of skipped or missed due times what is not backfilled."""
    for row in await connection.fetch(_sql("rows"), id, due[0], due[-1]):
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
            await record(connection, book.ledger.clock, left, "backfill")


def _firing(due_at: datetime, covers: tuple[datetime, datetime]) -> Decided:
    return Decided(due_at=due_at, outcome=Outcome.ENQUEUED, reason="backfill", covers=covers)


def _sql(name: str) -> str:
    return statement(__package__, name)
