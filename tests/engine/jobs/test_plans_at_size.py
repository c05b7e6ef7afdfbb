"""Claim, finish, send back, promote and rescue go by their indexes among very many rows.

HORARIUM_ROWS says among how many; `python3 run.py soak faults` takes a million.
"""

import asyncio
import json
import os
from collections.abc import Iterator
from typing import Any

import asyncpg
import pytest

from databases import Databases
from horarium.database import STEADY_PLANS, prepare, statement

ROWS = int(os.environ.get("HORARIUM_ROWS", "30000"))
MONTHS = 18
JOBS = f"""
insert into horarium.jobs (id, task, queue, state, due_at, arguments, worker, attempt, started_at)
select
    'job' || n, 't', 'q' || n % 20, state, now() + make_interval(secs => n), '{{}}',
    case state when 'running' then n / 60 % 48 + 1 end, 1, now()
from (
    select n, case when n % 60 = 5 then 'running' else
        (array['queued', 'queued', 'scheduled', 'retrying'])[n % 4 + 1] end as state
    from generate_series(1, {ROWS}) n
) rows
"""
HISTORY = f"""
insert into horarium.job_history
    (id, task, queue, priority, state, due_at, enqueued_at, attempt, finished_at)
select 'old' || n, 't', 'q', 0, 'succeeded', now(), now(), 1,
    now() - make_interval(hours => (n::bigint * {MONTHS * 720} / {ROWS})::int)
from generate_series(1, {ROWS}) n
"""
WORKERS = """
insert into horarium.workers
    (name, host, pid, queues, slots, started_at, lease_until, stopped_at)
select '', '', 1, '{}', 1, now(), now() + interval '1 hour', case when n > 48 then now() end
from generate_series(0, 2000) n
"""
JOBS_OF_ENGINE, WORKERS_OF_ENGINE = "horarium.engine.jobs", "horarium.engine.worker"
RETRY = (
    "1, '{job5}', '{1}', '{failed}', '{1}', '{null}', '{false}', '{null}', '{null}', '{null}', "
    "null, 'c', now()"
)
HOT: dict[str, tuple[str, str, set[str]]] = {
    "claim": (JOBS_OF_ENGINE, "1, null, 100, null", {"jobs_queued"}),
    "promote": (JOBS_OF_ENGINE, "null, null", {"jobs_due", "jobs_queued"}),
    "finish": (
        JOBS_OF_ENGINE,
        (
            "1, '{job5,job65}', '{1,1}', '{succeeded,failed}', '{null,null}', '{null,null}', null,"
            " now(), false"
        ),
        {"jobs_pkey"},
    ),
    "retry": (
        JOBS_OF_ENGINE,
        RETRY,
        {"jobs_pkey"},
    ),
    "audit": (JOBS_OF_ENGINE, "1, '{job5}', 'c'", {"jobs_running"}),
    "cancel": (JOBS_OF_ENGINE, "'job3', '{}', null", {"jobs_pkey"}),
    "show": (JOBS_OF_ENGINE, "'old77'", {"jobs_pkey"}),
    "rescue": (WORKERS_OF_ENGINE, "null, 'c', '{}', '{}', 5", {"jobs_running"}),
    "renew": (WORKERS_OF_ENGINE, "1, 10, null", {"workers_pkey"}),
}
MOST_BUFFERS = 20_000
"""Pages that one statement touches; each of a table of a million rows would be far more."""


@pytest.fixture(scope="module")
def url(databases: Databases, template: str) -> Iterator[str]:
    name = databases.create(template)
    yield databases.address(name)
    databases.drop(name)


@pytest.fixture(scope="module")
def filled(url: str) -> str:
    asyncio.run(fill(url))
    return url


async def fill(url: str) -> None:
    connection = await asyncpg.connect(url)
    for month in range(MONTHS + 1):
        await connection.execute(
            f"select horarium.prepare_history(now() - interval '{month} months')"
        )
    for sql in (JOBS, HISTORY, WORKERS):
        await connection.execute(sql)
    await connection.execute("analyze")
    await connection.close()


@pytest.mark.parametrize("name", HOT)
async def test_it_goes_by_its_indexes(filled: str, name: str) -> None:
    owner, values, indexes = HOT[name]
    # The heartbeat's connection has no steady plans: it plans by statistics, and rightly so.
    settings = STEADY_PLANS if owner == JOBS_OF_ENGINE else {}
    connection = await asyncpg.connect(filled, server_settings=settings)
    await prepare(connection)
    change = connection.transaction()
    await change.start()
    await connection.execute(f"prepare plan as {statement(owner, name)}")
    encoded = await connection.fetchval(
        f"explain (analyze, buffers, format json) execute plan({values})"
    )
    await change.rollback()
    await connection.close()
    plan = json.loads(encoded)[0]["Plan"]
    scanned = {each["Relation Name"] for each in nodes(plan) if each["Node Type"] == "Seq Scan"}
    assert not scanned & {"jobs", "job_history"}
    assert indexes <= {each["Index Name"] for each in nodes(plan) if "Index Name" in each}
    touched = plan["Shared Hit Blocks"] + plan["Shared Read Blocks"]
    assert touched < MOST_BUFFERS


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for part in plan.get("Plans", ()):
        yield from nodes(part)
