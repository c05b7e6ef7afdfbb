"""Told to stop before it has begun, a part ends without going on with its preparations."""

import asyncio
import socket
from contextlib import closing

import pytest

from horarium.application import Horarium
from horarium.cli.processes import _schedule
from horarium.cli.supervisor import _prepare
from horarium.settings import Settings


@pytest.fixture
async def stop() -> asyncio.Event:
    told = asyncio.Event()
    told.set()
    return told


async def test_a_scheduler_does_not_wait_for_its_database(stop: asyncio.Event) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as never_answers:
        port = never_answers.getsockname()[1]
        app = Horarium(Settings(database_url=f"postgresql://postgres@127.0.0.1:{port}/none"))
        async with asyncio.timeout(30):
            await _schedule(stop, app)


async def test_up_begins_no_further_step(database_url: str, stop: asyncio.Event) -> None:
    app = Horarium(Settings(database_url=database_url, zone="Europe/London", currency="GBP"))
    async with app.running():
        await _prepare(app, stop, sample=True)
        async with app.database.connection() as connection:
            assert await connection.fetchval("select count(*) from shop.orders") == 0
