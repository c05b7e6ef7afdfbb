"""`horarium import`: orders from files."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar

from horarium.cli.output import console, print_json
from horarium.errors import InvalidInput

if TYPE_CHECKING:
    from horarium.application import Horarium
    from horarium.shop import Imported, Progress

FORMATS = {"uci": "Europe/London", "olist-reviews": "America/Sao_Paulo"}
"""The formats, and the zone that each is written in unless told otherwise."""


def add(app: App) -> None:
    """Add this command."""
    app.command(import_file, name="import")


def import_file(
    file: Path,
    *,
    format: Annotated[str, Parameter(name="--format")] = "uci",
    zone: str | None = None,
    currency: str = "GBP",
    skip_bad: Path | None = None,
    json: Annotated[bool, Parameter(negative="")] = False,
) -> None:
    """Import orders, or reviews, from a CSV file (plain, .gz or .xz).

    All of the file is imported or nothing; importing it twice changes nothing.

    Parameters
    ----------
    file
        The file.
    format
        How its columns are named: uci (UCI Online Retail), olist-reviews (Olist's reviews).
    zone
        The zone that its times are written in; else Europe/London, for Olist America/Sao_Paulo.
    currency
        The currency that its prices are in.
    skip_bad
        Import the rest where lines are malformed, and write those to this file.
    json
        Print JSON.
    """
    from horarium.cli.opening import work

    if format not in FORMATS:
        raise InvalidInput("--format", f"{format!r} is none of: {', '.join(FORMATS)}")
    zone = zone or FORMATS[format]
    if format == "olist-reviews":
        from horarium.cli.review_import import import_review_file

        import_review_file(file, zone=zone, skip_bad=skip_bad, json=json)
        return
    with Bar(
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TextColumn("{task.fields[lines]:,} lines"),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        transient=True,
    ) as bar:
        shown = bar.add_task(file.name, total=None, lines=0)

        def progress(now: "Progress") -> None:
            bar.update(shown, completed=now.bytes_read, total=now.bytes_total, lines=now.lines)

        async def act(a: "Horarium") -> "Imported":
            await a.require_ready()
            async with a.transaction() as connection:
                return await import_orders(
                    connection, file, mapping="uci", zone=zone, currency=currency,
                    skip_bad=skip_bad, progress=progress,
                )  # fmt: skip

        from horarium.shop import import_orders

        done = work(act)
    if json:
        print_json(done)
        return
    out = console()
    out.print(f"{done.lines:,} lines read, {done.bad:,} of them left out as malformed.")
