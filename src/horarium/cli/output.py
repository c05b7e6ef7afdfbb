"""What commands print: tables for people on a terminal, JSON for programs."""

import sys
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import msgspec
from rich.console import Console
from rich.measure import Measurement
from rich.table import Table

_WIDTH_OF_A_PIPE = 160
_UNBOUND = 100_000


def console(width: int = _WIDTH_OF_A_PIPE) -> Console:
    """Standard output; a pipe gets plain text that is not folded at 80 columns."""
    return Console(highlight=False, width=None if sys.stdout.isatty() else width)


def print_json(value: Any) -> None:
    """One JSON document."""
    sys.stdout.write(msgspec.json.format(msgspec.json.encode(value), indent=2).decode() + "\n")


def print_table(
    title: str | None, columns: Sequence[str], rows: Iterable[Sequence[Any]], empty: str
) -> None:
    """A table, or a sentence where there are no rows. Columns named ``>x`` are flushed right.

    On a terminal that is too narrow for it, each row is told line by line: ids stay whole.
    """
    cells = [[cell(value) for value in row] for row in rows]
    if not cells:
        console().print(empty, markup=False)
        return
    table = Table(title=title, title_justify="left", header_style="bold", box=None, pad_edge=False)
    for column in columns:
        right = column.startswith(">")
        table.add_column(column.removeprefix(">"), justify="right" if right else "left")
    for row in cells:
        table.add_row(*row)
    # With a height: else Rich takes a dumb terminal for 80 columns, whatever it is told.
    unbound = Console(width=_UNBOUND, height=1)
    needs = Measurement.get(unbound, unbound.options, table)
    if not sys.stdout.isatty():
        console(max(needs.maximum, _WIDTH_OF_A_PIPE)).print(table)
    elif needs.minimum <= console().width:
        console().print(table)
    else:
        _print_records(title, [column.removeprefix(">") for column in columns], cells)


def _print_records(
    title: str | None, columns: Sequence[str], rows: Sequence[Sequence[str]]
) -> None:
    """The rows one after another, without what is empty in them."""
    out = console()
    if title is not None:
        out.print(title, style="italic", markup=False)
    widest = max(map(len, columns))
    for first, *others in rows:
        out.print(f"[bold]{first}[/]")
        for column, value in zip(columns[1:], others, strict=True):
            if value not in ("", "-"):
                out.print(f"  [dim]{column:<{widest}}[/]  {value}")


def cell(value: Any) -> str:
    """A value as it stands in a table."""
    if value is None:
        return "-"
    if isinstance(value, datetime):
        return value.astimezone().strftime("%Y-%m-%d %H:%M:%S")
    return str(value).replace("[", r"\[")
