"""What the tests of the shop stand on."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from horarium.database import Connection, Database


@pytest.fixture
async def clients(database_url: str) -> AsyncIterator[list[Connection]]:
    """Twenty connections to one database."""
    database = Database(database_url)
    clients = await asyncio.gather(*(database.connect(f"client {n}") for n in range(20)))
    yield clients
    await asyncio.gather(*(client.close() for client in clients))


@pytest.fixture
async def connection(database_url: str) -> AsyncIterator[Connection]:
    connection = await Database(database_url).connect("tests")
    yield connection
    await connection.close()
