"""The catalogue: finding schedules, their firings, and what was done to them by hand."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import msgspec

from horarium.database import statement
from horarium.engine.schedules.acts import Act
from horarium.engine.schedules.book import Book, Firing, firing_of
from horarium.engine.schedules.firing import Outcome
from horarium.engine.schedules.record import kept_of
from horarium.engine.schedules.schedule import Kept, Origin, ScheduleState

MOST_COUNTED = 100_000
"""Schedules that are counted for the total of a list."""


class Which(msgspec.Struct, frozen=True, kw_only=True):
    """Which schedules are wanted; `None`: any.

    Attributes:
        text: a part of the id, in its own case.
        retired: also those that are retired; so does asking for that state.
    """

    state: ScheduleState | None = None
    task: str | None = None
    origin: Origin | None = None
    text: str | None = None
    retired: bool = False


class Found(NamedTuple):
    """A page of schedules and how many there are in all, counted up to `MOST_COUNTED`."""

    items: list[Kept]
    total: int


async def find(book: Book, which: Which, *, page: int = 1, count: int = 100) -> Found:
    """A page of the schedules that a filter finds, the next due first."""
    retired = which.retired or which.state == "retired"
    wanted = (which.state, which.task, which.origin, which.text, retired)
    async with book.database.connection() as connection:
        rows = await connection.fetch(_sql("catalogue"), *wanted, count, (page - 1) * count)
        total = await connection.fetchval(_sql("catalogue_count"), *wanted, MOST_COUNTED)
    return Found([kept_of(row) for row in rows], total)


async def firings(
    book: Book,
    id: str,
    *,
    before: datetime | None = None,
    since: datetime | None = None,
    outcome: Outcome | None = None,
    count: int = 100,
) -> Sequence[Firing]:
    """The firings of a schedule from `since` to before an instant, newest due time first.

    To go on, ask for those before the last one's due time.

    Raises:
        NotFound: there is no such schedule.
    """
    await book.show(id)
    async with book.database.connection() as connection:
        rows = await connection.fetch(_sql("firings_of"), id, before, since, outcome, count)
    return [firing_of(row) for row in rows]


async def last_firings(book: Book, ids: Sequence[str]) -> dict[str, Firing]:
    """The newest firing of each of these schedules that has any."""
    async with book.database.connection() as connection:
        rows = await connection.fetch(_sql("last_firings"), ids)
    return {row["schedule"]: firing_of(row) for row in rows}


async def acts(book: Book, id: str, *, page: int = 1, count: int = 20) -> list[Act]:
    """A page of what was done to a schedule by hand, newest first.

    Raises:
        NotFound: there is no such schedule.
    """
    await book.show(id)
    async with book.database.connection() as connection:
        rows = await connection.fetch(_sql("acts"), id, count, (page - 1) * count)
    return [Act(**row) for row in rows]


def _sql(name: str) -> str:
    return statement(__package__, name)
