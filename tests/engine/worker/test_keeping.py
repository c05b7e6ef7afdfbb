"""What the ledger keeps: by state and age, whole months at once."""

from datetime import UTC, datetime, timedelta

import pytest

from horarium.clock import SetClock
from horarium.database import Connection, Database
from horarium.engine.worker import keeping
from horarium.engine.worker.keeping import Keep, tidy

NOW = datetime(2020, 7, 15, 12, tzinfo=UTC)
KEEP = Keep(timedelta(days=30), timedelta(days=90))
JOB = """
insert into horarium.job_history
    (id, task, queue, priority, state, due_at, enqueued_at, attempt, finished_at)
values ($1, 't', 'q', 0, $2, $3, $3, 1, $3)
"""
PARTITION = """
select c.relname::text from pg_inherits i join pg_class c on c.oid = i.inhrelid
where i.inhparent = 'horarium.job_history'::regclass and c.relname ~ '_2020_' order by 1
"""


@pytest.fixture
async def history(connection: Connection) -> Connection:
    """Partitions of March to September 2020; they go with their last rows."""
    for month in range(3, 8):
        await connection.execute(
            "select horarium.prepare_history($1)", datetime(2020, month, 1, tzinfo=UTC)
        )
    return connection


async def ended(connection: Connection, state: str, *days_ago: float) -> None:
    for days in days_ago:
        at = NOW - timedelta(days=days)
        await connection.execute(JOB, f"{state} {days:g}", state, at)


async def ids(connection: Connection) -> list[str]:
    rows = await connection.fetch("select id from horarium.job_history order by finished_at, id")
    return [row["id"] for row in rows]


async def months(connection: Connection) -> list[str]:
    return [row["relname"][-2:] for row in await connection.fetch(PARTITION)]


async def test_jobs_are_kept_by_state_and_age(history: Connection) -> None:
    for state in ("succeeded", "failed", "cancelled"):
        await ended(history, state, 91, 89, 31, 29)
    assert await tidy(history, KEEP, SetClock(NOW))
    assert await ids(history) == [
        "cancelled 89", "failed 89", "cancelled 31", "failed 31",
        "cancelled 29", "failed 29", "succeeded 29",
    ]  # fmt: skip
    # April has failures of 89 days ago; of March and May nothing is kept.
    assert await months(history) == ["04", "06", "07", "08", "09"]


async def test_a_month_goes_whole_when_nothing_of_it_is_kept(history: Connection) -> None:
    await ended(history, "succeeded", *(day + 0.5 for day in range(50, 110)))
    await ended(history, "failed", 70)
    await tidy(history, KEEP, SetClock(NOW))
    assert await ids(history) == ["failed 70"]
    assert await months(history) == ["05", "06", "07", "08", "09"]


async def test_a_month_that_is_read_is_left_for_later(
    database: Database, history: Connection
) -> None:
    clock = SetClock(NOW)
    await ended(history, "succeeded", 120)
    other = await database.connect("reader")
    async with other.transaction():
        await other.fetch("select count(*) from horarium.job_history")
        await tidy(history, KEEP, clock)
        assert "03" in await months(other)
    await other.close()
    await tidy(history, KEEP, clock)
    assert "03" not in await months(history)


async def test_many_are_forgotten_in_steps(
    history: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeping, "MOST_FORGOTTEN", 10)
    await ended(history, "failed", 40)
    await ended(history, "succeeded", *(40 + n / 100 for n in range(1, 26)))
    assert not await tidy(history, KEEP, SetClock(NOW), seconds=0.0)
    assert len(await ids(history)) == 26
    assert await tidy(history, KEEP, SetClock(NOW))
    assert await ids(history) == ["failed 40"]


async def test_old_attempts_and_jobs_of_no_month_go_too(history: Connection) -> None:
    await history.execute(
        "insert into horarium.attempts (job, attempt, ended_at, outcome)"
        " values ('a', 1, $1, 'failed'), ('b', 1, $2, 'failed')",
        NOW - timedelta(days=91),
        NOW - timedelta(days=89),
    )
    await ended(history, "succeeded", 2000)
    await tidy(history, KEEP, SetClock(NOW))
    assert await history.fetchval("select array_agg(job) from horarium.attempts") == ["b"]
    assert await ids(history) == []


async def test_two_that_tidy_at_once_do_not_meet(history: Connection, database: Database) -> None:
    """Else one would delete from the very month that the other drops, and fail."""
    await ended(history, "succeeded", 130, 31)
    async with database.transaction() as first:
        await first.fetchrow(keeping._sql("tidy"), NOW, *KEEP)  # its months are not gone yet
        forgotten = await history.fetchval(keeping._sql("forget"), NOW, *KEEP, 100)
        assert forgotten == 0
    assert await tidy(history, KEEP, SetClock(NOW))
    assert await ids(history) == []
