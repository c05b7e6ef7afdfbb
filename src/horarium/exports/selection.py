"""What is exported: typed columns, and the queries that give their rows in order.

A selection is a value. Its queries run one after the other under one snapshot, and its rows are
never kept: they pass in batches (`batches`), or PostgreSQL writes them itself (`delimited`).
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any, NamedTuple

import msgspec

from horarium.database import Connection

BATCH = 2000
"""Rows that are held at once."""

Row = Sequence[Any]


class Kind(StrEnum):
    """What a column holds."""

    TEXT = "text"
    INTEGER = "integer"
    DECIMAL = "decimal"
    FLOAT = "float"
    DATE = "date"
    LOCAL_TIME = "local time"
    INSTANT = "instant"
    BOOLEAN = "boolean"


class Column(msgspec.Struct, frozen=True):
    """A column of the queries.

    Attributes:
        name: as the queries call it, and as the export's head does.
        kind: of its values. A local time is a date and time without a zone, an instant has one.
        harmless: its texts cannot be taken for formulas, so that nobody has to look.
    """

    name: str
    kind: Kind = Kind.TEXT
    harmless: bool = False


class Query(NamedTuple):
    """A query, and its arguments."""

    text: str
    arguments: tuple[Any, ...]

    @property
    def inner(self) -> str:
        """The query as it stands inside another one."""
        return f"(\n{self.text.rstrip().rstrip(';')}\n) as selected"


class Chart(msgspec.Struct, frozen=True):
    """The bars of a chart: a label and a value each; `unit` says of what."""

    title: str
    unit: str
    bars: tuple[tuple[str, Decimal], ...]


class Selection(msgspec.Struct, frozen=True, kw_only=True):
    """Rows of a report.

    Attributes:
        report: the report's name, which file names begin with.
        columns: those of each query, in its order.
        queries: one, or one after the other; each ends with an `order by`.
        first, last: the days that the rows are of, both included.
        rows: how many there are, as the built periods say; for progress and estimates.
        version: tells this state of the rows from every other.
        note: how fresh the rows are, in a sentence.
        chart: for formats that show one.
    """

    report: str
    columns: tuple[Column, ...]
    queries: tuple[Query, ...]
    first: date
    last: date
    rows: int
    version: str
    note: str = ""
    chart: Chart | None = None

    @property
    def span(self) -> str:
        """Its days, as file names have them."""
        return f"{self.first}" if self.first == self.last else f"{self.first}-{self.last}"


SESSION: Mapping[str, str] = {
    "default_transaction_read_only": "on",
    "TimeZone": "UTC",
    "DateStyle": "ISO, YMD",
    "extra_float_digits": "1",
}
"""Server settings of a connection that exports: it writes nothing, and values have one text."""


async def batches(
    connection: Connection, selection: Selection, size: int = BATCH
) -> AsyncIterator[list[Row]]:
    """The rows, so many at a time; on a connection in a transaction, whose snapshot they are of."""
    for query in selection.queries:
        cursor = await connection.cursor(query.text, *query.arguments)
        while rows := await cursor.fetch(size):
            yield rows
