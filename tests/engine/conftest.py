"""What the tests of the engine stand on."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from workplace import Claimer, NewClaimer, register

from horarium.database import Connection, Database
from horarium.engine import Ledger, LedgerBroker
from horarium.events import Events
from horarium.settings import Settings


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    database = Database(database_url)
    yield database
    await database.close()


@pytest.fixture
def ledger(database: Database) -> Ledger:
    return Ledger(database)


@pytest.fixture
async def connection(database: Database) -> AsyncIterator[Connection]:
    """A connection of the test's own."""
    connection = await database.connect("tests")
    yield connection
    await connection.close()


@pytest.fixture
async def claimer(ledger: Ledger) -> AsyncIterator[NewClaimer]:
    """Makes claimers, each with a connection and a lease of its own."""
    connections: list[Connection] = []

    async def make(ledger: Ledger = ledger, **lease: Any) -> Claimer:
        connection = await ledger.database.connect("claimer")
        connections.append(connection)
        return Claimer(ledger, connection, await register(connection, **lease))

    yield make
    for connection in connections:
        await connection.close()


@pytest.fixture
def settings(database_url: str) -> Settings:
    """No poll within a test: bells must ring. A lease that a busy machine does not let lapse.

    Who wants a worker to be taken for dead says so (`presume_dead`), and does not wait for it.
    """
    return Settings(
        database_url=database_url, concurrency=10, threads=2, lease=6.0, poll=300.0, shutdown=5.0
    )


@pytest.fixture
def told() -> list[Any]:
    """The events that were published."""
    return []


@pytest.fixture
async def broker(
    ledger: Ledger, settings: Settings, told: list[Any]
) -> AsyncIterator[LedgerBroker]:
    """A broker without tasks."""
    events = Events()
    events.subscribe(told.append)
    broker = LedgerBroker(ledger, settings, events)
    yield broker
    await broker.shutdown()
