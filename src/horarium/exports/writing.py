"""From a selection to bytes: each format by its writer, or by PostgreSQL itself.

Everything here holds a few thousand rows at most. Writers are synchronous and run in a thread, so
that a worker's heartbeat, or a server's other requests, go on meanwhile.
"""

import asyncio
from collections.abc import Awaitable, Callable
from io import BytesIO
from typing import Any, BinaryIO, Protocol

from horarium.database import Connection
from horarium.exports.delimited import copy_query, head
from horarium.exports.format import CsvStyle, Format
from horarium.exports.json_lines import JsonLinesWriter
from horarium.exports.selection import Row, Selection, batches

Put = Callable[[bytes], Awaitable[None]]
"""Takes the next bytes, when there is room for them."""

Tell = Callable[[int], None]
"""Told how many rows have been written so far."""


class Writer(Protocol):
    """Writes rows in one format."""

    def write(self, rows: list[Row]) -> None:
        """Write rows."""

    def close(self) -> None:
        """Write what is left."""


def nobody(_rows: int) -> None:
    """Nobody is told."""


async def pour(
    connection: Connection,
    selection: Selection,
    format: Format,
    style: CsvStyle,
    put: Put,
    tell: Tell = nobody,
) -> int:
    """Write a selection in a format that streams, in a transaction; returns how many rows."""
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        if format is Format.CSV:
            return await _copy(connection, selection, style, put, tell)
        return await _lines(connection, selection, put, tell)


async def fill(
    connection: Connection,
    selection: Selection,
    format: Format,
    style: CsvStyle,
    file: BinaryIO,
    tell: Tell = nobody,
) -> int:
    """Write a selection into a file, in any format; returns how many rows."""
    if format.streams:

        async def put(data: bytes) -> None:
            file.write(data)

        return await pour(connection, selection, format, style, put, tell)
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        return await _write(connection, selection, format, file, tell)


async def _copy(
    connection: Connection, selection: Selection, style: CsvStyle, put: Put, tell: Tell
) -> int:
    await put(head(selection.columns, style))
    rows = 0

    async def output(data: bytes) -> None:
        nonlocal rows
        # A line end inside a text counts as well; the end of each query puts it right.
        rows += data.count(b"\n")
        tell(rows)
        await put(data)

    total = 0
    for query in selection.queries:
        done = await connection.copy_from_query(
            copy_query(selection.columns, query, style),
            *query.arguments,
            output=output,
            format="csv",
            delimiter=style.sign,
        )
        total += int(done.split()[-1])
        rows = total
        tell(rows)
    return total


async def _lines(connection: Connection, selection: Selection, put: Put, tell: Tell) -> int:
    held = BytesIO()
    writer = JsonLinesWriter(selection, held)
    rows = 0
    async for batch in batches(connection, selection):
        await asyncio.to_thread(writer.write, batch)
        await put(held.getvalue())
        held.seek(0)
        held.truncate()
        rows += len(batch)
        tell(rows)
    return rows


async def _write(
    connection: Connection, selection: Selection, format: Format, file: BinaryIO, tell: Tell
) -> int:
    writer = await _writer(connection, selection, format, file)
    rows = 0
    try:
        async for batch in batches(connection, selection):
            await asyncio.to_thread(writer.write, batch)
            rows += len(batch)
            tell(rows)
        await asyncio.to_thread(writer.close)
    finally:
        discard = getattr(writer, "discard", None)
        if discard is not None:
            discard()
    return rows


async def _writer(
    connection: Connection, selection: Selection, format: Format, file: BinaryIO
) -> Writer:
    # Each is imported where it is used: none of them is needed to answer anything else.
    match format:
        case Format.XLSX:
            from horarium.exports.workbook import WorkbookWriter

            return WorkbookWriter(selection, file)
        case Format.PARQUET:
            from horarium.exports.parquet import ParquetWriter

            return ParquetWriter(selection, file, await _digits(connection, selection))
        case Format.PDF:
            from horarium.exports.document import DocumentWriter

            return DocumentWriter(selection, file)
    raise AssertionError(f"{format} is written without a writer")


async def _digits(connection: Connection, selection: Selection) -> dict[str, tuple[int, int]]:
    from horarium.exports.parquet import digits_of, digits_query

    rows: list[Any] = []
    for query in selection.queries:
        text = digits_query(selection, query)
        if text is None:
            return {}
        rows.append(await connection.fetchrow(text, *query.arguments))
    return digits_of(selection, rows) if rows else {}
