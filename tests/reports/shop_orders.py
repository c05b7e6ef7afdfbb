"""Orders for the tests of reports, and builds of their day, each in a transaction of its own."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from horarium.database import Connection
from horarium.reports import Period, Revision, build, period_of
from horarium.shop import settle_profile

DAY = date(2026, 3, 2)
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
LATER = datetime(2026, 3, 3, 0, 5, tzinfo=UTC)

Line = tuple[str, int, str]
"""Product, quantity, price."""


async def settle(connection: Connection, zone: str = "UTC", currency: str = "EUR") -> None:
    await settle_profile(connection, zone, currency)


async def place(
    connection: Connection,
    order: str,
    *lines: Line,
    at: datetime = NOON,
    kind: str = "sale",
    currency: str = "EUR",
) -> None:
    async with connection.transaction():
        await connection.execute(
            "insert into shop.orders (id, kind, currency, placed_at) values ($1, $2, $3, $4)",
            *(order, kind, currency, at),
        )
        for number, (product, quantity, price) in enumerate(lines, 1):
            await connection.execute(
                "insert into shop.products (id, name, currency) values ($1, $1, $2)"
                " on conflict do nothing",
                *(product, currency),
            )
            await connection.execute(
                "insert into shop.order_items (order_id, line, product_id, quantity, price)"
                " values ($1, $2, $3, $4, $5)",
                *(order, number, product, quantity, Decimal(price)),
            )


async def build_day(
    connection: Connection, day: date = DAY, zone: str = "UTC", **how: Any
) -> Revision:
    return await build_period(connection, period_of(day, "day", zone), **how)


async def build_period(connection: Connection, period: Period, **how: Any) -> Revision:
    async with connection.transaction():
        return await build(connection, "orders", period, **{"reason": "schedule", **how})


async def reported(connection: Connection, day: date = DAY) -> dict[str, tuple[int, Decimal]]:
    """What the table says of a day: lines and amount of each order."""
    rows = await connection.fetch(
        "select order_id, count_product, total_amount from shop.reports where report_at = $1", day
    )
    return {row["order_id"]: (row["count_product"], row["total_amount"]) for row in rows}


async def row_ids(connection: Connection) -> dict[str, int]:
    rows = await connection.fetch("select order_id, id from shop.reports")
    return {row["order_id"]: row["id"] for row in rows}
