"""From the staged lines to the shop's tables: whole sets at a time, and only what differs."""

from collections.abc import Callable
from datetime import datetime

import msgspec

from horarium.database import Connection, statement

_STAGES = ("import_lines", "import_orders", "import_items", "import_changed", "import_touched")


class Counts(msgspec.Struct, frozen=True):
    """A number of orders, users and products."""

    orders: int
    users: int
    products: int


class Merged(msgspec.Struct, frozen=True):
    """What the staged lines hold, and what became of it."""

    there: Counts
    added: Counts
    changed: Counts
    first: datetime | None
    last: datetime | None


async def prepare_stage(connection: Connection) -> None:
    """Make an empty place for lines; imports of other transactions wait for this one's end."""
    await _run(connection, "lock_imports")
    await connection.execute(f"drop table if exists {', '.join(f'pg_temp.{t}' for t in _STAGES)}")
    await connection.execute("set local work_mem = '64MB'")
    await _run(connection, "stage_lines")


async def merge(connection: Connection, currency: str, step: Callable[[str], None]) -> Merged:
    """Bring the shop's tables to what the staged lines say. Names each step before it."""
    step("comparing")
    await _stage(connection, currency)
    step("storing orders")
    users = await _run(connection, "add_users")
    products = await _run(connection, "add_products", currency)
    await _run(connection, "merge_orders", currency)
    await _run(connection, "remove_items")
    step("storing lines")
    await _run(connection, "add_items")
    step("naming products")
    await _run(connection, "stage_touched")
    described = await _altered(connection, "describe_products")
    located = await _altered(connection, "locate_users")
    found = await connection.fetchrow(statement(__package__, "count_staged"))
    if found["orders_added"] or found["orders_changed"]:
        # Reports are built at once after an import, sooner than autovacuum would count the rows.
        await connection.execute("analyze shop.orders, shop.order_items, shop.products")
        await _run(connection, "note_empty_days", found["first"], found["last"])
    return Merged(
        there=Counts(found["orders"], found["users"], found["products"]),
        added=Counts(found["orders_added"], users, products),
        changed=Counts(found["orders_changed"], located, described),
        first=found["first"],
        last=found["last"],
    )


async def _stage(connection: Connection, currency: str) -> None:
    await connection.execute("analyze pg_temp.import_lines")
    await _run(connection, "stage_orders")
    await _run(connection, "stage_items")
    await connection.execute("analyze pg_temp.import_orders, pg_temp.import_items")
    await _run(connection, "stage_changed", currency)
    await connection.execute("analyze pg_temp.import_changed")


async def _run(connection: Connection, name: str, *arguments: object) -> int:
    """Run a statement; the number of rows it took."""
    status = await connection.execute(statement(__package__, name), *arguments)
    return int(number) if (number := status.split()[-1]).isdigit() else 0


async def _altered(connection: Connection, name: str) -> int:
    """Run an update; the number of rows that it altered and that were there before."""
    rows = await connection.fetch(statement(__package__, name))
    return sum(row["was_there"] for row in rows)
