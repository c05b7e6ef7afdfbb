"""What the bytes of a CSV file have to be; PostgreSQL, which writes them, is held to it."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, BinaryIO

from horarium.exports.delimited import defused, head, quoted
from horarium.exports.format import CsvStyle
from horarium.exports.json_lines import float_text
from horarium.exports.selection import Column, Row, Selection


class DelimitedWriter:
    """Writes rows as CSV, one value after the other."""

    def __init__(self, selection: Selection, style: CsvStyle, sink: BinaryIO) -> None:
        self._columns = selection.columns
        self._style = style
        self._sink = sink
        sink.write(head(selection.columns, style))

    def write(self, rows: Iterable[Row]) -> None:
        """Write rows."""
        self._sink.write("".join(self._lines(rows)).encode())

    def _lines(self, rows: Iterable[Row]) -> Iterator[str]:
        columns, style = self._columns, self._style
        for row in rows:
            values = (
                "" if value is None else quoted(_text(column, value, style), style)
                for column, value in zip(columns, row, strict=True)
            )
            yield style.sign.join(values) + "\n"


def _text(column: Column, value: Any, style: CsvStyle) -> str:
    if isinstance(value, str):
        return value if column.harmless else defused(value, style)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        text = format(value, "f")
        return text.replace(".", ",") if style.decimal == "comma" else text
    if isinstance(value, float):
        text = float_text(value)
        return text.replace(".", ",") if style.decimal == "comma" else text
    if isinstance(value, datetime):
        zone = "" if value.tzinfo is None else "Z"
        at = value if value.tzinfo is None else value.astimezone(UTC)
        text = at.replace(tzinfo=None).isoformat(" ")
        return (text.rstrip("0") if at.microsecond else text) + zone
    return str(value)
