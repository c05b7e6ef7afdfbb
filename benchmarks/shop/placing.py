"""Placing orders of one product: many at once, each its caller's alone, and over HTTP."""

import asyncio
import time
from collections.abc import Awaitable, Callable

from benchmarks.shop.place import check, order
from horarium.database import Database
from horarium.shop import Till, create_order


async def together(url: str, orders: int, clients: int) -> float:
    """Orders a second through the till."""
    database = Database(url)
    await database.open()
    till = Till(database)
    rate = await _rate(lambda: till.place(order()), orders, clients)
    await check(database)
    await database.close()
    return rate


async def alone(url: str, orders: int, clients: int) -> float:
    """Orders a second with a transaction each."""
    database = Database(url, size=clients)
    await database.open()

    async def place() -> None:
        async with database.connection() as connection:
            await create_order(connection, order())

    rate = await _rate(place, orders, clients)
    await check(database)
    await database.close()
    return rate


async def _rate(act: Callable[[], Awaitable[object]], times: int, clients: int) -> float:
    async def client() -> None:
        for _ in range(times // clients):
            await act()

    began = time.perf_counter()
    await asyncio.gather(*(client() for _ in range(clients)))
    return times // clients * clients / (time.perf_counter() - began)
