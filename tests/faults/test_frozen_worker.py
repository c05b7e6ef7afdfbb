"""SIGSTOP in the middle of a job's transaction: its rows are there once, whoever wrote them."""

import os
import signal
from collections.abc import AsyncIterator

import pytest
from crew import TABLES, Crew, make_broker

from engine.workplace import eventually, presume_dead
from horarium.database import Connection, Database
from horarium.engine import LedgerBroker
from horarium.settings import Settings

SLOW_COMMIT = """
create function public.wait() returns trigger language plpgsql as $$
-- The first commit waits, on the server, until the test lets go of the lock.
begin
    if nextval('public.commits') = 1 then perform pg_advisory_xact_lock(42); end if;
    return null;
end $$;
create sequence public.commits;
create constraint trigger wait after insert on public.written
    deferrable initially deferred for each row execute function public.wait();
"""
WAITING = """
select count(*) from pg_stat_activity
where datname = current_database() and wait_event = 'advisory'
"""


@pytest.fixture
def settings(database_url: str) -> Settings:
    """No lease lapses because the machine is busy: the frozen one's is taken away by hand."""
    return Settings(database_url=database_url, lease=9.0, concurrency=5, poll=5.0)


@pytest.fixture
async def connection(database_url: str) -> AsyncIterator[Connection]:
    connection = await Database(database_url).connect("account")
    await connection.execute(TABLES)
    yield connection
    await connection.close()


@pytest.fixture
async def broker(settings: Settings) -> AsyncIterator[LedgerBroker]:
    broker = make_broker(settings)
    yield broker
    await broker.shutdown()


async def send(broker: LedgerBroker, task: str, id: str) -> None:
    found = broker.find_task(task)
    assert found is not None
    await found.kicker().with_task_id(id).kiq(1)


async def value(connection: Connection, query: str) -> object:
    return await connection.fetchval(query)


async def test_frozen_amid_its_transaction(
    settings: Settings, connection: Connection, broker: LedgerBroker
) -> None:
    """The successor writes while the first holds rows of its own, uncommitted; then it wakes."""
    with Crew(settings) as crew:
        frozen = crew.hire()
        await send(broker, "stand", "a")
        tried = "select count(*) from public.tries"
        await eventually(lambda: value(connection, tried), 1)
        os.kill(frozen, signal.SIGSTOP)
        await presume_dead(connection, frozen)
        crew.hire()
        await eventually(lambda: value(connection, tried), 2)
        # Both attempts are under way; the first finds its gate open and is refused.
        await connection.execute("create table public.gate ()")
        os.kill(frozen, signal.SIGCONT)
        await eventually(lambda: value(connection, "select count(*) from horarium.job_history"), 1)
        await everybody_is_at_work(connection, 2)
    row = await connection.fetchrow("select state, attempt from horarium.job_history")
    assert tuple(row) == ("succeeded", 2)
    assert await connection.fetchval("select count(*) from public.written") == 1
    rows = await connection.fetch("select attempt, outcome from horarium.attempts")
    assert [tuple(row) for row in rows] == [(1, "lost")]


@pytest.mark.parametrize("wakes", ["before it is committed", "after it is committed"])
async def test_frozen_amid_its_commit(
    settings: Settings, connection: Connection, broker: LedgerBroker, wakes: str
) -> None:
    """The server commits without it, and nobody runs the job again."""
    await connection.execute(SLOW_COMMIT)
    await connection.execute("select pg_advisory_lock(42)")
    with Crew(settings) as crew:
        frozen = crew.hire()
        await send(broker, "write", "a")
        await eventually(lambda: value(connection, WAITING), 1)
        os.kill(frozen, signal.SIGSTOP)
        await presume_dead(connection, frozen)
        crew.hire()
        if wakes == "before it is committed":
            os.kill(frozen, signal.SIGCONT)
            await everybody_is_at_work(connection, 2)
        await connection.execute("select pg_advisory_unlock(42)")
        await eventually(lambda: value(connection, "select count(*) from horarium.job_history"), 1)
        if wakes == "after it is committed":
            os.kill(frozen, signal.SIGCONT)
        await everybody_is_at_work(connection, 2)
        # Nothing is left to be rescued: the next job is the next.
        await send(broker, "write", "b")
        await eventually(lambda: value(connection, "select count(*) from horarium.job_history"), 2)
    rows = await connection.fetch("select id, state, attempt from horarium.job_history order by id")
    assert [tuple(row) for row in rows] == [("a", "succeeded", 1), ("b", "succeeded", 1)]
    assert await connection.fetchval("select count(*) from public.written") == 2
    assert await connection.fetchval("select count(*) from horarium.attempts") == 0


async def everybody_is_at_work(connection: Connection, workers: int) -> None:
    """Each has a lease that holds; whoever lost one has another."""
    live = "select count(*) from horarium.workers where stopped_at is null and lease_until > now()"
    await eventually(lambda: value(connection, live), workers)
