"""What becomes of exports that nobody may fetch any more."""

import asyncio
from pathlib import Path

import structlog

from horarium.database import Database, statement
from horarium.engine import Companion
from horarium.errors import HorariumError
from horarium.exports.shelf import Shelf
from horarium.outage import TRANSIENT

TIDY_EVERY = 3600.0
"""Seconds between two looks for what has expired."""

_AT_ONCE = 1000
_log = structlog.get_logger()


class Tidying(Companion):
    """Removes what has expired, and what nobody finished here, once an hour, beside a worker."""

    def __init__(self, database: Database, folder: Path) -> None:
        self._database = database
        self._shelf = Shelf(folder)

    async def run(self) -> None:
        """Go on until cancelled."""
        while True:
            try:
                await self.tidy()
            except (*TRANSIENT, HorariumError) as error:
                _log.warning("exports could not be tidied up; trying again", error=str(error))
            await asyncio.sleep(TIDY_EVERY)

    async def tidy(self) -> int:
        """Remove what has expired; returns how many files had."""
        async with self._database.connection() as connection:
            expired: int = await connection.fetchval(
                statement(__package__, "drop_expired"), _AT_ONCE
            )
            await connection.execute(statement(__package__, "forget_exports"))
        self._shelf.sweep()
        return expired
