"""kill -9, five times, amid chains and a chord whose jobs add rows in their transactions."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from accounting import account, finished
from crew import TABLES, Crew, make_broker

from horarium import chain, chord, group
from horarium.database import Connection, Database
from horarium.settings import Settings

CHAINS, STEPS, MEMBERS = 40, 5, 200
JOBS = CHAINS * STEPS + MEMBERS + 1
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
    await connection.execute(TABLES)
    yield connection
    await connection.close()


async def send(settings: Settings) -> None:
    broker = make_broker(settings)
    write: Any = broker.find_task("write")
    numbers = iter(range(JOBS))
    chains = [chain(*(write.si(next(numbers)) for _ in range(STEPS))) for _ in range(CHAINS)]
    await group(chains).kiq()
    members = group([write.si(next(numbers)) for _ in range(MEMBERS)])
    await chord(members, write.si(next(numbers))).kiq()
    await broker.shutdown()


async def test_every_job_runs_once_and_after_those_that_it_waits_for(
    database_url: str, connection: Connection
) -> None:
    settings = Settings(database_url=database_url, lease=1.0, concurrency=20, poll=5.0)
    await send(settings)
    jobs = [row["id"] for row in await connection.fetch("select id from horarium.jobs")]
    with Crew(settings) as crew:
        for _ in range(2):
            crew.hire()
        for kill in range(1, KILLS + 1):
            await finished(connection, JOBS * kill // (KILLS + 1))
            crew.kill(crew.members[0])
            crew.hire()
        await finished(connection, JOBS)
    assert len(jobs) == JOBS
    await account(connection, jobs)
    assert await connection.fetchval(OUT_OF_ORDER) == 0
    assert await connection.fetchval("select count(*) from horarium.dependencies where open") == 0
