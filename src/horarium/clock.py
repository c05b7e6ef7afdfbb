"""Whose time it is: the database's.

Due times, leases and lateness are judged by the clock of PostgreSQL, so that a machine with a
wrong clock can neither fire early nor twice. A statement that needs the time takes it as an
optional parameter: `None` means "now, by the database"; tests and the simulation pass an instant.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

Clock = Callable[[], datetime | None]
"""Gives the instant to pass to statements; `None` leaves the time to the database."""


def database_clock() -> None:
    """The clock of every real process: the database decides."""


async def transaction_time(clock: Clock, connection: Any) -> datetime:
    """The clock's instant, else that at which the connection's transaction began."""
    now: datetime = clock() or await connection.fetchval("select now()")
    return now


async def current_time(clock: Clock, connection: Any) -> datetime:
    """The clock's instant, else the database's at this moment."""
    now: datetime = clock() or await connection.fetchval("select clock_timestamp()")
    return now


class SetClock:
    """A clock that stands where it was set, for tests and for the simulation."""

    def __init__(self, now: datetime) -> None:
        self.now = now.astimezone(UTC)

    def __call__(self) -> datetime:
        return self.now

    def set(self, now: datetime) -> None:
        self.now = now.astimezone(UTC)
