"""What happens when the zone data has changed since the next due times were computed.

A step computes due times anew from what is installed, so none is decided by old data; but a stored
`next_fire_at` may be too late by it. The schedulers know which version was in use; one that starts
with a newer one computes the next due times of all zoned schedules again, some at a time, and other
schedulers go on where it was cut off. One with older data than the book's leaves it as it is: it is
about to be replaced.
"""

from typing import Any

import msgspec
import structlog

from horarium.database import Connection, statement
from horarium.engine.schedules.book import SCHEDULES_CHANNEL, Book
from horarium.engine.schedules.record import decode
from horarium.engine.schedules.schedule import course_of
from horarium.engine.schedules.timetable import zone_data_version
from horarium.errors import InvalidInput

_AT_ONCE = 500

_log = structlog.get_logger()


async def settle_zone_data(book: Book, version: str | None = None) -> int:
    """Compute the next due times anew where the zone data has changed; returns how many moved.

    Args:
        version: of the zone data that is installed; as it says itself, where none is given.
    """
    version = version or zone_data_version()
    async with book.database.connection() as connection:
        row = await connection.fetchrow(_sql("adopt_zone_data"), version, book.ledger.clock())
    if row["zone_data"] > version:
        _log.warning(
            "this machine has older zone data than another scheduler: update the package tzdata",
            here=version,
            there=row["zone_data"],
        )
        return 0
    moved, reached = 0, row["zone_data_reached"]
    while reached is not None:
        async with book.database.transaction() as connection:
            count, reached = await _some(connection, reached)
            moved += count
    if moved:
        _log.info("next due times were computed anew", zone_data=version, moved=moved)
    return moved


async def _some(connection: Connection, reached: str) -> tuple[int, str | None]:
    """The next some schedules; returns how many moved, and up to where it came, `None`: to the end.

    Whoever else is at it waits, and then does the same again, which changes nothing.
    """
    rows = await connection.fetch(_sql("zoned"), reached, _AT_ONCE)
    moved = [each for each in map(_moved, rows) if each is not None]
    if moved:
        ids, dues, fires = zip(*moved, strict=True)
        await connection.execute(_sql("move_due"), ids, dues, fires)
        await connection.execute(_sql("ring"), SCHEDULES_CHANNEL, ids[0])
    last = rows[-1]["id"] if rows else None
    await connection.execute(_sql("zone_data_reached"), last)
    return len(moved), last


def _moved(row: Any) -> tuple[str, Any, Any] | None:
    try:
        course = course_of(decode(row["definition"]))
        due = course.next_due(row["decided_until"])
    except (InvalidInput, msgspec.MsgspecError, ValueError):
        return None  # the step parks it
    if due == row["next_due_at"] or due is None:
        return None
    return row["id"], due, course.fires_at(due)


def _sql(name: str) -> str:
    return statement(__package__, name)
