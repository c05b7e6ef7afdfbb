"""Where it is measured: a database of its own with two days of 1,000 orders, both built."""

import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from horarium import migrations, reports
from horarium.application import Horarium
from horarium.settings import Settings

DAY = date(2026, 3, 10)
ROWS = 1000

_ORDERS = """
insert into shop.orders (id, currency, placed_at)
select
    'order-' || day || '-' || number, 'GBP',
    timestamptz '2026-03-09 06:00Z' + day * interval '1 day' + number * interval '30 seconds'
from generate_series(0, 1) day, generate_series(1, $1::integer) number
"""
_PRODUCTS = """
insert into shop.products (id, name, currency)
select 'product-' || number, 'PRODUCT ' || number, 'GBP' from generate_series(0, 127) number
"""
_ITEMS = """
insert into shop.order_items (order_id, line, product_id, quantity, price)
select id, line, 'product-' || (hashtext(id || line) & 127), line, 1.25 * line
from shop.orders, generate_series(1, 3) line
"""


@asynccontextmanager
async def opened(server: str) -> AsyncIterator[str]:
    """The address of a new database on the server, dropped afterwards."""
    name = f"horarium_bench_{uuid.uuid4().hex[:12]}"
    connection = await asyncpg.connect(server)
    await connection.execute(f"create database {name}")
    try:
        url = urlunsplit(urlsplit(server)._replace(path=f"/{name}"))
        await migrations.upgrade_async(url)
        await _fill(url)
        yield url
    finally:
        await connection.execute(f"drop database {name} with (force)")
        await connection.close()


async def _fill(url: str) -> None:
    app = Horarium(Settings(database_url=url, zone="UTC", currency="GBP"))
    async with app.running():
        await app.settle()
        async with app.database.transaction() as connection:
            await connection.execute(_PRODUCTS)
            await connection.execute(_ORDERS, ROWS)
            await connection.execute(_ITEMS)
            for day in (date(2026, 3, 9), DAY):
                period = reports.period_of(day, "day", "UTC")
                await reports.build(connection, "orders", period, reason="bench")
        async with app.database.connection() as connection:
            await connection.execute("analyze")
