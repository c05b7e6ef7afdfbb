"""How long a report's builds take."""

from horarium.database import Connection, statement

SHARE = 0.9
"""A build is taken to be typical that is not longer than this share of the last ones."""

LAST = 30
"""How many of the last builds count."""


async def typical_duration(connection: Connection, schedule: str) -> float | None:
    """Seconds within which nine of ten of a schedule's last builds succeeded; None: none has."""
    found: float | None = await connection.fetchval(
        statement(__package__, "typical_duration"), schedule, LAST, SHARE
    )
    return found
