"""SQLite files as sources: a shop's own database, opened for reading only.

SQLite has no types of columns that hold, no time zones, and floats where others have decimals. So
the columns are declared, and each value has to fit: a declared `numeric(10,2)` is rounded from the
float's shortest text, and a text that is no date fails the build. `:start` and `:end` are bound as
texts of the report's local time (``2021-01-01 00:00:00``), which is how SQLite keeps times and what
its date functions give.

The rows cross as text, a few thousand at a time, read in a thread.
"""

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from horarium.database import Connection
from horarium.errors import InvalidInput, Unavailable
from horarium.reports.column import Column, quoted
from horarium.reports.query import Query
from horarium.zones import zone_info

SCHEME = "sqlite"
_AT_ONCE = 5000
_PLACE = "horarium_place"
_STEPS = 100_000
"""Instructions of SQLite's between two looks at the clock."""


class SqliteSource:
    """A SQLite file, inside one reading transaction.

    Args:
        zone: of the report.
    """

    def __init__(self, connection: sqlite3.Connection, zone: str) -> None:
        self._connection = connection
        self._zone = zone_info(zone)

    async def describe(self, query: Query) -> list[tuple[str, str]]:
        """The names of the query's columns; a value's type is its own, and crosses as text."""
        cursor = await self._asked(f"select * from (\n{_written(query)}\n) limit 0", query)
        return [(each[0], "text") for each in cursor.description]

    async def fill(
        self, into: Connection, table: str, query: Query, columns: Sequence[Column],
        expressions: Sequence[str],
    ) -> None:  # fmt: skip
        """Copy the query's rows into a table of the session `into`, in their order."""
        names = ", ".join(quoted(each.name) for each in columns)
        texts = ", ".join(f"{quoted(each.name)} text" for each in columns)
        await into.execute(
            f"create temporary table crossing ({texts}, {_PLACE} bigint) on commit drop"
        )
        cursor = await self._asked(f"select {names} from (\n{_written(query)}\n)", query)
        number = 0
        while rows := await asyncio.to_thread(_some, cursor, number):
            await into.copy_records_to_table("crossing", records=rows, schema_name="pg_temp")
            number += len(rows)
        chosen = ", ".join(expressions)
        await into.execute(
            f"insert into pg_temp.{table} ({names}) "
            f"select {chosen} from pg_temp.crossing q order by q.{_PLACE}"
        )
        await into.execute("drop table pg_temp.crossing")

    async def number(self, query: Query, decimals: int | None) -> Decimal | None:
        """The one number that a query gives; a float is rounded to so many decimals."""
        cursor = await self._asked(f"select (\n{_written(query)}\n)", query)
        (value,) = await asyncio.to_thread(cursor.fetchone)
        if value is None:
            return None
        number = Decimal(str(value))
        if decimals is None or not isinstance(value, float):
            return number
        return _rounded(number, decimals)

    async def _asked(self, text: str, query: Query) -> sqlite3.Cursor:
        values = [self._bound(query.values[name]) for name in query.used]
        return await asyncio.to_thread(self._connection.execute, text, values)

    def _bound(self, value: Any) -> Any:
        if isinstance(value, datetime):
            local = value.astimezone(self._zone) if value.tzinfo is not None else value
            return f"{local:%Y-%m-%d %H:%M:%S}"
        if isinstance(value, date | Decimal):
            return str(value)
        return value


@asynccontextmanager
async def opened(name: str, url: str, zone: str, timeout: float) -> AsyncIterator[SqliteSource]:
    """A SQLite file as a source, that sees one moment of it.

    Raises:
        Unavailable: it cannot be opened, or does not answer.
        InvalidInput: a query cannot be used.
    """
    path = unquote(urlsplit(url).path)
    # As everywhere: three slashes before a path from the working folder, four before one from /.
    path = path.removeprefix("/")
    try:
        connection = await asyncio.to_thread(_open, path, timeout)
    except sqlite3.Error as error:
        raise Unavailable(f"the source {name} at {path} cannot be used: {error}") from error
    try:
        yield SqliteSource(connection, zone)
    except sqlite3.OperationalError as error:
        if "interrupted" in str(error) or "locked" in str(error):
            raise Unavailable(f"the source {name}: {error} (timeout {timeout:g} s)") from error
        raise InvalidInput("query", f"SQLite refuses it; it may only read: {error}") from error
    except sqlite3.Error as error:
        raise InvalidInput("query", f"SQLite refuses it: {error}") from error
    finally:
        connection.interrupt()
        await asyncio.to_thread(connection.close)


def _open(path: str, timeout: float) -> sqlite3.Connection:
    connection = sqlite3.connect(
        f"file:{quote(path)}?mode=ro", uri=True, check_same_thread=False, isolation_level=None
    )
    end = time.monotonic() + timeout
    connection.set_progress_handler(lambda: time.monotonic() > end, _STEPS)
    connection.execute("pragma query_only = on")
    connection.execute("begin")
    connection.execute("select 1 from sqlite_master limit 1").fetchone()
    return connection


def _some(cursor: sqlite3.Cursor, number: int) -> list[tuple[Any, ...]]:
    return list(_rows(cursor.fetchmany(_AT_ONCE), number))


def _rows(rows: Sequence[Sequence[Any]], number: int) -> Iterator[tuple[Any, ...]]:
    for place, row in enumerate(rows, number):
        yield (*map(_text, row), place)


def _rounded(number: Decimal, decimals: int) -> Decimal:
    """As PostgreSQL rounds what is cast to a `numeric`."""
    return number.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bytes):
        return "\\x" + value.hex()
    return repr(value) if isinstance(value, float) else str(value)


def _written(query: Query) -> str:
    """The query with SQLite's numbered parameters."""
    return query.numbered(sign="?")
