"""`horarium report export`: rows of a report into a file, or to standard output."""

import secrets
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO, Literal, get_args

from cyclopts import Parameter
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from horarium.cli import reports
from horarium.cli.options import FirstDay, Flag, LastDay
from horarium.cli.output import print_json
from horarium.errors import InvalidInput

if TYPE_CHECKING:
    from horarium.application import Horarium
    from horarium.exports import CsvStyle, Format

FormatName = Literal["csv", "jsonl", "xlsx", "parquet", "pdf"]
FORMATS: tuple[str, ...] = get_args(FormatName)


@reports.app.command(name="export")
def export_report(
    name: str = "orders",
    *,
    first: FirstDay = None,
    last: LastDay = None,
    format: FormatName | None = None,
    output: Annotated[Path, Parameter(name=["--output", "-o"], allow_leading_hyphen=True)],
    bom: bool = True,
    delimiter: Literal["comma", "semicolon", "tab"] = "comma",
    decimal: Literal["point", "comma"] = "point",
    formulas: Literal["text", "raw"] = "text",
    json: Flag = False,
) -> None:
    """Write rows of a report to a file, which appears when it is complete, or not at all.

    Parameters
    ----------
    name
        The report.
    first
        The first day; without it the oldest that was built.
    last
        The last day, included; without it the newest that was built.
    format
        What is written; without it by the file's ending.
    output
        The file, or - for standard output.
    bom
        csv: begin with the mark by which Excel knows UTF-8.
    delimiter
        csv: what stands between values.
    decimal
        csv: the sign before decimals.
    formulas
        csv: text puts an apostrophe before texts that a spreadsheet would compute, raw does not.
    json
        Print what was written as JSON, to standard error where the rows go to standard output.
    """
    from horarium.cli.opening import work
    from horarium.exports import CsvStyle, Format

    if str(output).startswith("-") and str(output) != "-":
        raise InvalidInput("--output", f"{output} is no file; one of that name is ./{output}")
    chosen = Format(_format(format, output))
    style = CsvStyle(bom=bom, delimiter=delimiter, decimal=decimal, formulas=formulas)

    async def act(a: "Horarium") -> int:
        await a.require_ready()
        return await _export(a, name, first, last, chosen, style, output)

    rows = work(act)
    _tell(rows, output, json=json)


async def _export(
    app: "Horarium",
    name: str,
    first: date | None,
    last: date | None,
    format: "Format",
    style: "CsvStyle",
    output: Path,
) -> int:
    from horarium.exports import SESSION, check, fill

    async with app.database.connection() as connection:
        selection = await app.exports.select(connection, name, first, last)
    check(format, style)
    connection = await app.database.connect("horarium export", SESSION)
    try:
        with _sink(output) as file, _bar(name, selection.rows) as tell:
            return await fill(connection, selection, format, style, file, tell)
    finally:
        connection.terminate()


@contextmanager
def _sink(output: Path) -> Iterator[BinaryIO]:
    from horarium.exports import written

    if str(output) == "-":
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    part = output.with_name(f".{output.name[:200]}.{secrets.token_hex(4)}.part")
    try:
        with written(part, output) as file:
            yield file
    except OSError as error:
        raise InvalidInput("--output", f"{output} cannot be written: {error.strerror}") from error


@contextmanager
def _bar(name: str, total: int) -> Iterator[Callable[[int], None]]:
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("rows"),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        transient=True,
    ) as bar:
        shown = bar.add_task(name, total=total)

        def tell(rows: int) -> None:
            bar.update(shown, completed=min(rows, total))

        yield tell


def _format(format: str | None, output: Path) -> str:
    found = format or output.suffix.removeprefix(".").lower()
    if found not in FORMATS:
        reason = f"the ending of {output} says no format; it takes one of: {', '.join(FORMATS)}"
        raise InvalidInput("--format", reason)
    return found


def _tell(rows: int, output: Path, *, json: bool) -> None:
    to_stdout = str(output) == "-"
    if json and not to_stdout:
        print_json({"rows": rows, "file": str(output), "size": output.stat().st_size})
        return
    if json:
        sys.stderr.write(f'{{"rows": {rows}}}\n')
        return
    words = "1 row" if rows == 1 else f"{rows:,} rows"
    Console(stderr=to_stdout, highlight=False, soft_wrap=True).print(
        f"{words} written to {'standard output' if to_stdout else output}.", markup=False
    )
