"""The hot statements of the timetable go by their indexes, whatever the tables hold."""

import re
from collections.abc import AsyncIterator

import pytest

from horarium.database import STEADY_PLANS, Connection, Database, statement

# Plans follow statistics and sizes: those of tables that nothing was ever in.
pytestmark = pytest.mark.new_database

SEED = """
insert into horarium.schedules
    (id, origin, task, definition, state, decided_until, next_due_at, next_fire_at)
select 's' || i, 'api', 't', '{}', 'active', now(), now() + i * '1 s'::interval,
    now() + i * '1 s'::interval
from generate_series(1, 20000) i;
insert into horarium.schedule_versions (schedule, version, definition, origin, effective_from)
select id, 1, '{}', 'api', now() from horarium.schedules;
-- A midnight: all at once; and one schedule with a long queue.
insert into horarium.firings (schedule, due_at, version, outcome, reason, job, decided_by)
select 's' || i, '2026-01-01', 1, 'enqueued', 'due', 'j' || i, 'x' from generate_series(1, 20000) i;
insert into horarium.firings (schedule, due_at, version, outcome, reason, decided_by)
select 's1', timestamptz '2026-01-01' + i * interval '1 s', 1, 'buffered', 'waits', 'x'
from generate_series(1, 20000) i;
insert into horarium.jobs (id, task, state, due_at, schedule, fired_for, arguments)
select 'j' || i, 't', 'queued', now(), 's' || i, '2026-01-01', '{}'
from generate_series(1, 20000) i;
"""

THOUSAND = f"'{{{','.join(f's{number}' for number in range(1, 1001))}}}'"

HOT = {
    "due": (("null", "1000"), {"schedules_next"}),
    "next": (("null",), {"schedules_next"}),
    "busy": ((THOUSAND,), {"jobs_schedule"}),
    "release": ((), {"firings_buffered", "jobs_schedule"}),
    "release_of": (
        (THOUSAND,),
        {"firings_buffered", "jobs_schedule"},
    ),
    "unfinished": (("'s1'",), {"jobs_schedule"}),
    "give_up": (("'s1'", "'x'", "null", "'x'"), {"firings_buffered"}),
    "rows": (("'s1'", "'2026-01-01'", "'2026-01-02'"), {"firings_rows"}),
    "backfills_left": ((THOUSAND,), {"backfills_filling"}),
    "backfill_waiting": (("'b'",), {"jobs_schedule"}),
    "filling": (("'b'",), {"backfills_pkey"}),
    "prove_again": (("''", "100"), {"schedule_proofs_wrong"}),
    "prove_bounds": (
        ("'{s1}'", "'{2026-01-01}'", "'{2026-02-01}'", "500"),
        {"firings_pkey"},
    ),
    "firings_of": (("'s1'", "null", "null", "null", "100"), {"firings_pkey"}),
    "firing_at": (("'s1'", "'2026-01-01'"), {"firings_due", "firings_rows"}),
    "acts": (("'s1'", "20", "0"), {"schedule_acts_schedule"}),
    "filled": (("'s1'", "'2026-01-01'", "'2026-01-02'"), {"firings_pkey"}),
}


@pytest.fixture(params=["empty", "full"])
async def connection(
    database_url: str, request: pytest.FixtureRequest
) -> AsyncIterator[Connection]:
    connection = await Database(database_url).connect("plans", STEADY_PLANS)
    if request.param == "full":
        await connection.execute(SEED)
        await connection.execute("analyze horarium.firings, horarium.jobs, horarium.schedules")
    yield connection
    await connection.close()


async def test_every_hot_statement_goes_by_its_indexes(connection: Connection) -> None:
    for name, (values, indexes) in HOT.items():
        sql = statement("horarium.engine.schedules", name)
        await connection.execute(f"prepare {name} as {sql}")
        given = f"({', '.join(values)})" if values else ""
        async with connection.transaction():
            rows = await connection.fetch(f"explain (analyze, timing off) execute {name}{given}")
        plan = "\n".join([name, *(row[0] for row in rows)])
        assert "Seq Scan" not in plan, plan
        assert indexes <= set(re.findall(r"(?:using|Index Scan on) (\w+)", plan)), plan
        assert "Materialize" not in plan, plan
        assert "hashed" not in plan, plan
        if name not in ("give_up", "rows", "filled"):
            scanned = re.findall(r"Scan .*actual rows=(\d+)", plan)
            assert max(map(int, scanned)) <= 1000, plan
