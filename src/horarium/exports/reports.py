"""What can be exported of a report by its name: the order report, or one of any definition."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from itertools import groupby
from typing import Any

from horarium import reports
from horarium.database import Connection, statement
from horarium.errors import InvalidInput, NotFound
from horarium.exports.orders import COLUMNS as ORDER_COLUMNS
from horarium.exports.orders import order_chart, order_query
from horarium.exports.selection import Chart, Column, Kind, Query, Selection
from horarium.reports import ORDER_REPORT, Definition
from horarium.reports.column import Kind as CellKind
from horarium.reports.column import quoted
from horarium.reports.content import decoded

_KINDS: dict[CellKind, Kind] = {
    "boolean": Kind.BOOLEAN,
    "integer": Kind.INTEGER,
    "bigint": Kind.INTEGER,
    "numeric": Kind.DECIMAL,
    "double precision": Kind.FLOAT,
    "date": Kind.DATE,
    "timestamp": Kind.LOCAL_TIME,
    "timestamptz": Kind.INSTANT,
}
"""Kinds of cells that are not written as the text that they are kept as."""

MOST_CHARTED = 400


async def select(
    connection: Connection,
    report: str | Definition = ORDER_REPORT,
    first: date | None = None,
    last: date | None = None,
) -> Selection:
    """The rows of a report's periods from one day to another, both included.

    Args:
        report: its definition, or its name.
        first, last: first days of periods; not given, the oldest and the newest that was built.

    Raises:
        InvalidInput: the last day is before the first.
        NotFound: no period between them was built.
    """
    if first is not None and last is not None and last < first:
        raise InvalidInput("to", f"{last} is before {first}, where the export begins")
    name = report.name if isinstance(report, Definition) else report
    built = await connection.fetchrow(statement(__package__, "built_days"), name, first, last)
    if not built["periods"]:
        raise NotFound(_none_built(name, first, last))
    first, last = first or built["first"], last or built["last"]
    columns, queries, chart = await _content(connection, report, name, first, last)
    return Selection(
        report=name,
        columns=columns,
        queries=queries,
        first=first,
        last=last,
        rows=built["rows"],
        version=built["version"],
        note=_note(built["periods"], built["provisional"], f"{built['checked_at']:%Y-%m-%d %H:%M}"),
        chart=chart,
    )


async def _content(
    connection: Connection, report: str | Definition, name: str, first: date, last: date
) -> tuple[tuple[Column, ...], tuple[Query, ...], Chart | None]:
    if name == ORDER_REPORT.name:
        chart = await order_chart(connection, first, last)
        return ORDER_COLUMNS, (order_query(first, last),), chart
    columns = await reports.columns(connection, report)
    periods = await connection.fetch(statement(__package__, "built_periods"), name, first, last)
    shown = tuple(Column(each.name, _KINDS.get(each.type, Kind.TEXT)) for each in columns)
    queries = _queries(name, columns, periods)
    return shown, queries, _rows_chart(periods)


def _queries(
    name: str, columns: Sequence[reports.Column], periods: Sequence[Any]
) -> tuple[Query, ...]:
    """A query for each run of periods that were built with the same columns."""
    queries = []
    for kept, run in groupby(periods, key=lambda row: bytes(row["columns"])):
        spans = list(run)
        starts = (spans[0]["starts_at"], spans[-1]["starts_at"])
        queries.append(Query(_rows_query(columns, decoded(kept)), (name, *starts)))
    return tuple(queries)


def _rows_query(columns: Sequence[reports.Column], kept: Sequence[reports.Column]) -> str:
    places = {column.name: place for place, column in enumerate(kept, 1)}
    period, *own = columns
    start = "p.starts_at" if period.type == "timestamptz" else "p.day"
    values = [f"{start} as {quoted(period.name)}"]
    for column in own:
        place = places.get(column.name)
        cell = "null::text" if place is None else f"r.cells[{place}]"
        cast = f"::{column.type}" if column.type in _KINDS else ""
        values.append(f"{cell}{cast} as {quoted(column.name)}")
    # Only names and types of checked columns are put in; values never are.
    return statement(__package__, "report_rows").replace("/* columns */", ", ".join(values))


def _rows_chart(periods: Sequence[Any]) -> Chart | None:
    newest = periods[-MOST_CHARTED:]
    bars = tuple((str(row["day"]), Decimal(row["row_count"])) for row in newest)
    return Chart("Rows of each period", "rows", bars) if len(bars) > 1 else None


def _note(periods: int, provisional: int, checked_at: str) -> str:
    built = "1 period" if periods == 1 else f"{periods:,} periods"
    still_open = f", {provisional} not over yet" if provisional else ""
    return f"{built}{still_open}; last checked {checked_at} UTC"


def _none_built(name: str, first: date | None, last: date | None) -> str:
    parts = (f"from {first}" if first else "", f"to {last}" if last else "")
    span = " ".join(part for part in parts if part)
    return f"nothing of the report {name[:100]} was built{f' {span}' if span else ''} yet"
