"""Parquet, by pyarrow (the extra `parquet`): a row group for each so many rows, Zstandard inside.

Money is `decimal128`, with as many decimals as its column has at most and 38 digits in all, or
`decimal256` where 38 are not enough: no digit is lost. Instants are microseconds in UTC.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, BinaryIO

from horarium.errors import InvalidInput
from horarium.exports.selection import Column, Kind, Query, Row, Selection

GROUP = 100_000
"""Rows of a row group, and so those that are held at once."""


class ParquetWriter:
    """Writes rows as a Parquet file; `close` writes its end.

    Args:
        digits: of each decimal column: the most digits before the point, and after it.
    """

    def __init__(
        self, selection: Selection, sink: BinaryIO, digits: Mapping[str, tuple[int, int]]
    ) -> None:
        import pyarrow
        from pyarrow import parquet

        fields = [
            pyarrow.field(each.name, _type(pyarrow, each, digits.get(each.name)))
            for each in selection.columns
        ]
        note = {"report": selection.report, "days": selection.span, "note": selection.note}
        self._schema = pyarrow.schema(fields, metadata=note)
        self._pyarrow = pyarrow
        self._writer = parquet.ParquetWriter(sink, self._schema, compression="zstd")
        self._batches: list[Any] = []
        self._held = 0

    def write(self, rows: Iterable[Row]) -> None:
        """Write rows."""
        columns = list(zip(*rows, strict=True))
        if not columns:
            return
        arrays = [
            self._pyarrow.array(values, type=field.type)
            for values, field in zip(columns, self._schema, strict=True)
        ]
        batch = self._pyarrow.record_batch(arrays, schema=self._schema)
        self._batches.append(batch)
        self._held += batch.num_rows
        if self._held >= GROUP:
            self._flush()

    def close(self) -> None:
        """Write the rest, and the file's end."""
        self._flush()
        self._writer.close()

    def _flush(self) -> None:
        if self._batches:
            self._writer.write_table(self._pyarrow.Table.from_batches(self._batches))
        self._batches, self._held = [], 0


def digits_query(selection: Selection, query: Query) -> str | None:
    """The query that gives the most digits of each decimal column; none where there is none.

    Two values a column: digits before the point, and after it. What is no number is counted apart,
    as the last value.
    """
    decimals = [each for each in selection.columns if each.kind is Kind.DECIMAL]
    if not decimals:
        return None
    parts, odd = [], []
    for column in decimals:
        name = '"' + column.name.replace('"', '""') + '"'
        odd.append(f"{name} in ('NaN', 'Infinity', '-Infinity')")
        parts += [
            f"max(case when {odd[-1]} then 1 else length(trunc(abs({name}))::text) end)",
            f"max(scale({name}))",
        ]
    parts.append(f"count(*) filter (where {' or '.join(odd)})")
    return f"select {', '.join(parts)} from {query.inner}"  # noqa: S608 - names are quoted


def digits_of(selection: Selection, rows: Sequence[Row]) -> dict[str, tuple[int, int]]:
    """The digits of each decimal column, from the rows of `digits_query`.

    Raises:
        InvalidInput: a column has what no decimal of Parquet can be.
    """
    *counts, odd = (max(each or 0 for each in column) for column in zip(*rows, strict=True))
    if odd:
        raise InvalidInput("format", "parquet has no decimals that are NaN or infinite; take csv")
    names = [each.name for each in selection.columns if each.kind is Kind.DECIMAL]
    pairs = zip(counts[::2], counts[1::2], strict=True)
    found = ((max(whole, 1), after) for whole, after in pairs)
    return dict(zip(names, found, strict=True))


def _type(pyarrow: Any, column: Column, digits: tuple[int, int] | None) -> Any:
    match column.kind:
        case Kind.INTEGER:
            return pyarrow.int64()
        case Kind.FLOAT:
            return pyarrow.float64()
        case Kind.DATE:
            return pyarrow.date32()
        case Kind.LOCAL_TIME:
            return pyarrow.timestamp("us")
        case Kind.INSTANT:
            return pyarrow.timestamp("us", tz="UTC")
        case Kind.BOOLEAN:
            return pyarrow.bool_()
        case Kind.DECIMAL:
            whole, after = digits or (1, 2)
            return _decimal(pyarrow, column.name, whole, max(after, 2))
    return pyarrow.string()


def _decimal(pyarrow: Any, name: str, whole: int, after: int) -> Any:
    if whole + after <= 38:
        return pyarrow.decimal128(38, after)
    if whole + after <= 76:
        return pyarrow.decimal256(76, after)
    reason = f"{name} has {whole + after} digits, and a decimal of Parquet has 76; take csv"
    raise InvalidInput("format", reason)
