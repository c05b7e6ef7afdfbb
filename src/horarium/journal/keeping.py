"""For how long the journal is kept: days that are older are removed whole."""

import asyncio
from datetime import datetime, timedelta
from pathlib import Path

from horarium.database import Database, statement
from horarium.journal.folder import remove_days
from horarium.journal.writing import JournalNotWritten


async def forget(database: Database, folder: Path, days: int, now: datetime | None) -> int:
    """Remove what is older than so many days, by the database's clock; returns how many days.

    Raises:
        JournalNotWritten: the folders cannot be removed.
    """
    async with database.connection() as connection:
        now = now or await connection.fetchval("select now()")
        # A day of one zone may last 26 hours longer than the same of another.
        first = (now - timedelta(days=days + 2)).date()
        await connection.execute(statement(__package__, "forget_days"), first)
    try:
        return await asyncio.to_thread(remove_days, folder, first)
    except OSError as error:
        raise JournalNotWritten(
            f"days of the journal before {first} cannot be removed: {error.strerror or error} "
            f"({error.filename or folder})"
        ) from error
