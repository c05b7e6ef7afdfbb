"""Sources: other databases that reports read, named in the settings and only ever read.

A report's query runs there in one read-only transaction, with one snapshot for the rows and for
what its checks compare them with, under the report's timeout, and with the report's zone as the
session's: a `timestamp` without a zone is local time of the report. The rows cross in PostgreSQL's
binary form, as they come; none is looked at here.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any, Protocol

import asyncpg

from horarium.addresses import mask
from horarium.database import Connection, prepare
from horarium.errors import NotFound, Unavailable
from horarium.reports import sqlite_source
from horarium.reports.column import Column, quoted
from horarium.reports.query import Query

STEADY_TEXTS = {
    "datestyle": "ISO, YMD",
    "intervalstyle": "postgres",
    "bytea_output": "hex",
    "extra_float_digits": "1",
    "standard_conforming_strings": "on",
}
"""Settings under which a value has one text."""

FLOATS = ("float4", "float8")
CONNECT = 15.0
"""Seconds that a source has to answer."""
_PARTS = 16


class Source(Protocol):
    """A database that a report reads, inside one transaction that cannot write."""

    async def describe(self, query: Query) -> list[tuple[str, str]]:
        """The names and types of the query's columns."""

    async def fill(
        self, into: Connection, table: str, query: Query, columns: Sequence[Column],
        expressions: Sequence[str],
    ) -> None:  # fmt: skip
        """Copy the query's rows into a table of the session `into`, in their order."""

    async def number(self, query: Query, decimals: int | None) -> Decimal | None:
        """The one number that a query gives; a float is rounded to so many decimals."""


class PostgresSource:
    """A PostgreSQL database, inside one read-only transaction.

    Args:
        name: as in the settings.
        connection: in the transaction.
        zone: of the report.
    """

    def __init__(self, name: str, connection: Connection, zone: str) -> None:
        self._name = name
        self._connection = connection
        self._zone = zone

    async def describe(self, query: Query) -> list[tuple[str, str]]:
        """The names and types of the query's columns."""
        prepared = await self._connection.prepare(f"select * from (\n{query.numbered()}\n) q")
        return [(each.name, each.type.name) for each in prepared.get_attributes()]

    async def fill(
        self, into: Connection, table: str, query: Query, columns: Sequence[Column],
        expressions: Sequence[str],
    ) -> None:  # fmt: skip
        """Copy the query's rows into a table of the session `into`, in their order."""
        text = f"select {', '.join(expressions)} from (\n{await self._written(query)}\n) q"
        parts: asyncio.Queue[bytes | None] = asyncio.Queue(_PARTS)

        async def read() -> None:
            await self._connection.copy_from_query(text, output=parts.put, format="binary")
            await parts.put(None)

        async def write() -> None:
            names = [column.name for column in columns]
            await into.copy_to_table(
                table, schema_name="pg_temp", columns=names, source=_until_none(parts),
                format="binary",
            )  # fmt: skip

        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(read())
                group.create_task(write())
        except* (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as errors:
            raise _first(errors) from None

    async def number(self, query: Query, decimals: int | None) -> Decimal | None:
        """The one number that a query gives; a float is rounded to so many decimals."""
        types = [kind for _, kind in await self.describe(query)]
        number = number_of(await self._written(query), types, decimals)
        found: Decimal | None = await self._connection.fetchval(f"select {number}")
        return found

    async def _written(self, query: Query) -> str:
        prepared = await self._connection.prepare(f"select * from (\n{query.numbered()}\n) q")
        types = [each.name for each in prepared.get_parameters()]
        return query.with_literals(types, self._zone)


@asynccontextmanager
async def opened(
    sources: Mapping[str, str], name: str, zone: str, timeout: float
) -> AsyncIterator[Source]:
    """A source, in a read-only transaction that sees one moment of it.

    Raises:
        NotFound: the settings name no such source.
        Unavailable: it does not answer, or refuses; the message names it, masked.
    """
    url = sources.get(name)
    if url is None:
        raise NotFound(missing(name, sources))
    if url.startswith(f"{sqlite_source.SCHEME}:"):
        async with sqlite_source.opened(name, url, zone, timeout) as file:
            yield file
        return
    settings = {
        **STEADY_TEXTS,
        "application_name": "horarium report",
        "default_transaction_read_only": "on",
        "statement_timeout": str(max(1, round(timeout * 1000))),
        "TimeZone": zone,
    }
    try:
        connection = await asyncpg.connect(url, timeout=CONNECT, server_settings=settings)
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, ValueError) as error:
        # What asyncpg says of an address that it cannot read may be a piece of the password.
        is_told = str(error) and type(error) is not ValueError
        raise Unavailable(
            f"the source {name} at {mask(url)} cannot be used: "
            f"{error if is_told else type(error).__name__}"
        ) from error
    try:
        await prepare(connection)
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            yield PostgresSource(name, connection, zone)
    finally:
        # What a cancelled build left unread is not waited for.
        connection.terminate()


def missing(name: str, sources: Mapping[str, str]) -> str:
    """What is said where the settings do not name a source."""
    known = f"; there is {', '.join(sorted(sources))}" if sources else ""
    return (
        f"the settings name no source {name!r}{known}: set HORARIUM_SOURCE_{name.upper()}, or "
        f"{name} under [sources] in horarium.toml, to its address"
    )


async def _until_none(parts: asyncio.Queue[bytes | None]) -> AsyncIterator[bytes]:
    while (part := await parts.get()) is not None:
        yield part


def _first(errors: BaseExceptionGroup[Any]) -> BaseException:
    """The error that came first: the others are its echoes."""
    first = errors.exceptions[0]
    return _first(first) if isinstance(first, BaseExceptionGroup) else first


def select_list(columns: Sequence[Column], types: Mapping[str, str]) -> list[str]:
    """A query's columns as what they were declared, and of the types that rows cross with."""
    return [_expression(column, types[column.name]) for column in columns]


def number_of(text: str, types: Sequence[str], decimals: int | None) -> str:
    """The one number that a query gives, in SQL.

    Args:
        types: of its columns.
        decimals: to which a float, which does not add up exactly, is rounded.
    """
    number = f"(\n{text}\n)::numeric"
    if decimals is None or types[0] not in FLOATS:
        return number
    return f"round({number}, {decimals})"


def _expression(column: Column, type_name: str) -> str:
    name = f"q.{quoted(column.name)}"
    if type_name in FLOATS and column.type == "numeric":
        # Through its shortest text: 0.99 that was stored as a float is 0.99 again.
        name += "::text"
    elif type_name == "float4":
        name += "::text"
    return f"({name})::{column.sql}"
