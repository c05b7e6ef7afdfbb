"""What the ledger keeps, and for how long: housekeeping that any worker does, once an hour.

Months of which nothing is to be kept are dropped whole. Of a month of which only some jobs are, the
others are deleted, a bounded number at a time: the heartbeat that does it must stay on time, and
goes on at its next beat.
"""

import time
from datetime import timedelta
from typing import NamedTuple

import structlog

from horarium.clock import Clock, database_clock
from horarium.database import Connection, statement
from horarium.engine.jobs.expiry import forget_results
from horarium.engine.jobs.progress import forget_marks

MOST_FORGOTTEN = 5000
"""Rows that one statement deletes."""

_log = structlog.get_logger()


class Keep(NamedTuple):
    """For how long ended jobs are kept: those that succeeded, and those that did not."""

    succeeded: timedelta = timedelta(days=30)
    others: timedelta = timedelta(days=90)


async def tidy(
    connection: Connection,
    keep: Keep = Keep(),
    clock: Clock = database_clock,
    *,
    seconds: float = 2.0,
) -> bool:
    """Make the next months' partitions, and forget workers and jobs that are not kept any more.

    Args:
        seconds: deleting single jobs stops after this time.

    Returns:
        Whether all is done; otherwise there is more to delete.
    """
    row = await connection.fetchrow(_sql("tidy"), clock(), *keep)
    if row is None:
        return True
    if row["months"]:
        _log.info("months of history were dropped: nothing of them is kept", months=row["months"])
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        forgotten = await connection.fetchval(_sql("forget"), clock(), *keep, MOST_FORGOTTEN)
        forgotten += await forget_marks(connection, max(keep), MOST_FORGOTTEN, clock)
        forgotten += await forget_results(connection, MOST_FORGOTTEN, clock)
        if forgotten < MOST_FORGOTTEN:
            return await _forget_compositions(connection, keep, clock)
    return False


async def _forget_compositions(connection: Connection, keep: Keep, clock: Clock) -> bool:
    """Forget what joined jobs that are gone by now; whether that was all."""
    forgotten: int = await connection.fetchval(
        _sql("forget_compositions"), clock(), *keep, MOST_FORGOTTEN
    )
    return forgotten < MOST_FORGOTTEN


def _sql(name: str) -> str:
    return statement(__package__, name)
