"""What the tests of schedules stand on: a book and schedulers on one database, at a set time."""

from collections.abc import AsyncIterator

import pytest
from schedule_world import World

from horarium.database import Database


@pytest.fixture
async def world(database_url: str) -> AsyncIterator[World]:
    """A book of schedules whose time the test sets."""
    database = Database(database_url)
    world = World(database)
    yield world
    await world.close()
    await database.close()
