"""The roster: the workers that live, and those that have just left."""

from datetime import datetime
from enum import StrEnum

import msgspec

from horarium.clock import Clock, database_clock
from horarium.database import Database, statement


class Presence(StrEnum):
    """How a worker stands to its lease."""

    LIVE = "live"
    LAPSED = "lapsed"
    """It has stopped answering; its jobs are about to be taken back."""
    STOPPED = "stopped"


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """A worker, as the roster shows it.

    Attributes:
        id: that of its lease.
        queues: those it listens to; empty: all.
        slots, running: jobs that it may run at once, and that it does.
    """

    id: int
    name: str
    host: str
    pid: int
    state: Presence
    queues: list[str]
    slots: int
    running: int
    started_at: datetime
    lease_until: datetime
    stopped_at: datetime | None


async def roster(database: Database, clock: Clock = database_clock) -> list[Member]:
    """Workers that have not left, then those that left within the last day, the newest first."""
    async with database.connection() as connection:
        rows = await connection.fetch(statement(__package__, "list"), clock())
    return [Member(**{**row, "state": Presence(row["state"])}) for row in rows]
