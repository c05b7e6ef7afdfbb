"""The ledger's own account of what became of every job."""

import asyncio
import time
from collections import Counter
from collections.abc import Collection

from crew import AT_ONCE

from horarium.database import Connection

SPANS = """
select job, min(began) as began, max(ended) as ended, key from (
    select h.id as job, h.started_at as began, h.finished_at as ended, h.labels ->> '_unique' as key
    from horarium.job_history h where h.task = 'single'
    union all
    select h.id, a.started_at, a.ended_at, h.labels ->> '_unique'
    from horarium.job_history h join horarium.attempts a on a.job = h.id where h.task = 'single'
) runs group by job, key order by key, began
"""


async def finished(connection: Connection, wanted: int, within: float = 60.0) -> int:
    """Wait until so many jobs have ended; returns how many have. Limits are watched meanwhile."""
    until = time.monotonic() + within
    while True:
        row = await connection.fetchrow(
            "select (select count(*) from horarium.job_history) as ended, (select count(*) "
            "from horarium.jobs where state = 'running' and task = 'narrow') as narrow"
        )
        assert row["narrow"] <= AT_ONCE
        if row["ended"] >= wanted:
            return int(row["ended"])
        if time.monotonic() > until:
            raise AssertionError(await unfinished(connection, wanted, row["ended"]))
        await asyncio.sleep(0.01)


async def unfinished(connection: Connection, wanted: int, ended: int) -> str:
    rows = await connection.fetch(
        "select task, state, count(*) from horarium.jobs group by 1, 2 order by 1, 2"
    )
    return f"{ended} of {wanted} jobs have ended; the others: {[tuple(row) for row in rows]}"


async def account(connection: Connection, jobs: Collection[str]) -> None:
    """Each of these jobs has one final outcome, and those that succeeded wrote one row each."""
    assert await connection.fetchval("select count(*) from horarium.jobs") == 0
    ended = await connection.fetch("select id, task, state, error from horarium.job_history")
    assert Counter(row["id"] for row in ended) == Counter(jobs)
    wrong = [tuple(row) for row in ended if (row["state"] == "failed") != (row["task"] == "fall")]
    assert not wrong, wrong
    assert {row["state"] for row in ended} <= {"succeeded", "failed"}
    written = await connection.fetch("select job from public.written")
    assert Counter(row["job"] for row in written) == Counter(
        row["id"] for row in ended if row["state"] == "succeeded"
    )
    await account_for_attempts(connection)
    await account_for_unique_jobs(connection)


async def account_for_attempts(connection: Connection) -> None:
    """The last attempt's number is one more than the attempts that are kept as lost or failed."""
    wrong = await connection.fetch(
        "select h.id, h.task, h.attempt, array_agg(a.attempt || ' ' || a.outcome) "
        "from horarium.job_history h left join horarium.attempts a on a.job = h.id "
        "group by h.id, h.task, h.attempt having h.attempt <> 1 + count(a.job)"
    )
    assert not wrong, [tuple(row) for row in wrong]


async def account_for_unique_jobs(connection: Connection) -> None:
    """Under one key no job began before the one before it had ended."""
    last: dict[str, object] = {}
    for row in await connection.fetch(SPANS):
        assert row["key"] is not None
        if row["key"] in last:
            assert row["began"] >= last[row["key"]], row["job"]  # type: ignore[operator]
        last[row["key"]] = row["ended"]


async def lost(connection: Connection) -> int:
    """How many attempts were lost with their worker."""
    return int(
        await connection.fetchval("select count(*) from horarium.attempts where outcome = 'lost'")
    )
