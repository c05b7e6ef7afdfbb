"""A shop with one product, and queues of this test's own on the real RabbitMQ."""

import uuid
from collections.abc import AsyncIterator, Mapping
from decimal import Decimal

import pytest
from postbox import Postbox

from horarium.database import Database
from horarium.shop import NewProduct, create_product
from horarium.shop.messages.acts import Subject


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    database = Database(database_url)
    async with database.transaction() as connection:
        await create_product(connection, NewProduct("CUP", Decimal("2.50"), "EUR", 2000, "cup"))
    yield database
    await database.close()


@pytest.fixture
def queues() -> Mapping[Subject, str]:
    run = uuid.uuid4().hex[:12]
    return {subject: f"horarium_test_{run}.{subject}" for subject in Subject}


@pytest.fixture
async def postbox(rabbitmq_url: str, queues: Mapping[Subject, str]) -> AsyncIterator[Postbox]:
    async with Postbox.opened(rabbitmq_url, queues) as postbox:
        yield postbox
