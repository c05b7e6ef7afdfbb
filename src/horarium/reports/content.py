"""What a report holds: its columns, and its rows as a stream, whatever it is made by.

A stream reads with a server cursor, in constant memory, from one snapshot: in a transaction of the
caller's, which should then be REPEATABLE READ, or else in one of its own.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from datetime import date
from itertools import groupby
from typing import Any

import asyncpg
import msgspec

from horarium.database import Connection, statement
from horarium.errors import InvalidInput, NotFound
from horarium.reports.column import PERIOD, Column, Kind, quoted
from horarium.reports.definition import ORDER_REPORT, Definition, name_of
from horarium.reports.period import Period

ORDER_COLUMNS = (
    Column("order_id", "text"),
    Column("count_product", "integer"),
    Column("total_amount", "numeric"),
    Column("currency", "text"),
    Column("by_hand", "boolean"),
)
"""The columns of the order report's rows."""

_AT_ONCE = 2000
_WRONG_VALUES = (asyncpg.DataError, asyncpg.CannotCoerceError)


class Days(msgspec.Struct, frozen=True):
    """The periods whose first day is from `first` to `last`, both included."""

    first: date
    last: date


async def columns(connection: Connection, report: str | Definition) -> tuple[Column, ...]:
    """The columns of the rows that `stream_rows` gives: the period's first, then the report's.

    They are those of the newest period; before there is one, those that the definition declares.
    The period is a `date`, for reports of every hour the `timestamptz` that it starts at.

    Raises:
        NotFound: nothing was built of this report, and it declares no columns.
    """
    name = name_of(report)
    return (Column(PERIOD, await _kind_of_period(connection, report)),
            *await own_columns(connection, name, report))  # fmt: skip


async def own_columns(
    connection: Connection, name: str, report: str | Definition
) -> tuple[Column, ...]:
    """The columns without the period's."""
    if name == ORDER_REPORT.name:
        return ORDER_COLUMNS
    kept = await connection.fetchval(statement(__package__, "newest_columns"), name)
    if kept is not None:
        return decoded(kept)
    if isinstance(report, Definition) and report.columns is not None:
        return report.columns
    raise NotFound(f"no period of the report {name} was built yet")


async def stream_rows(
    connection: Connection, report: str | Definition, over: Period | Days
) -> AsyncIterator[tuple[Any, ...]]:
    """The rows of one period, or of all periods that were built in a range of days, oldest first.

    Each is a tuple of Python's types in the order of `columns`: `numeric` is a `Decimal`, `jsonb`
    its text. A period that was built with other columns, before the report was changed, gives those
    of the same name: one that it did not have is null.

    Raises:
        NotFound: the one period was never built, or nothing was.
        InvalidInput: a former period's values are not of the type that the column has now.
    """
    async with AsyncExitStack() as stack:
        if not connection.is_in_transaction():
            await stack.enter_async_context(
                connection.transaction(isolation="repeatable_read", readonly=True)
            )
        name = name_of(report)
        if name == ORDER_REPORT.name:
            rows = _order_rows(connection, over)
        else:
            rows = _report_rows(connection, name, report, over)
        async for row in rows:
            yield row


async def _order_rows(
    connection: Connection, over: Period | Days
) -> AsyncIterator[tuple[Any, ...]]:
    first, last = (over.day, over.day) if isinstance(over, Period) else (over.first, over.last)
    if isinstance(over, Period):
        await _required(connection, ORDER_REPORT.name, over)
    text = statement(__package__, "stream_orders")
    async for row in connection.cursor(text, first, last, prefetch=_AT_ONCE):
        yield tuple(row)


async def _report_rows(
    connection: Connection, name: str, report: str | Definition, over: Period | Days
) -> AsyncIterator[tuple[Any, ...]]:
    wanted = await own_columns(connection, name, report)
    day = await _kind_of_period(connection, report) == "date"
    for kept, periods in groupby(await _periods(connection, name, over), key=_columns_of):
        spans = list(periods)
        chosen = ", ".join(selected(wanted, decoded(kept)))
        query = statement(__package__, "stream_rows").replace(
            "/* columns */", f"{'p.day' if day else 'p.starts_at'} as {PERIOD}, {chosen}"
        )
        # Only names and types of checked columns are put in; values never are.
        cursor = connection.cursor(
            query, name, spans[0]["starts_at"], spans[-1]["starts_at"], prefetch=_AT_ONCE
        )
        try:
            async for row in cursor:
                yield tuple(row)
        except _WRONG_VALUES as error:
            raise InvalidInput(
                "range",
                f"the report {name} of {spans[0]['day']} was built with other columns, and its "
                f"values do not fit those of now ({error}); build those periods again",
            ) from error


def selected(wanted: Sequence[Column], kept: Sequence[Column], cells: str = "r.cells") -> list[str]:
    """The wanted columns as expressions over the cells of rows that were kept with others."""
    places = {column.name: place for place, column in enumerate(kept, 1)}
    return [
        f"{_cell(cells, places.get(each.name))}::{_read_as(each.type)} as {quoted(each.name)}"
        for each in wanted
    ]


def decoded(kept: bytes) -> tuple[Column, ...]:
    """Columns as the database keeps them."""
    return msgspec.json.decode(kept, type=tuple[Column, ...])


def _cell(cells: str, place: int | None) -> str:
    return "null" if place is None else f"{cells}[{place}]"


def _read_as(kind: Kind) -> str:
    return "text" if kind == "jsonb" else kind


def _columns_of(row: Any) -> bytes:
    return bytes(row["columns"])


async def _periods(connection: Connection, name: str, over: Period | Days) -> Sequence[Any]:
    if isinstance(over, Period):
        return [await _required(connection, name, over)]
    found: Sequence[Any] = await connection.fetch(
        statement(__package__, "periods_between"), name, over.first, over.last
    )
    return found


async def _required(connection: Connection, name: str, period: Period) -> Any:
    row = await connection.fetchrow(
        statement(__package__, "period_columns"), name, period.starts_at
    )
    if row is None:
        raise NotFound(f"the report {name} of {period.label} was never built")
    return row


async def _kind_of_period(connection: Connection, report: str | Definition) -> Kind:
    if isinstance(report, Definition):
        return "timestamptz" if report.every == "hour" else "date"
    hourly = await connection.fetchval(statement(__package__, "is_hourly"), report)
    return "timestamptz" if hourly else "date"
