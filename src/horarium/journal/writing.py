"""Writing one day of one owner: from the ledger's cursor to the files, in constant memory.

Rows come in the order of their ids, a chunk at a time, each chunk is written in a thread, and the
index last. Everything runs in one transaction, which holds the owner's turn: two that write the
same day at once, by hand and by schedule, do it one after the other.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from horarium.database import Connection, statement
from horarium.engine import Disclosure
from horarium.errors import HorariumError
from horarium.journal.entry import entry_of, job_lines
from horarium.journal.folder import DayFolder, Page
from horarium.journal.span import Span
from horarium.journal.whereabouts import whereabouts

CHUNK = 200
"""Jobs that are in memory at once."""


class JournalNotWritten(HorariumError):
    """A day could not be written; what was written before is as it was."""


class Place(NamedTuple):
    """Where the journal is, and what of sealed arguments and results it shows."""

    folder: Path
    disclosure: Disclosure


async def take(connection: Connection, owner: str) -> None:
    """Wait for the turn to write an owner's days; it ends with the transaction."""
    await connection.execute(statement(__package__, "take_owner"), owner)


async def write_span(
    connection: Connection,
    place: Place,
    owner: str,
    span: Span,
    *,
    final: bool,
    redo: bool = False,
    now: datetime | None = None,
) -> int:
    """Write a day of an owner, and record that it was; the caller has taken the turn.

    Args:
        owner: empty for jobs that have none.
        final: the day is over.
        redo: write files anew that are there already.
        now: the time of writing; None leaves it to the database.

    Returns:
        How many jobs its index lists.

    Raises:
        JournalNotWritten: the disk does not take it.
    """
    try:
        jobs = await _write(connection, place, owner, span, final=final, redo=redo)
        where = await asyncio.to_thread(whereabouts, place.folder)
    except OSError as error:
        who = owner or "nobody"
        raise JournalNotWritten(
            f"the journal of {who[:100]} for {span.day} cannot be written: "
            f"{error.strerror or error} ({error.filename or place.folder}). Nothing of it is half "
            "written; once there is room and permission, the next turn writes it"
        ) from error
    await connection.execute(
        statement(__package__, "record_day"),
        *(owner, span.day, span.zone, span.starts_at, span.ends_at, jobs, final, now),
        *where,
    )
    return jobs


async def _write(
    connection: Connection, place: Place, owner: str, span: Span, *, final: bool, redo: bool
) -> int:
    folder = await asyncio.to_thread(DayFolder, place.folder, owner, span, redo=redo)
    try:
        async for rows in _chunks(connection, owner, span):
            await asyncio.to_thread(_add, folder, rows, place.disclosure)
        return await asyncio.to_thread(folder.finish, final=final)
    finally:
        folder.close()


async def _chunks(
    connection: Connection, owner: str, span: Span
) -> AsyncIterator[Sequence[Mapping[str, Any]]]:
    name, who = ("jobs_of_owner", [owner]) if owner else ("jobs_of_nobody", [])
    cursor = await connection.cursor(
        statement(__package__, name), *who, span.starts_at, span.ends_at
    )
    while rows := await cursor.fetch(CHUNK):
        yield rows


def _add(folder: DayFolder, rows: Sequence[Mapping[str, Any]], disclosure: Disclosure) -> None:
    folder.add([_page(row, disclosure) for row in rows])


def _page(row: Mapping[str, Any], disclosure: Disclosure) -> Page:
    arguments = disclosure.arguments(row["arguments"], row["payload"])
    return Page(entry_of(row), job_lines(row, arguments, disclosure.result(row["result"])))
