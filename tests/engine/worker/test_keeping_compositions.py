"""What joined jobs goes after them: no dependency or batch is left behind, none goes too soon."""

from datetime import UTC, datetime, timedelta

import pytest

from horarium.clock import SetClock
from horarium.database import Connection
from horarium.engine.worker import keeping
from horarium.engine.worker.keeping import Keep, tidy

NOW = datetime(2020, 7, 15, 12, tzinfo=UTC)
KEEP = Keep(timedelta(days=30), timedelta(days=90))
ENDED = """
insert into horarium.job_history
    (id, task, queue, priority, state, due_at, enqueued_at, attempt, finished_at, batch)
values ($1, 't', 'q', 0, $2, $3, $3, 1, $3, 'batch of ' || $1)
"""
WAITING = """
insert into horarium.jobs (id, task, state, due_at, arguments, waits_for, batch)
values ($1, 't', 'waiting', $2, '{}', 1, 'batch of ' || $1)
"""
JOINED = """
with b as (
    insert into horarium.batches (id, kind, total, created_at) values ('batch of ' || $1, 'chain', 1, $2)
)
insert into horarium.dependencies (on_job, job, place, on_failure, outside, made_at)
values ('first', $1, 0, 'stop', false, $2)
"""  # noqa: E501


async def left(connection: Connection) -> tuple[list[str], list[str]]:
    jobs = await connection.fetch("select job from horarium.dependencies order by job")
    batches = await connection.fetch("select id from horarium.batches order by id")
    return [row["job"] for row in jobs], [row["id"][9:] for row in batches]


async def test_dependencies_and_batches_go_after_their_jobs(connection: Connection) -> None:
    for days in (91, 60, 29):
        at = NOW - timedelta(days=days)
        for state in ("succeeded", "failed"):
            await connection.execute(ENDED, f"{state} {days}", state, at)
            await connection.execute(JOINED, f"{state} {days}", at)
    long_ago = NOW - timedelta(days=300)
    await connection.execute(WAITING, "waits", long_ago)
    await connection.execute(JOINED, "waits", long_ago)
    assert await tidy(connection, KEEP, SetClock(NOW))
    kept = ["failed 29", "failed 60", "succeeded 29", "waits"]
    assert await left(connection) == (kept, kept)


async def test_many_are_forgotten_a_bounded_number_at_a_time(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeping, "MOST_FORGOTTEN", 10)
    for n in range(25):
        await connection.execute(JOINED, f"gone {n}", NOW - timedelta(days=100))
    assert not await tidy(connection, KEEP, SetClock(NOW))
    while not await tidy(connection, KEEP, SetClock(NOW)):
        pass
    assert await left(connection) == ([], [])
