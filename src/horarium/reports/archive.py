"""What was reported: pages of the current rows of a period."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from horarium.database import Connection, as_struct, statement
from horarium.errors import InvalidInput, NotFound
from horarium.reports.column import Column
from horarium.reports.content import ORDER_COLUMNS, decoded, selected
from horarium.reports.definition import ORDER_REPORT
from horarium.reports.revision import BuiltPeriod
from horarium.shop.cursors import limits, read, written

Row = dict[str, Any]
"""A row as it is shown: values by the names of its columns."""


class PeriodRows(msgspec.Struct, frozen=True, kw_only=True):
    """A page of a period's rows, with what they are and how fresh.

    Attributes:
        total: the rows of all pages.
        next: the cursor of the rows after these; none after the last.
    """

    period: BuiltPeriod
    columns: tuple[Column, ...]
    items: list[Row]
    total: int
    next: str | None


async def period_rows(
    connection: Connection,
    report: str,
    starts_at: datetime,
    *,
    page: int = 1,
    count: int = 100,
    cursor: str | None = None,
) -> PeriodRows:
    """A page of the current rows of a period, in their order.

    Raises:
        NotFound: it was never built.
        InvalidInput: there is no such page, or the cursor is none of these rows.
    """
    limit, offset = limits(page, count, cursor)
    row = await _built(connection, report, starts_at)
    found = as_struct(BuiltPeriod, row)
    columns = columns_of(report, row["columns"])
    if report == ORDER_REPORT.name:
        after: Any = read(cursor, tuple[str])[0] if cursor is not None else None
        query, of = statement(__package__, "page_of_orders"), found.day
    else:
        after = read(cursor, tuple[int])[0] if cursor is not None else None
        query, of = statement(__package__, "page_of_rows"), starts_at
    chosen = ", ".join(selected(columns, columns))
    query = query.replace("/* columns */", chosen)
    rows = await connection.fetch(query, report, of, after, limit, offset)
    following = written(rows[count - 1]["horarium_place"]) if len(rows) > count else None
    return PeriodRows(
        period=found,
        columns=columns,
        items=[shown(each, columns) for each in rows[:count]],
        total=found.row_count,
        next=following,
    )


def shown(row: Mapping[str, Any], columns: Sequence[Column], prefix: str = "") -> Row:
    """A row as it is shown: exact, and as JSON where it is a document."""
    return {each.name: _value(row[prefix + each.name], each) for each in columns}


def _value(value: Any, column: Column) -> Any:
    if column.type == "jsonb" and value is not None:
        return msgspec.Raw(value.encode())
    return value


async def _built(connection: Connection, report: str, starts_at: datetime) -> Any:
    row = await connection.fetchrow(statement(__package__, "one_period"), report, starts_at)
    if row is None:
        raise never_built(report, starts_at)
    return row


def columns_of(report: str, kept: bytes | None) -> tuple[Column, ...]:
    """The columns of rows that were kept with these."""
    if report == ORDER_REPORT.name:
        return ORDER_COLUMNS
    if kept is None:
        raise InvalidInput("name", f"the report {report} has no rows here")
    return decoded(kept)


def never_built(report: str, starts_at: datetime) -> NotFound:
    """What is raised where a period has nothing."""
    return NotFound(
        f"the report {report} of the period from {starts_at:%Y-%m-%dT%H:%M:%SZ} was never built"
    )
