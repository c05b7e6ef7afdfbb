"""XLSX, in constant memory: each row goes to a temporary file, beside the one that is written,
before the next one comes.

A sheet has 1,048,576 rows, the head among them: what is more goes on in further sheets, each with
the head. A spreadsheet keeps numbers as binary floats, which hold 15 digits: a number with more is
written as text, so that no digit of it is lost. Texts are texts, whatever they begin with. A cell
holds 32,767 characters: a longer text is cut, says so at its end, and a last sheet counts them.
"""

from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime
from decimal import Decimal
from math import isfinite
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, BinaryIO

import xlsxwriter
from xlsxwriter.exceptions import FileCreateError
from xlsxwriter.format import Format as CellFormat
from xlsxwriter.worksheet import Worksheet

from horarium.exports.json_lines import float_text
from horarium.exports.selection import Column, Kind, Row, Selection

SHEET_ROWS = 1_048_576
"""Rows of a sheet, its head included."""

CELL_CHARACTERS = 32_767
DIGITS = 15
"""Significant digits that a binary float keeps, whatever they are."""

_FIRST_DATE = date(1900, 3, 1)
"""Before it, Excel counts a day that never was."""

_WIDTHS = {Kind.TEXT: 20, Kind.INTEGER: 12, Kind.DECIMAL: 14, Kind.DATE: 12, Kind.INSTANT: 20}
_FORMATS = {
    Kind.INTEGER: {"num_format": "0"},
    Kind.DATE: {"num_format": "yyyy-mm-dd"},
    Kind.INSTANT: {"num_format": "yyyy-mm-dd hh:mm:ss"},
}

Write = Callable[[Worksheet, int, int, Any], object]


class WorkbookWriter:
    """Writes rows as a workbook; `close` writes the file."""

    def __init__(self, selection: Selection, sink: BinaryIO, *, rows: int = SHEET_ROWS) -> None:
        self._folder = TemporaryDirectory(prefix=".horarium-", dir=_beside(sink))
        self._sink = _Sink(sink)
        options = {"constant_memory": True, "tmpdir": self._folder.name}
        self._book = xlsxwriter.Workbook(self._sink, options)
        self._book.use_zip64()
        self._book.set_properties({"title": f"{selection.report} {selection.span}"})
        self._columns = selection.columns
        self._name = selection.report
        self._rows = rows
        self._note = selection.note
        self._bold = self._book.add_format({"bold": True, "bottom": 1})
        self._formats = {kind: self._book.add_format(how) for kind, how in _FORMATS.items()}
        self._decimals: dict[int, CellFormat] = {}
        self._writes = [self._write_of(column) for column in self._columns]
        self._sheets = 0
        self._cut = 0
        self._sheet = self._new_sheet()

    def write(self, rows: Iterable[Row]) -> None:
        """Write rows."""
        for row in rows:
            if self._at == self._rows:
                self._sheet = self._new_sheet()
            for number, (write, value) in enumerate(zip(self._writes, row, strict=True)):
                if value is not None:
                    write(self._sheet, self._at, number, value)
            self._at += 1

    def close(self) -> None:
        """Write the file."""
        if self._cut:
            notes = self._book.add_worksheet("Notes")
            cells = "1 text was" if self._cut == 1 else f"{self._cut:,} texts were"
            text = (
                f"{cells} longer than a cell, which holds {CELL_CHARACTERS:,} characters, and cut"
            )
            notes.write_string(0, 0, text)
        try:
            self._book.close()
        except FileCreateError as error:
            # It wraps a full disk's error, which others know how to tell of.
            raise OSError(*error.args[0].args) from None
        self.discard()

    def discard(self) -> None:
        """Remove what stood between the rows and the file, and write nothing any more."""
        self._sink.is_open = False
        self._folder.cleanup()

    def _new_sheet(self) -> Worksheet:
        self._sheets += 1
        name = _sheet_name(self._name, self._sheets)
        sheet = self._book.add_worksheet(name)
        for number, column in enumerate(self._columns):
            sheet.set_column(number, number, _WIDTHS.get(column.kind, 10))
        sheet.freeze_panes(1, 0)
        for number, column in enumerate(self._columns):
            sheet.write_string(0, number, column.name[:CELL_CHARACTERS], self._bold)
        self._at = 1
        return sheet

    def _write_of(self, column: Column) -> Write:
        match column.kind:
            case Kind.INTEGER | Kind.DECIMAL:
                return self._write_number
            case Kind.FLOAT:
                return self._write_float
            case Kind.DATE | Kind.INSTANT | Kind.LOCAL_TIME:
                return self._write_time
            case Kind.BOOLEAN:
                return lambda sheet, row, at, value: sheet.write_boolean(row, at, value)
        return self._write_text

    def _write_text(self, sheet: Worksheet, row: int, at: int, value: Any) -> None:
        text = str(value)
        if len(text.encode("utf-16-le")) > 2 * CELL_CHARACTERS:
            text, self._cut = _cut(text), self._cut + 1
        sheet.write_string(row, at, text)

    def _write_number(self, sheet: Worksheet, row: int, at: int, value: Any) -> None:
        if not isinstance(value, Decimal):
            if len(str(abs(value))) > DIGITS:
                sheet.write_string(row, at, str(value))
            else:
                sheet.write_number(row, at, value, self._formats[Kind.INTEGER])
            return
        if not value.is_finite() or _digits(value) > DIGITS:
            sheet.write_string(row, at, format(value, "f"))
            return
        sheet.write_number(row, at, float(value), self._decimal_format(value))

    def _write_float(self, sheet: Worksheet, row: int, at: int, value: Any) -> None:
        if isfinite(value):
            sheet.write_number(row, at, value)
        else:
            sheet.write_string(row, at, float_text(value))

    def _write_time(self, sheet: Worksheet, row: int, at: int, value: Any) -> None:
        if isinstance(value, datetime):
            local = value if value.tzinfo is None else value.astimezone(UTC).replace(tzinfo=None)
            kind, day = Kind.INSTANT, local.date()
        else:
            local, kind, day = value, Kind.DATE, value
        if day < _FIRST_DATE:
            sheet.write_string(row, at, value.isoformat())
        else:
            sheet.write_datetime(row, at, local, self._formats[kind])

    def _decimal_format(self, value: Decimal) -> CellFormat:
        """The format that shows as many decimals as the value has, at least two."""
        exponent = value.as_tuple().exponent
        places = max(2, -exponent) if isinstance(exponent, int) else 2
        if places not in self._decimals:
            self._decimals[places] = self._book.add_format({"num_format": "0." + "0" * places})
        return self._decimals[places]


class _Sink:
    """The file, until the workbook is written or given up.

    A ZIP that is given up, on a full disk say, still writes its end when it is forgotten: to a file
    that has been closed, where nobody can take the error.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.is_open = True

    def write(self, data: bytes) -> int:
        return self._file.write(data) if self.is_open else len(data)

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._file.seek(offset, whence) if self.is_open else offset

    def tell(self) -> int:
        return self._file.tell() if self.is_open else 0

    def flush(self) -> None:
        if self.is_open:
            self._file.flush()


def _beside(sink: BinaryIO) -> Path | None:
    """The folder of the file, where there has to be room anyway; none where it is no file of a
    folder. What is written before the file is ten times as large."""
    name = getattr(sink, "name", None)
    if isinstance(name, str | Path) and Path(name).is_file():
        return Path(name).parent
    return None


def _digits(value: Decimal) -> int:
    """The significant digits of a number as it is written without an exponent."""
    _, digits, exponent = value.as_tuple()
    return max(len(digits), len(digits) + int(exponent), -int(exponent))


def _cut(text: str) -> str:
    mark = f"… [cut: {len(text):,} characters]"
    room = 2 * (CELL_CHARACTERS - len(mark))
    return text.encode("utf-16-le")[:room].decode("utf-16-le", "ignore") + mark


def _sheet_name(report: str, number: int) -> str:
    """A name that Excel takes: 31 characters, none of them reserved."""
    plain = "".join("_" if c in "[]:*?/\\'" else c for c in report)[:24] or "rows"
    return plain if number == 1 else f"{plain} {number}"
