"""kill -9 of workers at random, amid jobs of all kinds: every job has one final outcome.

HORARIUM_SEEDS names seeds to be run, HORARIUM_KILLS how many workers are killed in each.
"""

import os
import random
from collections.abc import AsyncIterator

import pytest
from accounting import account, finished, lost
from crew import TABLES, Crew, calls, make_broker, seeds

from horarium.database import Connection, Database
from horarium.engine import LedgerBroker
from horarium.settings import Settings

KILLS = int(os.environ.get("HORARIUM_KILLS", "20"))
JOBS = 100 * KILLS
MEMBERS = 3


@pytest.fixture
async def connection(database_url: str) -> AsyncIterator[Connection]:
    connection = await Database(database_url).connect("account")
    await connection.execute(TABLES)
    yield connection
    await connection.close()


async def enqueue(broker: LedgerBroker, wanted: list[tuple[str, int]]) -> set[str]:
    """Send calls one by one; the ids of the jobs that they made."""
    made = set()
    for name, n in wanted:
        task = broker.find_task(name)
        assert task is not None
        sent = await task.kiq(n)
        if sent.is_new:  # type: ignore[attr-defined]
            made.add(sent.task_id)
    return made


@pytest.mark.parametrize("seed", seeds())
@pytest.mark.timeout(60 + 10 * KILLS)
async def test_whoever_is_killed_every_job_ends_once(
    database_url: str, connection: Connection, seed: int
) -> None:
    chance = random.Random(seed)
    settings = Settings(database_url=database_url, lease=0.6, concurrency=20, poll=5.0)
    wanted = list(calls(chance, JOBS))
    broker = make_broker(settings)
    with Crew(settings) as crew:
        for _ in range(MEMBERS):
            crew.hire()
        jobs: set[str] = set()
        for number in range(KILLS):
            jobs |= await enqueue(broker, wanted[number * 100 : (number + 1) * 100])
            await finished(connection, len(jobs) - chance.randint(30, 100))
            crew.kill(chance.choice(crew.members))
            crew.hire()
        await finished(connection, len(jobs))
    await broker.shutdown()
    await account(connection, jobs)
    assert await lost(connection) > 0
