"""What the tests of reports stand on."""

from collections.abc import AsyncIterator, Iterator

import pytest

from databases import Databases
from horarium.database import Connection, Database


@pytest.fixture
async def connection(database_url: str) -> AsyncIterator[Connection]:
    connection = await Database(database_url).connect("tests")
    yield connection
    await connection.close()


@pytest.fixture(scope="session")
def shared_database_url(databases: Databases, template: str) -> Iterator[str]:
    """A database for all tests that undo what they do."""
    name = databases.create(template)
    yield databases.address(name)
    databases.drop(name)


@pytest.fixture
async def shared_connection(shared_database_url: str) -> AsyncIterator[Connection]:
    """A connection in a transaction that is undone: builds inside it are savepoints."""
    connection = await Database(shared_database_url).connect("tests")
    transaction = connection.transaction()
    await transaction.start()
    yield connection
    await transaction.rollback()
    await connection.close()
