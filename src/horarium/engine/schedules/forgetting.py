"""Retention of the timetable's history: firings, non-firings, backfills, and what was done by hand.

Deleting is bounded: a statement takes so many rows, a round so many seconds, and the next round
goes on. First it is written down from when on firings are kept, so that no proof misses the others.
"""

import time
from datetime import timedelta

from horarium.database import statement
from horarium.engine.schedules.book import Book

MOST_FORGOTTEN = 5000
"""Rows that one statement deletes."""


async def forget_firings(book: Book, keep: timedelta, *, seconds: float = 30.0) -> bool:
    """Delete what is older than it is kept; returns whether all of it is gone.

    Firings that wait, and due times of the past that were backfilled lately, are kept.

    Args:
        seconds: deleting stops after this time.
    """
    end = time.monotonic() + seconds
    async with book.database.connection() as connection:
        before = await book.now(connection) - keep
        await connection.execute(statement(__package__, "keep_from"), before)
        for name in ("forget_firings", "forget_backfills", "forget_acts"):
            gone = MOST_FORGOTTEN
            while gone == MOST_FORGOTTEN:
                if time.monotonic() > end:
                    return False
                gone = await connection.fetchval(
                    statement(__package__, name), before, MOST_FORGOTTEN
                )
    return True
