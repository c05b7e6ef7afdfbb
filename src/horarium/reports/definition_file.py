"""Definitions in files: a query with a small header, in a folder of `.sql` files.

    -- name: daily_sales
    -- every: day
    -- zone: Europe/London
    -- source: shop
    -- columns: day date, invoices bigint, value numeric(10,2)
    -- key: day
    -- check: row count over 0
    -- check: sum of value equals
    --   select sum(total) from invoice where invoice_date >= :start and invoice_date < :end
    select …

The header is the comment lines that the file begins with. A line that is indented further goes on
with the one before it. Without a name the report is called as its file. What is wrong is refused
when the application is made, with file, line and reason.
"""

import difflib
import re
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

from horarium.errors import InvalidInput
from horarium.reports.check import check_of
from horarium.reports.definition import Definition, defined
from horarium.reports.period import period_of
from horarium.reports.query import query_of

MOST_BYTES = 1_000_000
_FIELDS = (
    "name",
    "every",
    "zone",
    "source",
    "columns",
    "key",
    "check",
    "timeout",
    "reads",
    "ready_by",
)
_LINE = re.compile(r"--\s?([A-Za-z_]+)\s*:(?!:)\s*(.*)")
_MORE = re.compile(r"--\s{2,}(\S.*)")
_SOME_DAY = date(2026, 1, 1)


class Entry(NamedTuple):
    """A field of a header, and its line."""

    field: str
    value: str
    line: int


def read_folder(folder: Path) -> list[Definition]:
    """The definitions of a folder's `.sql` files, by file name.

    Raises:
        InvalidInput: a file cannot be used; the field is its name and line.
    """
    try:
        files = sorted(path for path in folder.iterdir() if path.suffix == ".sql")
    except OSError as error:
        raise InvalidInput(str(folder), f"the folder cannot be read: {error}") from None
    return [read_file(path) for path in files]


def read_file(path: Path) -> Definition:
    """The definition that a file holds.

    Raises:
        InvalidInput: it cannot be used; the field is its name and line.
    """
    try:
        if path.stat().st_size > MOST_BYTES:
            raise InvalidInput(str(path), f"a report's file has {MOST_BYTES:,} bytes at most")
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(str(path), f"the file cannot be read: {error}") from None
    entries = _header(path, text)
    values: dict[str, Any] = {entry.field: entry.value for entry in entries}
    values.pop("check", None)
    values["checks"] = [entry.value for entry in entries if entry.field == "check"]
    try:
        if "timeout" in values:
            values["timeout"] = _seconds(values["timeout"])
        name = values.pop("name", path.stem)
        definition = defined(name, lambda _period: text, place=f"{path}", **values)
        query_of(text, period_of(_SOME_DAY, definition.every))
    except InvalidInput as error:
        raise InvalidInput(f"{path}:{_line_of(error.field, entries, text)}", str(error)) from None
    return definition


def _header(path: Path, text: str) -> list[Entry]:
    entries = list[Entry]()
    for number, line in enumerate(text.removeprefix("\ufeff").splitlines(), 1):
        if not line.startswith("--"):
            break
        if entries and (more := _MORE.fullmatch(line)):
            last = entries[-1]
            entries[-1] = last._replace(value=f"{last.value}\n{more[1]}".strip())
            continue
        entries.append(_entry(path, line, number, [entry.field for entry in entries]))
    if not entries:
        raise InvalidInput(
            f"{path}:1", "a report's file begins with a header, such as '-- every: day'"
        )
    return entries


def _entry(path: Path, line: str, number: int, seen: list[str]) -> Entry:
    found = _LINE.fullmatch(line)
    field = found[1].lower() if found else ""
    if found is None or field not in _FIELDS:
        near = difflib.get_close_matches(field, _FIELDS, n=1)
        hint = f"did you mean {near[0]}?" if near else "put other comments after an empty line"
        raise InvalidInput(
            f"{path}:{number}", f"{line[:60]!r} is none of {', '.join(_FIELDS)}; {hint}"
        )
    if field in seen and field != "check":
        raise InvalidInput(f"{path}:{number}", f"{field} is given twice")
    if not found[2].strip() and field != "check":
        raise InvalidInput(f"{path}:{number}", f"{field} is empty")
    return Entry(field, found[2].strip(), number)


def _line_of(field: str, entries: list[Entry], text: str) -> int:
    """The line that an error is about; the query's first, where it is no field's."""
    for entry in entries:
        if entry.field == field and (field != "check" or not _is_check(entry.value)):
            return entry.line
    if field == "query":
        return next(
            (n for n, line in enumerate(text.splitlines(), 1) if not line.startswith("--")), 1
        )
    return 1


def _is_check(text: str) -> bool:
    try:
        check_of(text)
    except InvalidInput:
        return False
    return True


def _seconds(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise InvalidInput("timeout", f"{text!r} is no number of seconds") from None
