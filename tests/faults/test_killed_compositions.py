"""kill -9, five times, amid chains and a chord whose jobs add rows in their transactions."""

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
from crew import account, hire, make_broker

from horarium import chain, chord, group
from horarium.database import Connection, Database
from horarium.settings import Settings

CHAINS, STEPS, MEMBERS = 40, 5, 200
JOBS = CHAINS * STEPS + MEMBERS + 1
LEASE = 1.0
KILLS = 5
OUT_OF_ORDER = """
select count(*) from horarium.dependencies d
join horarium.job_history before on before.id = d.on_job
join horarium.job_history after on after.id = d.job
where after.started_at < before.finished_at
"""


@pytest.fixture
async def connection(database_url: str) -> AsyncIterator[Connection]:
    connection = await Database(database_url).connect("account")
    # No key forbids a second row: only the ledger does.
    await connection.execute("create table public.written (n int not null)")
    yield connection
    await connection.close()


async def send(url: str) -> None:
    broker = make_broker(Settings(database_url=url))
    write: Any = broker.find_task("write")
    numbers = iter(range(JOBS))
    chains = [chain(*(write.si(next(numbers)) for _ in range(STEPS))) for _ in range(CHAINS)]
    await group(chains).kiq()
    members = group([write.si(next(numbers)) for _ in range(MEMBERS)])
    await chord(members, write.si(next(numbers))).kiq()
    await broker.shutdown()


async def finished(connection: Connection, wanted: int) -> None:
    """Wait until so many jobs have ended."""
    until = time.monotonic() + 40
    count = 0
    while time.monotonic() < until:
        count = await connection.fetchval("select count(*) from horarium.job_history")
        if count >= wanted:
            return
        await asyncio.sleep(0.005)
    raise AssertionError(f"{count} of {wanted} jobs have ended")


async def test_every_job_runs_once_and_after_those_that_it_waits_for(
    database_url: str, connection: Connection
) -> None:
    await send(database_url)
    workers = [hire(database_url, LEASE) for _ in range(2)]
    try:
        for kill in range(1, KILLS + 1):
            await finished(connection, JOBS * kill // (KILLS + 1))
            worker = workers.pop(0)
            worker.kill()
            worker.wait()
            workers.append(hire(database_url, LEASE))
        await finished(connection, JOBS)
    finally:
        for worker in workers:
            worker.kill()
            worker.wait()
    await account(connection, JOBS)
    assert await connection.fetchval(OUT_OF_ORDER) == 0
    assert await connection.fetchval("select count(*) from horarium.dependencies where open") == 0
