"""Staging: a report's query is asked, and its rows stand in a temporary table `rows`.

Whatever the source, the rows are the query's at one instant, and so are the numbers that checks
compare them with. A query of Horarium's own database runs inside the build's transaction, in a
savepoint that is read-only, so that it cannot write whatever it calls: PostgreSQL lets a read-only
transaction fill temporary tables only.
"""

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime
from decimal import Decimal
from typing import Any

import asyncpg
import msgspec

from horarium.database import Connection, statement
from horarium.errors import HorariumError, InvalidInput, Unavailable
from horarium.outage import TRANSIENT
from horarium.reports import sources as other
from horarium.reports.check import Check
from horarium.reports.column import Column, checked, kind_of, quoted
from horarium.reports.definition import Definition
from horarium.reports.period import Period
from horarium.reports.query import Query, bound, bounds, parsed, query_of
from horarium.reports.sqlite_source import SqliteSource

TABLE = "rows"
POSITION = "horarium_position"


class Unbuildable(HorariumError):
    """A report's query or rows cannot be used as they are; trying again changes nothing."""


class Staged(msgspec.Struct, frozen=True):
    """Rows that stand in the temporary table.

    Attributes:
        columns: what they have, with the key's marked.
        at: when they were so.
        numbers: what each check's query gave where the rows come from.
    """

    columns: tuple[Column, ...]
    at: datetime
    numbers: Mapping[Check, Decimal | None]


async def stage(
    connection: Connection,
    definition: Definition,
    period: Period,
    sources: Mapping[str, str],
    now: datetime | None = None,
) -> Staged:
    """Ask a report's query for a period, and put its rows into `rows`.

    Raises:
        Unbuildable: the query is wrong, writes, or gives columns that cannot be used.
        Unavailable: its source does not answer.
    """
    with explained(definition, "its query"):
        query, compared = _queries(definition, period)
        if definition.source is None:
            return await _from_here(connection, definition, period, query, compared, now)
        async with other.opened(
            sources, definition.source, period.zone, definition.timeout
        ) as source:
            return await _from_source(connection, source, definition, query, compared, now)


@contextmanager
def explained(definition: Definition, what: str) -> Iterator[None]:
    """Say what PostgreSQL's errors mean for a report whose query is asked in a block.

    Raises:
        Unbuildable: asking again gives the same error.
        Unavailable: it may not.
    """
    place = f" ({definition.place})" if definition.place else ""
    where = f"the report {definition.name}{place}: {what}"
    try:
        yield
    except InvalidInput as error:
        raise Unbuildable(f"{where} cannot be used: {error}") from error
    except asyncpg.QueryCanceledError as error:
        raise Unavailable(
            f"{where} took longer than {definition.timeout:g} seconds (timeout)"
        ) from error
    except asyncpg.ReadOnlySQLTransactionError as error:
        raise Unbuildable(f"{where} writes, and a report only reads: {error}") from error
    except TRANSIENT as error:
        if definition.source is None or isinstance(error, Unavailable):
            raise
        raise Unavailable(f"the source {definition.source} went away: {error}") from error
    except asyncpg.PostgresError as error:
        raise Unbuildable(f"{where} is refused by PostgreSQL; it may only read: {error}") from error


def _queries(definition: Definition, period: Period) -> tuple[Query, dict[Check, Query]]:
    if definition.query is None:
        raise InvalidInput("query", "it has none")
    answer = definition.query(period)
    query = query_of(answer, period)
    more = answer[1] if isinstance(answer, tuple) else {}
    values = {**bounds(period), **{str(name): value for name, value in more.items()}}
    compared = {
        check: parsed(check.query, values)
        for check in definition.checks
        if check.of != "truth" and check.query is not None
    }
    return query, compared


async def _from_here(
    connection: Connection,
    definition: Definition,
    period: Period,
    query: Query,
    compared: Mapping[Check, Query],
    now: datetime | None,
) -> Staged:
    prepared = await connection.prepare(f"select * from (\n{query.numbered()}\n) q")
    described = [(each.name, each.type.name) for each in prepared.get_attributes()]
    columns = _columns(definition, described)
    await _make_table(connection, columns)
    text, values = await _filling(connection, period, query, compared, columns, dict(described))
    async with reading_only(connection, period.zone, definition.timeout):
        row = await connection.fetchrow(text, *values)
    return Staged(columns, now or row[0], dict(zip(compared, row[1:], strict=True)))


async def _filling(
    connection: Connection,
    period: Period,
    query: Query,
    compared: Mapping[Check, Query],
    columns: Sequence[Column],
    types: Mapping[str, str],
) -> tuple[str, list[Any]]:
    """One statement, and so one snapshot: the rows, and the numbers they are compared with."""
    values = list[Any]()
    text, _ = await _numbered(connection, query, period, values)
    given = ["statement_timestamp()"]
    for check, each in compared.items():
        number, kinds = await _numbered(connection, each, period, values)
        given.append(other.number_of(number, kinds, _decimals(check, columns)))
    names = ", ".join(quoted(column.name) for column in columns)
    chosen = ", ".join(other.select_list(columns, types))
    return (
        f"with filled as (insert into pg_temp.{TABLE} ({names}) select {chosen} from ("
        f"\n{text}\n) q) select {', '.join(given)}"
    ), values


async def _numbered(
    connection: Connection, query: Query, period: Period, values: list[Any]
) -> tuple[str, list[str]]:
    """The query's text, its parameters counted on from `values`, which gets theirs; its types."""
    prepared = await connection.prepare(f"select * from (\n{query.numbered()}\n) q")
    text = query.numbered(len(values))
    values += bound(query, [kind.name for kind in prepared.get_parameters()], period.zone)
    return text, [attribute.type.name for attribute in prepared.get_attributes()]


async def _from_source(
    connection: Connection,
    source: other.Source,
    definition: Definition,
    query: Query,
    compared: Mapping[Check, Query],
    now: datetime | None,
) -> Staged:
    at = now or await connection.fetchval("select statement_timestamp()")
    described = await source.describe(query)
    if definition.columns is None and isinstance(source, SqliteSource):
        raise InvalidInput("columns", "SQLite's columns have no types that hold: declare them")
    columns = _columns(definition, described)
    await _make_table(connection, columns)
    expressions = other.select_list(columns, dict(described))
    await source.fill(connection, TABLE, query, columns, expressions)
    numbers = {
        check: await source.number(each, _decimals(check, columns))
        for check, each in compared.items()
    }
    return Staged(columns, at, numbers)


def _decimals(check: Check, columns: Sequence[Column]) -> int | None:
    """To how many decimals the column is declared whose sum a check compares, if it is."""
    return next((column.scale for column in columns if column.name == check.column), None)


@asynccontextmanager
async def reading_only(connection: Connection, zone: str, timeout: float) -> AsyncIterator[None]:
    """Let nothing be written but temporary tables, in the report's zone, for the time of a block.

    The release of the savepoint ends the ban; the settings are put back.
    """
    former = await connection.fetchrow(statement(__package__, "former_settings"))
    async with connection.transaction():
        milliseconds = str(max(1, round(timeout * 1000)))
        await connection.execute(statement(__package__, "read_only"), zone, milliseconds)
        yield
        await connection.execute(statement(__package__, "put_back"), *former)


def _columns(definition: Definition, described: Sequence[tuple[str, str]]) -> tuple[Column, ...]:
    """The columns of the query, as declared where they are."""
    names = [name for name, _ in described]
    if definition.columns is None:
        found = checked([Column(name, kind_of(kind)) for name, kind in described])
    else:
        checked([Column(name, "text") for name in names])
        found = definition.columns
        declared = [column.name for column in found]
        for name in declared:
            if name not in names:
                raise InvalidInput(
                    "columns", f"{name!r} is declared, and the query has: {', '.join(names)}"
                )
        for name in names:
            if name not in declared:
                raise InvalidInput("columns", f"the query has {name!r}, which is not declared")
    known = [column.name for column in found]
    for name in definition.key:
        if name not in known:
            raise InvalidInput("key", f"there is no column {name!r}; there is {', '.join(known)}")
    return tuple(
        msgspec.structs.replace(column, key=column.name in definition.key) for column in found
    )


async def _make_table(connection: Connection, columns: Sequence[Column]) -> None:
    # Only names and types of checked columns are put in.
    listed = ", ".join(f"{quoted(column.name)} {column.sql}" for column in columns)
    await connection.execute(f"drop table if exists pg_temp.{TABLE}")
    await connection.execute(
        f"create temporary table {TABLE} ({listed}, {POSITION} bigint generated always as identity)"
        " on commit drop"
    )
