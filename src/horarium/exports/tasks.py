"""The built-in task of exports."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from typing import Any, BinaryIO, Protocol

import msgspec
import structlog
from uuid_utils.compat import uuid7

from horarium.builtin_tasks import MAKE_EXPORT
from horarium.database import Connection, Database
from horarium.engine import LedgerBroker, Progress, ProgressTeller
from horarium.errors import InvalidInput, NotFound
from horarium.exports import requests
from horarium.exports.format import CsvStyle, Format, MissingExtra, check
from horarium.exports.pieces import store, stored
from horarium.exports.reports import select
from horarium.exports.selection import SESSION, Selection
from horarium.exports.shelf import Shelf
from horarium.exports.writing import fill

QUEUE = "exports"
TASK = MAKE_EXPORT
_RETRIES = {
    "retry_on_error": True, "max_retries": 3, "retry_delay": 10, "retry_backoff": 2,
    "discard_on": [InvalidInput, NotFound, MissingExtra],
}  # fmt: skip
_log = structlog.get_logger()


class Made(msgspec.Struct, frozen=True):
    """The result of an export's job."""

    export: str
    rows: int
    size: int


class Named(Protocol):
    """Finds the definition of a report by its name."""

    def __call__(self, name: str) -> Any:
        """The definition, or what `select` takes for it."""


class ExportTasks:
    """Exports in the background: asking for them, and the task that makes them.

    Args:
        shelf: where their files are written.
        keep: for how long they are kept.
    """

    def __init__(
        self, broker: LedgerBroker, database: Database, shelf: Shelf, keep: timedelta, named: Named
    ) -> None:
        self.shelf = shelf
        self._database = database
        self._keep = keep
        self._named = named
        self._make: Any = broker.register_task(_task(self.make), TASK, queue=QUEUE, **_RETRIES)

    async def select(self, connection: Connection, report: str, first: Any, last: Any) -> Selection:
        """The rows of a report by its name; see `horarium.exports.select`."""
        return await select(connection, self._named(report), first, last)

    async def request(
        self, selection: Selection, format: Format, style: CsvStyle
    ) -> requests.Export:
        """Have a selection written in the background, or find it written.

        Raises:
            InvalidInput: it cannot be written so.
            MissingExtra: a package is not installed.
        """
        check(format, style)
        while True:
            found = await requests.standing_request(self._database, selection, format, style)
            if found is not None:
                return found
            async with self._database.transaction() as connection:
                await requests.release(connection, selection, format, style)
                job = str(uuid7())
                id = await requests.record(connection, selection, format, style, job)
                if id is not None:
                    await self._make.kicker().with_task_id(job).kiq(id)
            if id is not None:
                return await requests.read_export(self._database, id)

    async def read(self, id: str) -> requests.Export:
        """An export, and how far it is.

        Raises:
            NotFound: there is none of this id.
        """
        return await requests.read_export(self._database, id)

    def content(self, export: requests.Export, first: int, end: int) -> AsyncIterator[bytes]:
        """The bytes of a ready export's file, from `first` to before `end`."""
        return stored(self._database, export.id, first, end)

    async def make(self, id: str, tell: ProgressTeller) -> Made:
        """Write the file of an export."""
        async with self._database.connection() as connection:
            want = await requests.wanted(connection, id)
            selection = await self.select(connection, want.report, want.first, want.last)
        check(want.format, want.style)

        def told(rows: int) -> None:
            tell.set(min(rows / max(selection.rows, 1), 1.0), f"{rows:,} rows")

        with self.shelf.writing(id) as file:
            rows = await self._write(selection, want, file, told)
            async with self._database.transaction() as connection:
                size = await store(connection, id, file)
                await requests.finished(connection, id, rows, size, self._keep)
        return Made(id, rows, size)

    async def _write(
        self,
        selection: Selection,
        want: requests.Wanted,
        file: BinaryIO,
        told: Callable[[int], None],
    ) -> int:
        connection = await self._database.connect("horarium export", SESSION)
        try:
            return await fill(connection, selection, want.format, want.style, file, told)
        finally:
            connection.terminate()


def _task(make: Callable[[str, ProgressTeller], Awaitable[Made]]) -> Callable[..., Awaitable[Made]]:
    async def make_export(export: str, progress: Progress) -> Made:
        """Write the file of an export."""
        return await make(export, progress)

    return make_export
