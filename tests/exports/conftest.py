"""What the tests of exports stand on: one database a module with nasty rows in it."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest
from exported import fill_database

from databases import Databases
from horarium.database import Connection, Database
from horarium.exports import SESSION


@pytest.fixture(scope="module")
def url(databases: Databases, template: str) -> Iterator[str]:
    """A database for the tests of one module, which only read it."""
    name = databases.create(template)
    asyncio.run(fill_database(databases.address(name)))
    yield databases.address(name)
    databases.drop(name)


@pytest.fixture
async def database(url: str) -> AsyncIterator[Database]:
    database = Database(url)
    yield database
    await database.close()


@pytest.fixture
async def connection(database: Database) -> AsyncIterator[Connection]:
    connection = await database.connect("tests", SESSION)
    yield connection
    await connection.close()
