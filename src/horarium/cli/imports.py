"""`horarium import`: orders from files."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from cyclopts import App
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar

from horarium.cli.options import Json
from horarium.cli.output import console, print_json
from horarium.database import Connection
from horarium.errors import InvalidInput
from horarium.settings import Settings

if TYPE_CHECKING:
    from horarium.application import Horarium
    from horarium.shop import Imported, Progress

FormatName = Literal["uci", "olist", "olist-reviews"]
FORMATS: Mapping[FormatName, tuple[str, str]] = {
    "uci": ("Europe/London", "GBP"),
    "olist": ("America/Sao_Paulo", "BRL"),
    "olist-reviews": ("America/Sao_Paulo", "BRL"),
}
"""The formats, and the zone and currency that each is written in unless told otherwise."""


def add(app: App) -> None:
    """Add this command."""
    app.command(import_file, name="import")


def import_file(
    file: Path,
    *,
    format: FormatName | None = None,
    columns: Path | None = None,
    zone: str | None = None,
    currency: str | None = None,
    skip_bad: Path | None = None,
    json: Json = False,
) -> None:
    """Import orders, or reviews, from a CSV file (plain, .gz or .xz).

    All of the file is imported or nothing; importing it twice changes nothing.

    Parameters
    ----------
    file
        The file.
    format
        How its columns are named: uci (UCI Online Retail, the default), olist (Olist's orders, with
        the items and customers beside them), olist-reviews (Olist's reviews).
    columns
        A TOML file that says what the columns of another file of order lines mean.
    zone
        The zone that its times are written in; else Europe/London, for Olist America/Sao_Paulo,
        with --columns the shop's.
    currency
        The currency that its prices are in; else GBP, for Olist BRL, with --columns the shop's.
    skip_bad
        Import the rest where lines are malformed, and write those to this file.
    """
    from horarium.cli.opening import work

    if columns is not None and format is not None:
        raise InvalidInput("--columns", "it says what --format would; give one of them")
    format = format or "uci"
    if format == "olist-reviews":
        from horarium.cli.review_import import import_review_file

        import_review_file(file, zone=zone or FORMATS[format][0], skip_bad=skip_bad, json=json)
        return
    said = Console(stderr=True)
    from horarium.shop import column_map, import_orders, profile

    mapping = format if columns is None else column_map(columns)
    with Bar(
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TextColumn("{task.fields[lines]:,} lines"),
        TimeElapsedColumn(),
        console=said,
        transient=True,
        disable=not said.is_terminal,
    ) as bar:
        shown = bar.add_task(file.name, total=None, lines=0)

        def progress(now: "Progress") -> None:
            bar.update(shown, completed=now.bytes_read, total=now.bytes_total, lines=now.lines)

        async def act(a: "Horarium") -> "Imported":
            await a.require_ready()
            async with a.transaction() as connection:
                usual = FORMATS[format]
                if columns is not None:
                    kept = await profile(connection)
                    usual = (await a.zone(), kept.currency if kept else usual[1])
                await _take_the_files_currency(a, connection, currency or usual[1])
                return await import_orders(
                    connection, file, mapping=mapping, zone=zone or usual[0],
                    currency=currency or usual[1], skip_bad=skip_bad, progress=progress,
                )  # fmt: skip

        done = work(act)
    if json:
        print_json(done)
        return
    out = console()
    out.print(f"{done.lines + done.bad:,} lines read, {done.bad:,} of them left out as malformed.")
    added, changed = done.added, done.changed
    out.print(
        f"{done.orders:,} orders: {added.orders:,} added, {changed.orders:,} changed, "
        f"{done.unchanged.orders:,} as they were."
    )


async def _take_the_files_currency(a: "Horarium", connection: Connection, currency: str) -> None:
    """Have the reports count the file's money in an empty shop whose currency nobody has chosen.

    Otherwise a shop of pounds would be reported on in euros, of which it has none.
    """
    from horarium.shop import profile, settle_profile
    from horarium.shop.money import currency_code

    currency_code("--currency", currency)
    settled = await profile(connection)
    if settled is None or settled.currency == currency:
        return
    empty = not await connection.fetchval("select exists (select from shop.orders)")
    is_default = a.settings.sources.get("currency") == "default"
    if empty and is_default and settled.currency == Settings().currency:
        await settle_profile(connection, settled.zone, currency)
        return
    Console(stderr=True, highlight=False).print(
        f"The file's money is {currency}, and the reports count {settled.currency} first; "
        f"HORARIUM_CURRENCY={currency} and `horarium migrate` would change that.",
        markup=False,
    )
