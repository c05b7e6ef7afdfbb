"""The formats of exports, and what each of them needs. Pure."""

from enum import StrEnum
from importlib.util import find_spec
from typing import Literal

import msgspec

from horarium.errors import HorariumError, InvalidInput

Delimiter = Literal["comma", "semicolon", "tab"]


class Format(StrEnum):
    """In which form rows are exported."""

    CSV = "csv"
    JSONL = "jsonl"
    XLSX = "xlsx"
    PARQUET = "parquet"
    PDF = "pdf"

    @property
    def streams(self) -> bool:
        """Whether it is written from its first byte to its last, so that it can be sent at once."""
        return self in (Format.CSV, Format.JSONL)


MEDIA_TYPES = {
    Format.CSV: "text/csv",
    Format.JSONL: "application/jsonl",
    Format.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    Format.PARQUET: "application/vnd.apache.parquet",
    Format.PDF: "application/pdf",
}

AT_ONCE = {Format.XLSX: 20_000, Format.PARQUET: 200_000, Format.PDF: 5_000}
"""Rows that are written within about a second; more are a job."""

_NEEDED = {Format.PARQUET: ("pyarrow", "parquet")}


class MissingExtra(HorariumError):
    """A package that this needs is not installed here."""


class CsvStyle(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a CSV is written.

    Attributes:
        bom: begin with the mark by which Excel knows UTF-8.
        delimiter: between values: comma, semicolon or tab.
        decimal: the sign before decimals: point or comma; a comma needs another delimiter.
        formulas: "text" puts an apostrophe before texts that a spreadsheet would compute; "raw"
            leaves them as they are.
    """

    bom: bool = True
    delimiter: Delimiter = "comma"
    decimal: Literal["point", "comma"] = "point"
    formulas: Literal["text", "raw"] = "text"

    @property
    def sign(self) -> str:
        """The delimiter itself."""
        return {"comma": ",", "semicolon": ";", "tab": "\t"}[self.delimiter]


DEFAULT_STYLE = CsvStyle()


def check(format: Format, style: CsvStyle) -> None:
    """Refuse what cannot be exported.

    Raises:
        InvalidInput: the style contradicts itself or the format.
        MissingExtra: the format needs a package that is not installed.
    """
    if style != DEFAULT_STYLE and format is not Format.CSV:
        raise InvalidInput(
            "format", f"bom, delimiter, decimal and formulas are of csv, not {format}"
        )
    if style.decimal == "comma" and style.delimiter == "comma":
        reason = "a comma before decimals needs another delimiter: semicolon or tab"
        raise InvalidInput("decimal", reason)
    package, extra = _NEEDED.get(format, (None, None))
    if package is not None and find_spec(package) is None:
        raise MissingExtra(
            f"{format} needs a package that is not installed here: pip install 'horarium[{extra}]'"
        )
