"""The gate's statements go by their indexes, among ten thousand jobs."""

import json
from collections.abc import AsyncIterator, Iterator

import asyncpg
import pytest

from databases import Databases
from horarium.database import STEADY_PLANS, Connection, Database, statement

SEED = """
insert into horarium.jobs (id, task, state, due_at, arguments, limits, worker, attempt, started_at)
select
    state || n, 't', state, now(), '{}',
    case when n % 2 = 0 then jsonb_build_object(
        'concurrency_key', 'k' || n % 100, 'concurrency', 5, 'rate_key', 'r' || n % 100,
        'rate', 5, 'period', 60000000, 'postponed', true
    ) end,
    case state when 'running' then 1 end, 1, now()
from generate_series(1, 2500) n, unnest('{scheduled,queued,running,waiting}'::text[]) state
"""
KEYS = "'{k2,k4}'"
HOT = {
    "candidates": (f"'{{queued2,queued4}}', {KEYS}, '{{default}}'", {"jobs_pkey", "jobs_waiting"}),
    "running": (KEYS, {"jobs_limited"}),
    "rates": ("'{r2,r4}', null", {"rates_pkey"}),
    "postponed": ("'{r2,r4}'", {"jobs_postponed"}),
    "hold": ("'{queued2}'", {"jobs_pkey"}),
    "postpone": ("'{queued4}', '{0}'", {"jobs_pkey"}),
    "admit": ("'{queued6}', 1, null", {"jobs_pkey"}),
    "release": (f"{KEYS}, 'c'", {"jobs_waiting", "jobs_limited"}),
    "pass_on": ("'k2', 'c'", {"jobs_waiting", "jobs_pkey"}),
    "waiting_keys": ("", {"jobs_waiting"}),
    "let_go": ("'c'", {"jobs_waiting", "jobs_pkey"}),
}


@pytest.fixture(scope="module")
def database_url(databases: Databases, template: str) -> Iterator[str]:
    """A database whose jobs these tests only look at."""
    name = databases.create(template)
    databases.run(_seed(databases.address(name)))
    yield databases.address(name)
    databases.drop(name)


async def _seed(url: str) -> None:
    connection = await asyncpg.connect(url)
    # Autovacuum would analyze the table for some of these tests and not for others.
    await connection.execute("alter table horarium.jobs set (autovacuum_enabled = off)")
    await connection.execute(SEED)
    await connection.execute("analyze horarium.jobs")
    await connection.close()


@pytest.fixture
async def steady(database: Database) -> AsyncIterator[Connection]:
    steady = await database.connect("steady", STEADY_PLANS)
    yield steady
    await steady.close()


@pytest.mark.parametrize("name", HOT)
async def test_a_statement_of_the_gate_goes_by_its_indexes(steady: Connection, name: str) -> None:
    values, indexes = HOT[name]
    given = f"({values})" if values else ""
    await steady.execute(f"prepare {name} as {statement('horarium.engine.jobs', name)}")
    encoded = await steady.fetchval(f"explain (format json) execute {name}{given}")
    plan = json.loads(encoded)
    assert '"Seq Scan"' not in encoded
    assert indexes <= set(_found(plan, "Index Name"))


def _found(plan: object, field: str) -> list[str]:
    """The values of a field, wherever in the plan."""
    if isinstance(plan, list):
        return [each for part in plan for each in _found(part, field)]
    if not isinstance(plan, dict):
        return []
    own = [str(plan[field])] if field in plan else []
    return own + [each for part in plan.values() for each in _found(part, field)]
