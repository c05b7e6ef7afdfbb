"""How far a backfill has come, and ending it before its time."""

from datetime import datetime
from typing import Any

import msgspec

from horarium.database import statement
from horarium.engine.schedules.backfill import Order
from horarium.engine.schedules.book import Book
from horarium.engine.schedules.schedule import Origin
from horarium.errors import Conflict, NotFound


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """A backfill and how far it has come.

    Attributes:
        state: `filling`: due times are left to go through; `filled`: none is; `cancelled`;
            `failed`: it could not go on, `note` says why.
        reached: the last due time that was gone through.
        due, enqueued, kept: due times in the range, jobs made for them, those left as they are.
        jobs: how many of its jobs are in each state.
        finished: no job of it will begin or end any more.
    """

    id: str
    schedule: str
    version: int
    since: datetime
    until: datetime
    order: Order
    concurrency: int | None
    redo: bool
    priority: int
    state: str
    note: str | None
    origin: Origin
    due: int
    enqueued: int
    kept: int
    reached: datetime | None
    jobs: dict[str, int]
    finished: bool
    created_at: datetime
    ended_at: datetime | None


_ENDED = {"succeeded", "failed", "cancelled", "forgotten"}


async def progress(book: Book, backfill: str) -> Progress:
    """How far a backfill has come.

    Raises:
        NotFound: there is no such backfill.
    """
    async with book.database.connection() as connection:
        row = await connection.fetchrow(_sql("backfill_progress"), backfill)
    if row is None:
        raise NotFound(f"there is no backfill {backfill!r}")
    return _progress(dict(row))


def _progress(values: dict[str, Any]) -> Progress:
    jobs: dict[str, int] = msgspec.json.decode(values.pop("jobs"))
    newest_first = values.pop("newest_first")
    return Progress(
        since=values.pop("span_from"),
        until=values.pop("span_until"),
        order=Order.NEWEST_FIRST if newest_first else Order.OLDEST_FIRST,
        jobs=jobs,
        finished=values["state"] != "filling" and not jobs.keys() - _ENDED,
        **values,
    )


async def backfills(book: Book, id: str, *, page: int = 1, count: int = 20) -> list[Progress]:
    """A page of a schedule's backfills, newest first.

    Raises:
        NotFound: there is no such schedule.
    """
    await book.show(id)
    async with book.database.connection() as connection:
        rows = await connection.fetch(_sql("backfills_of"), id, count, (page - 1) * count)
    return [await progress(book, row["id"]) for row in rows]


async def cancel_backfill(book: Book, backfill: str, note: str | None = None) -> Progress:
    """Make no more jobs for a backfill, and cancel those that have not begun; the others run on.

    Raises:
        NotFound: there is no such backfill.
        Conflict: it has nothing left that could be cancelled.
    """
    async with book.database.connection() as connection:
        stopped = await connection.fetchval(
            _sql("stop_backfill"), backfill, note, book.ledger.clock()
        )
    if stopped is None:
        found = await progress(book, backfill)
        raise Conflict(f"the backfill {backfill!r} is {found.state}: nothing of it waits")
    while await _cancel_waiting(book, backfill, note or "its backfill was cancelled"):
        pass
    return await progress(book, backfill)


async def _cancel_waiting(book: Book, backfill: str, reason: str) -> bool:
    async with book.database.transaction() as connection:
        rows = await connection.fetch(_sql("backfill_waiting"), backfill)
        for row in rows:
            await book.ledger.cancel(row["id"], reason)
    return bool(rows)


def _sql(name: str) -> str:
    return statement(__package__, name)
