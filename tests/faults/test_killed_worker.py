"""kill -9 in the middle of 2,000 jobs, each of which adds a row inside the job's transaction."""

import asyncio
import time
from collections.abc import AsyncIterator

import pytest
from crew import account, hire, make_broker

from horarium.database import Connection, Database
from horarium.settings import Settings

JOBS = 2000
LEASE = 1.0


@pytest.fixture
async def connection(database_url: str) -> AsyncIterator[Connection]:
    connection = await Database(database_url).connect("account")
    # No key forbids a second row: only the ledger does.
    await connection.execute("create table public.written (n int not null)")
    yield connection
    await connection.close()


async def enqueue(url: str) -> None:
    broker = make_broker(Settings(database_url=url))
    write = broker.find_task("write")
    assert write is not None
    await broker.enqueue_many(write, [(n,) for n in range(JOBS)])
    await broker.shutdown()


async def finished(connection: Connection, wanted: int) -> int:
    """Wait until so many jobs have ended; returns how many have."""
    until = time.monotonic() + 40
    while time.monotonic() < until:
        count: int = await connection.fetchval("select count(*) from horarium.job_history")
        if count >= wanted:
            return count
        await asyncio.sleep(0.005)
    raise AssertionError(f"{count} of {wanted} jobs have ended")


async def test_after_a_restart_each_row_is_there_once(
    database_url: str, connection: Connection
) -> None:
    await enqueue(database_url)
    worker = hire(database_url, LEASE)
    try:
        assert await finished(connection, JOBS // 4) < JOBS
        worker.kill()
        worker.wait()
        worker = hire(database_url, LEASE)
        await finished(connection, JOBS)
    finally:
        worker.kill()
        worker.wait()
    await account(connection, JOBS)
    assert await connection.fetchval("select count(*) from horarium.attempts") > 0
