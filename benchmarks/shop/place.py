"""Where it is measured: a database of its own with one product."""

import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from horarium import migrations
from horarium.database import Database
from horarium.shop import NewItem, NewOrder, NewProduct, create_product, read_product

ENOUGH = 1_000_000


@asynccontextmanager
async def opened(server: str) -> AsyncIterator[str]:
    """The address of a new database on the server, dropped afterwards."""
    name = f"horarium_bench_{uuid.uuid4().hex[:12]}"
    connection = await asyncpg.connect(server)
    await connection.execute(f"create database {name}")
    try:
        url = urlunsplit(urlsplit(server)._replace(path=f"/{name}"))
        await migrations.upgrade_async(url)
        database = Database(url)
        async with database.transaction() as shop:
            await create_product(shop, NewProduct("HOT", Decimal("9.99"), "EUR", ENOUGH, "hot"))
        await database.close()
        yield url
    finally:
        await connection.execute(f"drop database {name} with (force)")
        await connection.close()


def order() -> NewOrder:
    """One of the hot product."""
    return NewOrder(items=[NewItem("hot", 1)])


async def check(database: Database) -> None:
    """The stock is what the orders left, or the figure is worth nothing."""
    async with database.connection() as connection:
        orders = await connection.fetchval("select count(*) from shop.orders")
        left = (await read_product(connection, "hot")).stock
    if left != ENOUGH - orders:
        raise RuntimeError(f"{orders} orders left {left} of {ENOUGH}")
