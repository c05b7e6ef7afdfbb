"""Finish and retry go by the primary key, also where the statistics know of no running job.

A table that is analyzed while nothing runs makes the index of running jobs look empty, and a plan
that then reads it once for each outcome is a hundred times slower.
"""

import pytest

from horarium.database import STEADY_PLANS, Connection, Database, statement

# Plans follow statistics and sizes: those of tables that nothing was ever in.
pytestmark = pytest.mark.new_database

SEED = """
insert into horarium.jobs (id, task, state, due_at, arguments)
select n::text, 't', 'queued', now(), '{}' from generate_series(1, 20000) n
"""
ARGUMENTS = {
    "finish": (
        "1, '{1,2}', '{1,1}', '{succeeded,failed}', '{null,null}', '{null,null}', null, now(), true"
    ),
    "retry": (
        "1, '{1,2}', '{1,1}', '{failed,failed}', '{0,0}', '{null,null}', '{f,f}', '{null,null}',"
        " '{null,null}', '{null,null}', null, 'c', now()"
    ),
}


@pytest.mark.parametrize("name", ARGUMENTS)
async def test_an_outcome_finds_its_job_by_the_primary_key(
    name: str, database: Database, connection: Connection
) -> None:
    await connection.execute(SEED)
    await connection.execute("analyze horarium.jobs")
    steady = await database.connect("steady", STEADY_PLANS)
    try:
        await steady.execute(f"prepare {name} as {statement('horarium.engine.jobs', name)}")
        rows = await steady.fetch(f"explain execute {name} ({ARGUMENTS[name]})")
    finally:
        await steady.close()
    plan = "\n".join(row[0] for row in rows)
    assert "jobs_pkey" in plan, plan
    assert "jobs_running" not in plan, plan
