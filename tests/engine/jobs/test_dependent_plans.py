"""The statements about dependencies go by their indexes, among many jobs and dependencies."""

import json
from collections.abc import AsyncIterator

import pytest

from horarium.database import STEADY_PLANS, Connection, Database, statement

# Plans follow statistics and sizes: those of tables that nothing was ever in.
pytestmark = pytest.mark.new_database

SEED = """
insert into horarium.jobs
    (id, task, state, due_at, arguments, worker, attempt, started_at, followed)
select 'a' || n, 't', 'running', now(), '{}', 1, 1, now(), n % 2 = 0
from generate_series(1, 10000) n;
insert into horarium.jobs (id, task, state, due_at, arguments, waits_for, batch)
select 'b' || n, 't', 'waiting', now(), '{}', 2, 'x' || n % 100 from generate_series(1, 10000) n;
insert into horarium.dependencies (on_job, job, place, on_failure, outside, made_at)
select 'a' || n, 'b' || m, m - n, 'stop', false, now()
from generate_series(1, 10000) n, lateral (values (n), (n % 10000 + 1)) follower (m);
insert into horarium.job_history
    (id, task, queue, priority, state, due_at, enqueued_at, attempt, finished_at, batch, result)
select 'h' || n, 't', 'q', 0, 'succeeded', now(), now(), 1, now(),
    case when n % 10 = 0 then 'x' || n % 100 end, '1'
from generate_series(1, 10000) n;
insert into horarium.batches (id, kind, total, created_at)
select 'x' || n, 'group', 200, now() - interval '1 day' from generate_series(0, 99) n;
"""
HOT = {
    "finish": (
        (
            "1, '{a1,a2}', '{1,1}', '{succeeded,failed}', '{null,null}', '{null,null}', null, "
            "now(), true"
        ),
        {"jobs_pkey"},
    ),
    "inputs": ("'b7', 1000", {"dependencies_job", "jobs_pkey"}),
    "unknown": ("'{a1,h1,z}'", {"jobs_pkey"}),
    "lock_followed": ("'{b7,b9}'", {"dependencies_job", "jobs_pkey"}),
    "follow_again": ("'{b7,b9}', '{a7,a9}'", {"jobs_pkey"}),
    "followed_already": ("array['a7', 'a8']", {"dependencies_pkey"}),
    "batch_show": ("'x7'", {"jobs_batch"}),
    "batch_unfinished": ("'x7'", {"jobs_batch"}),
    "batch_cancel": ("'x7', '{}', null", {"jobs_batch", "jobs_pkey"}),
    "batch_running": ("'x7', 'c'", {"jobs_batch"}),
    "batch_list": ("null, 10, 0", {"batches_created"}),
}


@pytest.fixture
async def seeded(database: Database, connection: Connection) -> AsyncIterator[Connection]:
    # Autovacuum would analyze the tables now and then.
    await connection.execute("alter table horarium.jobs set (autovacuum_enabled = off)")
    await connection.execute("alter table horarium.dependencies set (autovacuum_enabled = off)")
    await connection.execute(SEED)
    await connection.execute("analyze horarium.jobs, horarium.dependencies, horarium.batches")
    steady = await database.connect("steady", STEADY_PLANS)
    yield steady
    await steady.close()


async def test_each_statement_goes_by_its_indexes(seeded: Connection) -> None:
    for name, (values, indexes) in HOT.items():
        await seeded.execute(f"prepare {name} as {statement('horarium.engine.jobs', name)}")
        encoded = await seeded.fetchval(f"explain (format json) execute {name}({values})")
        assert '"Seq Scan"' not in encoded, (name, encoded)
        assert indexes <= set(_found(json.loads(encoded), "Index Name")), (name, encoded)


async def test_an_end_reads_no_table_whole(seeded: Connection, connection: Connection) -> None:
    """What the function does inside is no plan that one can ask for: the rows read are counted."""

    async def read_whole() -> int:
        return int(
            await connection.fetchval(
                "select sum(seq_scan) from pg_stat_user_tables where schemaname = 'horarium' "
                "and relname in ('jobs', 'dependencies') or relname like 'job_history%'"
            )
        )

    before = await read_whole()
    async with seeded.transaction():
        await seeded.execute(
            "select horarium.end_dependencies(array['a2', 'a4', 'a6'], "
            "array['succeeded', 'failed', 'cancelled'], null)"
        )
    # The backend tells of what it has read when it has nothing to do.
    await seeded.execute("select pg_sleep(0)")
    pid = seeded.get_server_pid()
    await seeded.close()
    while await connection.fetchval(
        "select exists (select from pg_stat_activity where pid = $1)", pid
    ):
        pass
    # 'a6' was cancelled, so that those that follow it are too, and so on.
    assert await connection.fetchval(
        "select exists (select from horarium.job_history where state = 'cancelled')"
    )
    assert await read_whole() - before <= 1  # the look just now


def _found(plan: object, field: str) -> list[str]:
    """The values of a field, wherever in the plan."""
    if isinstance(plan, list):
        return [each for part in plan for each in _found(part, field)]
    if not isinstance(plan, dict):
        return []
    own = [str(plan[field])] if field in plan else []
    return own + [each for part in plan.values() for each in _found(part, field)]
