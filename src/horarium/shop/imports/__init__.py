"""Orders from files, all or nothing, as often as wanted.

A file is read as a stream: `source` gives its physical lines, `records` its CSV records, a
`mapping` the values of each order line, `lines` blocks of them. They go to PostgreSQL by COPY into
a temporary table; `merge` then compares whole sets with what is there, and touches only what
differs. All of it is one transaction, so an import that is killed leaves nothing, and one that is
repeated changes nothing.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec

from horarium.database import Connection
from horarium.shop.imports.columns import column_map
from horarium.shop.imports.lines import Lines, OrderLines, Progress
from horarium.shop.imports.mapping import MAPPINGS, VALUES, Mapping, mapping_named
from horarium.shop.imports.merge import Counts, merge, prepare_stage
from horarium.shop.imports.olist import OLIST, OlistFiles
from horarium.shop.imports.rejects import BadLine, BadLines, Rejects
from horarium.shop.imports.source import Source
from horarium.shop.money import currency_code
from horarium.shop.profiles import known_zone
from horarium.zones import zone_info

__all__ = [
    "MAPPINGS",
    "BadLine",
    "BadLines",
    "Counts",
    "Imported",
    "Mapping",
    "Progress",
    "column_map",
    "import_orders",
]


class Imported(msgspec.Struct, frozen=True):
    """What a file held (`lines` kept, `bad` ones left out), and what that changed."""

    lines: int
    bad: int
    orders: int
    users: int
    products: int
    added: Counts
    changed: Counts
    unchanged: Counts
    first: datetime | None
    last: datetime | None
    """The times of the earliest and of the latest order in the file."""


async def import_orders(
    connection: Connection,
    path: Path,
    *,
    mapping: str | Mapping = "uci",
    zone: str = "Europe/London",
    currency: str = "GBP",
    skip_bad: Path | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> Imported:
    """Keep the orders of a file: new ones are added, those that differ altered, others left alone.

    Products that are counted (`stock` is not null) and users with names are the shop's own: the
    file adds orders to them but does not alter them.

    Args:
        connection: the import is part of its transaction, or one of its own if there is none.
        path: a CSV file, plain or compressed with gzip or xz.
        mapping: the file's format: one of `MAPPINGS`, an own one (`column_map`), or `olist`, where
            the file is that of the orders and those of items and customers lie beside it.
        zone: the zone of the file's local times.
        currency: the money of the file's prices.
        skip_bad: a file for the lines that cannot be read (CSV: line, column, reason, the line's
            fields); the others are then kept. It is replaced when it exists.
        progress: called after each block of lines and before each later stage.

    Raises:
        BadLines: some lines cannot be read, and `skip_bad` is not given; or the header cannot.
        InvalidInput: the file as a whole, or an argument, cannot be used. Nothing was kept.
    """
    local = zone_info(known_zone("zone", zone))
    currency = currency_code("currency", currency)
    report = progress or _nobody
    rejects = Rejects(path, skip_bad)
    with _opened(path, mapping, local, rejects) as lines, rejects:
        async with connection.transaction():
            await prepare_stage(connection)
            await _copy(connection, lines, report)
            if rejects.forbids:
                raise rejects.refusal()
            merged = await merge(connection, currency, lambda step: report(lines.progress(step)))
    there, added, changed = merged.there, merged.added, merged.changed
    return Imported(
        lines=lines.kept,
        bad=rejects.total,
        orders=there.orders,
        users=there.users,
        products=there.products,
        added=added,
        changed=changed,
        unchanged=Counts(
            there.orders - added.orders - changed.orders,
            there.users - added.users - changed.users,
            there.products - added.products - changed.products,
        ),
        first=merged.first,
        last=merged.last,
    )


@contextmanager
def _opened(
    path: Path, mapping: str | Mapping, zone: ZoneInfo, rejects: Rejects
) -> Iterator[Lines]:
    if mapping == OLIST:
        with OlistFiles(path, zone, rejects) as files:
            yield files
        return
    chosen = mapping if isinstance(mapping, Mapping) else mapping_named(mapping)
    with Source(path) as source:
        yield OrderLines(source, chosen, zone, rejects)


async def _copy(connection: Connection, lines: Lines, report: Callable[[Progress], None]) -> None:
    await connection.copy_to_table(
        "import_lines",
        source=lines.blocks(report),
        columns=[*VALUES, "position"],
        schema_name="pg_temp",
        format="csv",
    )


def _nobody(_: Progress) -> None:
    """Progress is told to nobody."""
