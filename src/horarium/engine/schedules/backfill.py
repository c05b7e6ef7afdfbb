"""Filling in the past: a job for each due time of a span, whatever became of it before.

A backfill is a row that says how far it has come. Whoever begins it goes through its due times as
far as its concurrency allows; the rest is done by any scheduler, which hears of each job that ends.
So what is interrupted goes on by itself, and at most `concurrency` of its jobs are unfinished.
"""

import asyncio
from datetime import datetime
from enum import StrEnum
from itertools import islice
from typing import Any

import msgspec
from uuid_utils.compat import uuid7

from horarium.database import Connection, statement
from horarium.engine.schedules.book import SCHEDULES_CHANNEL, Book
from horarium.engine.schedules.filling import go_on
from horarium.engine.schedules.schedule import Kept, Origin, course_of
from horarium.errors import Conflict, InvalidInput

MOST_DUE = 1_000_000
"""Due times that one backfill goes through."""
MOST_AT_ONCE = 10_000
"""Unfinished jobs that `concurrency` may allow."""
_AT_ONCE = 5000
_WHILE_OTHERS_ARE_AT_IT = 0.05


class Order(StrEnum):
    """In which order a backfill goes through its due times."""

    OLDEST_FIRST = "oldest first"
    NEWEST_FIRST = "newest first"


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What a backfill is to do.

    Attributes:
        since, until: due times after `since`, up to and with `until`.
        concurrency: unfinished jobs of it at once at most; `None`: any number.
        redo: also for due times that had a job already.
        priority: of its jobs; below 0, so that the day's work goes first.
    """

    since: datetime
    until: datetime
    order: Order = Order.OLDEST_FIRST
    concurrency: int | None = None
    redo: bool = False
    priority: int = -1
    note: str | None = None


class Backfilled(msgspec.Struct, frozen=True, kw_only=True):
    """What a backfill did so far, or would do: due times in the range, jobs enqueued for them, due
    times left as they are. `id` is `None` where nothing was done.
    """

    due: int
    enqueued: int
    kept: int
    id: str | None = None


async def backfill(
    book: Book, id: str, since: datetime, until: datetime, *, origin: Origin = "api", **wanted: Any
) -> Backfilled:
    """Begin a backfill and go through its due times as far as its concurrency allows.

    Args:
        wanted: further fields of `Wanted`.

    Raises:
        NotFound: there is no such schedule.
        InvalidInput: the range is empty or reaches into the future.
    """
    asked = Wanted(since=since, until=until, **wanted)
    begun = await begin(book, id, asked, origin)
    row = await _gone_on(book, begun)
    while row["state"] == "filling" and asked.concurrency is None:
        # A scheduler was at it just now; what it has done is counted when it is done.
        await asyncio.sleep(_WHILE_OTHERS_ARE_AT_IT)
        row = await _gone_on(book, begun)
    if row["state"] == "failed":
        raise Conflict(f"the backfill {begun} stopped: {row['note']}")
    return Backfilled(due=row["due"], enqueued=row["enqueued"], kept=row["kept"], id=begun)


async def _gone_on(book: Book, backfill: str) -> Any:
    await go_on(book, backfill)
    async with book.database.connection() as connection:
        return await connection.fetchrow(_sql("backfilled"), backfill)


async def begin(book: Book, id: str, wanted: Wanted, origin: Origin) -> str:
    """Record a backfill and tell the schedulers, which go through it; returns its id.

    Raises:
        NotFound: there is no such schedule.
        InvalidInput: it cannot be done; the field says why.
    """
    kept = await book.show(id)
    backfill = str(uuid7())
    async with book.database.transaction() as connection:
        due = await _checked(connection, book, kept, wanted)
        await connection.execute(
            _sql("begin_backfill"), backfill, id, kept.version, wanted.since, wanted.until,
            wanted.order is Order.NEWEST_FIRST, wanted.concurrency, wanted.redo, wanted.priority,
            wanted.note, origin, due, book.ledger.clock(),
        )  # fmt: skip
        await connection.execute(_sql("ring"), SCHEDULES_CHANNEL, id)
    return backfill


async def foreseen(book: Book, id: str, wanted: Wanted) -> Backfilled:
    """What a backfill would do; nothing is written.

    Raises:
        As `begin`.
    """
    kept = await book.show(id)
    async with book.database.connection() as connection:
        due = await _checked(connection, book, kept, wanted)
        taken = 0 if wanted.redo else await _taken(connection, kept, wanted)
    return Backfilled(due=due, enqueued=due - taken, kept=taken)


async def _checked(connection: Connection, book: Book, kept: Kept, wanted: Wanted) -> int:
    """How many due times are in the range of a backfill that can be done."""
    now = await book.now(connection)
    if wanted.since >= wanted.until:
        raise InvalidInput("until", "the range of a backfill ends before it begins")
    if wanted.until > now:
        raise InvalidInput("until", f"{wanted.until:%Y-%m-%d %H:%M} has not come yet")
    if wanted.concurrency is not None and not 1 <= wanted.concurrency <= MOST_AT_ONCE:
        raise InvalidInput("concurrency", f"it takes a number from 1 to {MOST_AT_ONCE:,}")
    if not -32768 <= wanted.priority <= 32767:
        raise InvalidInput("priority", f"{wanted.priority} is outside -32768..32767")
    due = course_of(kept.schedule).count_between(wanted.since, wanted.until)
    if due > MOST_DUE:
        raise InvalidInput(
            "until", f"the range has {due:,} due times; a backfill takes {MOST_DUE:,}, so split it"
        )
    return due


async def _taken(connection: Connection, kept: Kept, wanted: Wanted) -> int:
    """How many due times of the range have a job, or wait for theirs."""
    taken = 0
    coming = course_of(kept.schedule).due_between(wanted.since, wanted.until)
    while batch := list(islice(coming, _AT_ONCE)):
        taken += len(await connection.fetch(_sql("taken"), kept.schedule.id, batch))
    return taken


def _sql(name: str) -> str:
    return statement(__package__, name)
