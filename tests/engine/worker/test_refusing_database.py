"""Errors that the server raises in each statement of a worker: it goes on, the account stays right.

A trigger raises one error after the other, each once, and then no more: a full disk, a deadlock, a
lock that could not be had in time. A sequence counts: it is not rolled back.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import msgspec
import pytest
from taskiq.exceptions import SendTaskError
from workplace import attempts, ended, enqueue, eventually, register, working

from horarium.database import Connection
from horarium.engine import JobConnection, Ledger, LedgerBroker, NewJob, Snooze, State
from horarium.engine.jobs.channels import JOBS_CHANNEL
from horarium.settings import Settings

ERRORS = {
    "53100": "disk full",
    "53200": "out of memory",
    "53300": "too many connections",
    "40P01": "deadlock",
    "40001": "serialization failure",
    "55P03": "lock timeout",
    "57014": "statement timeout",
    "58030": "input and output",
    "25006": "read-only: it has become a replica",
}
TRIGGER = """
create sequence public.faults;
create function public.fault() returns trigger language plpgsql as $$
declare
    codes text[] := '{%s}';
    number bigint;
begin
    if tg_level = 'ROW' and %s then
        number := nextval('public.faults');
        if number <= cardinality(codes) then
            raise exception 'the server refuses' using errcode = codes[number];
        end if;
    end if;
    return coalesce(new, old);
end $$;
create trigger faults before %s on horarium.%s for each row execute function public.fault();
"""
Faults = Callable[..., Awaitable[None]]


@pytest.fixture
async def faults(connection: Connection) -> AsyncIterator[Faults]:
    """Makes a statement fail with each of the errors, once."""

    async def make(event: str, table: str, when: str = "true") -> None:
        await connection.execute(TRIGGER % (",".join(ERRORS), when, event, table))

    yield make
    await connection.execute("drop function public.fault cascade; drop sequence public.faults")


async def raised(connection: Connection) -> bool:
    """Whether every error has been raised; workers that wait are woken meanwhile."""
    await connection.execute(f"notify {JOBS_CHANNEL}, 'default'")
    last: int = await connection.fetchval("select last_value from public.faults")
    return last > len(ERRORS)


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("horarium.engine.worker.finisher._PAUSE", 0.01)
    monkeypatch.setattr("horarium.engine.worker.settlement._PAUSE", 0.01)


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return msgspec.structs.replace(settings, lease=1.0)


async def all_succeeded(ledger: Ledger, ids: Sequence[str]) -> None:
    for id in ids:
        job = await ended(ledger, id)
        assert (job.state, job.attempt) == (State.SUCCEEDED, 1), job
        assert await attempts(ledger, id) == []
    assert await ledger.counts() == {State.SUCCEEDED: len(ids)}


FAILING = {
    "claim": ("update", "jobs", "new.state = 'running' and old.state = 'queued'"),
    "promote": ("update", "jobs", "old.state = 'scheduled' and new.state = 'queued'"),
    "finish, taking away": ("delete", "jobs", "true"),
    "finish, keeping": ("insert", "job_history", "true"),
    "send back": ("update", "jobs", "old.state = 'running' and new.state = 'scheduled'"),
    "hold": ("update", "jobs", "new.state = 'waiting'"),
    "admit": ("update", "jobs", "new.state = 'running' and new.limits is not null"),
    "release": ("update", "jobs", "old.state = 'waiting' and new.state = 'queued'"),
    "rate": ("insert", "rates", "true"),
}


@pytest.mark.parametrize("statement", FAILING)
async def test_a_worker_goes_on(
    broker: LedgerBroker, connection: Connection, faults: Faults, statement: str
) -> None:
    snoozed = set()

    @broker.task("plain")
    async def plain(n: int) -> Any:
        if n == 0 and not snoozed:
            snoozed.add(n)
            return Snooze(0.01)
        return n

    @broker.task("narrow", concurrency_limit=1, rate_limit="1000/s")
    async def narrow(n: int) -> int:
        await asyncio.sleep(0.01)
        return n

    await faults(*FAILING[statement])
    ids = [f"{name} {n}" for name in ("plain", "narrow") for n in range(4)]
    for id in ids:
        task = broker.find_task(id.split()[0])
        assert task is not None
        await task.kicker().with_task_id(id).with_labels(delay=0.01).kiq(int(id[-1]))
    async with working(broker.worker()):
        await eventually(lambda: raised(connection), within=30)
        await all_succeeded(broker.ledger, ids)


@pytest.mark.parametrize("event", ["update", "delete"])
async def test_the_heartbeat_goes_on(
    broker: LedgerBroker, connection: Connection, faults: Faults, settings: Settings, event: str
) -> None:
    """Renewing and rescuing fail; the lease is kept, and the dead worker's job comes back."""
    broker.settings = msgspec.structs.replace(settings, lease=0.6)
    dead = await register(connection)

    @broker.task("t")
    async def task() -> int:
        return 1

    await enqueue(broker.ledger, "a")
    assert await broker.ledger.claim(connection, dead, None, 1)
    await connection.execute("update horarium.workers set lease_until = now() where id = $1", dead)
    if event == "update":
        await faults("update", "workers")
    else:
        await faults("update", "jobs", "old.state = 'running' and new.state = 'queued'")
    async with working(broker.worker()):
        await eventually(lambda: raised(connection), within=30)
        assert (await ended(broker.ledger, "a")).attempt == 2
        assert await attempts(broker.ledger, "a") == [(1, "lost")]
        live = "select count(*) from horarium.workers where stopped_at is null"
        await eventually(lambda: connection.fetchval(live), 1)


async def test_a_worker_begins_though_it_cannot_tidy(
    broker: LedgerBroker, connection: Connection, faults: Faults
) -> None:
    """What is left of the dead can wait until the next beat."""

    @broker.task
    async def task() -> int:
        return 1

    dead = await register(connection)
    await connection.execute(
        "update horarium.workers set stopped_at = now() - interval '8 days' where id = $1", dead
    )
    await faults("delete", "workers")
    async with working(broker.worker()):
        assert (await (await task.kiq()).wait_result(timeout=60)).return_value == 1


async def test_a_jobs_own_transaction_is_tried_again(
    broker: LedgerBroker, connection: Connection, faults: Faults
) -> None:
    """Its commit is refused; its rows are there once in the end."""

    @broker.task
    async def write(connection: JobConnection) -> None:
        await connection.execute("insert into public.written values (1)")

    await connection.execute("create table public.written (n int)")
    await faults("insert", "job_history")
    async with working(broker.worker()):
        sent = await write.kiq()
        await eventually(lambda: raised(connection), within=30)
        job = await ended(broker.ledger, sent.task_id)
    assert (job.state, job.attempt) == (State.SUCCEEDED, 1)
    assert await connection.fetchval("select count(*) from public.written") == 1


async def test_an_enqueue_that_is_refused_changes_nothing_and_says_why(
    broker: LedgerBroker, ledger: Ledger, connection: Connection, faults: Faults
) -> None:
    @broker.task
    async def task() -> None: ...

    await faults("insert", "jobs")
    told = []
    for n in range(len(ERRORS)):
        with pytest.raises((SendTaskError, asyncpg.PostgresError)) as refused:
            if n % 2:
                await ledger.enqueue_many(NewJob(task="t") for _ in range(3))
            else:
                await task.kiq()
        told.append(refused.value.__cause__ if n % 2 == 0 else refused.value)
    assert [getattr(each, "sqlstate", None) for each in told] == list(ERRORS)
    assert await ledger.counts() == {}
    await task.kiq()
    assert await ledger.counts() == {State.QUEUED: 1}


async def test_an_error_that_nobody_has_thought_of_loses_no_outcome(
    broker: LedgerBroker, ledger: Ledger, connection: Connection
) -> None:
    """The table of ended jobs is not there for a while, as amid a migration by other hands."""

    @broker.task
    async def task(n: int) -> int:
        return n

    async with working(broker.worker(slots=20)):
        await (await task.kiq(0)).wait_result(timeout=60)
        async with away(connection, "horarium.job_history"):
            await broker.enqueue_many(task, [(n,) for n in range(19)])
            running = "select count(*) from horarium.jobs where state = 'running'"
            await eventually(lambda: connection.fetchval(running), 19)
        await eventually(ledger.counts, {State.SUCCEEDED: 20})
    rows = await connection.fetch("select attempt from horarium.job_history")
    assert {row["attempt"] for row in rows} == {1}


@asynccontextmanager
async def away(connection: Connection, table: str) -> AsyncIterator[None]:
    """Rename a table for the time of a block."""
    await connection.execute(f"alter table {table} rename to away")
    try:
        yield
    finally:
        name = table.rpartition(".")[2]
        await connection.execute(f"alter table horarium.away rename to {name}")
