"""Who is told, within a build's own transaction, that a period has a final revision.

Builds happen in many places: a schedule's job, the command line, a row that is added by hand. Each
ends here, so that none of them has to know who wants to hear. An announcer hears of builds on the
connections of its own database; what it writes commits with the revision, or vanishes with it.
"""

from datetime import datetime
from typing import Protocol
from weakref import WeakSet

from horarium.database import Connection, Database


class Announcer(Protocol):
    """Wants to hear of final revisions."""

    database: Database

    async def final(self, connection: Connection, report: str, starts_at: datetime) -> None:
        """The period has been built, and may be final now; called in the build's transaction."""


_announcers: WeakSet[Announcer] = WeakSet()


def announce_to(announcer: Announcer) -> None:
    """Tell an announcer of builds for as long as it lives."""
    _announcers.add(announcer)


async def announce(connection: Connection, report: str, starts_at: datetime) -> None:
    """Tell all announcers of the connection's database."""
    for each in list(_announcers):
        if each.database.owns(connection):
            await each.final(connection, report, starts_at)
