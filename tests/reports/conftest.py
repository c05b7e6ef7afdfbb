"""What the tests of reports stand on."""

from collections.abc import AsyncIterator

import pytest

from horarium.database import Connection, Database


@pytest.fixture
async def connection(database_url: str) -> AsyncIterator[Connection]:
    connection = await Database(database_url).connect("tests")
    yield connection
    await connection.close()
