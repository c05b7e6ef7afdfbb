"""JSON lines: an object a row, on a line of its own.

Decimals are texts, so that no reader makes floats of them; integers are numbers, dates ISO,
instants RFC 3339 in UTC. Texts are as they are: nothing is computed from JSON.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal
from math import isfinite
from typing import Any, BinaryIO

import msgspec

from horarium.exports.selection import Kind, Row, Selection


class JsonLinesWriter:
    """Writes rows as JSON lines."""

    def __init__(self, selection: Selection, sink: BinaryIO) -> None:
        self._names = [column.name for column in selection.columns]
        self._instants = [
            number for number, each in enumerate(selection.columns) if each.kind is Kind.INSTANT
        ]
        self._sink = sink
        self._encoder = msgspec.json.Encoder()

    def write(self, rows: Iterable[Row]) -> None:
        """Write rows."""
        self._sink.write(self._encoder.encode_lines([self._object(row) for row in rows]))

    def close(self) -> None:
        """Nothing is left to be written."""

    def _object(self, row: Row) -> dict[str, Any]:
        values = {name: plain(value) for name, value in zip(self._names, row, strict=True)}
        for number in self._instants:
            at = row[number]
            if isinstance(at, datetime):
                values[self._names[number]] = at.astimezone(UTC)
        return values


def plain(value: Any) -> Any:
    """A value as JSON has it; what is no number there is a text."""
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, float) and not isfinite(value):
        return float_text(value)
    return value


def float_text(value: float) -> str:
    """A float as PostgreSQL writes it: the shortest text that reads back the same.

    Of two such texts PostgreSQL and Python may choose different ones, from 2**53 on.
    """
    if value != value or value in (_INFINITE, -_INFINITE):
        return {_INFINITE: "Infinity", -_INFINITE: "-Infinity"}.get(value, "NaN")
    text = repr(value)
    if "e" in text:
        return text
    whole, _, decimals = text.removesuffix(".0").partition(".")
    digits = whole.removeprefix("-")
    if len(digits) < _FIXED:
        return text.removesuffix(".0")
    sign = "-" if value < 0 else ""
    rest = (digits[1:] + decimals).rstrip("0")
    return f"{sign}{digits[0]}{'.' if rest else ''}{rest}e+{len(digits) - 1}"


_INFINITE = float("inf")
_FIXED = 16
"""Digits before the point from which PostgreSQL writes an exponent; Python begins one later."""
