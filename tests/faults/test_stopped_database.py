"""PostgreSQL is stopped and started under workers, a scheduler and callers.

What was committed is there afterwards, everybody goes on by themselves, and outcomes that could not
be written are written then.
"""

import asyncio
import os
import random
import signal
import time
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
import msgspec
import pytest
from accounting import account, finished
from crew import TABLES, Crew, calls, make_broker, seeds
from taskiq.exceptions import SendTaskError

from engine.workplace import eventually
from horarium import migrations
from horarium.embedded import EmbeddedPostgres
from horarium.embedded.watch import postmaster
from horarium.engine import (
    Book,
    CatchUp,
    Every,
    LedgerBroker,
    Overlap,
    Schedule,
    State,
    Timetable,
    prove,
)
from horarium.errors import Unavailable
from horarium.settings import Settings

FAST, IMMEDIATE = signal.SIGINT, signal.SIGQUIT
"""What `pg_ctl stop -m` sends; the second is a crash as far as the server's data are concerned."""
SETTINGS = {
    "fsync": "off",
    # Whose commits are to be synchronous waits for this standby, which never comes.
    "synchronous_standby_names": "nobody",
    "synchronous_commit": "local",
}


class Server:
    """A PostgreSQL server of the test's own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._embedded = EmbeddedPostgres(folder, settings=SETTINGS)
        self.url = self._embedded.start()

    async def stop(self, how: signal.Signals) -> None:
        server = postmaster(self._folder)
        assert server is not None
        os.kill(server, how)
        while is_alive(server):
            await asyncio.sleep(0.01)

    async def start(self) -> None:
        await asyncio.to_thread(self._embedded.start)

    def close(self) -> None:
        self._embedded.stop()


def is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp("stopped"))
    migrations.upgrade(server.url)
    yield server
    server.close()


@pytest.fixture
def settings(server: Server) -> Settings:
    return Settings(database_url=server.url, lease=1.5, concurrency=20, poll=5.0, shutdown=5.0)


@pytest.fixture
async def broker(server: Server, settings: Settings) -> AsyncIterator[LedgerBroker]:
    connection = await asyncpg.connect(server.url)
    await connection.execute(
        "drop table if exists public.written, public.tries; delete from horarium.job_history; "
        "delete from horarium.attempts"
    )
    await connection.execute(TABLES)
    await connection.close()
    broker = make_broker(settings)
    yield broker
    await broker.shutdown()


class Caller:
    """Sends calls until it is told to stop, whatever becomes of the server."""

    def __init__(self, broker: LedgerBroker, chance: random.Random) -> None:
        self._broker = broker
        self._calls = iter(calls(chance, 100_000))
        self.stopped = False
        self.sent: set[str] = set()
        self.uncertain: set[str] = set()
        self.errors: list[BaseException | None] = []

    async def run(self) -> None:
        while not self.stopped:
            name, n = next(self._calls)
            task = self._broker.find_task(name)
            assert task is not None
            id = f"{name} {n} {len(self.sent)}"
            try:
                sent = await task.kicker().with_task_id(id).kiq(n)
            except SendTaskError as error:
                self.errors.append(error.__cause__)
                self.uncertain.add(id)
                await asyncio.sleep(0.05)
            else:
                if sent.is_new:  # type: ignore[attr-defined]
                    self.sent.add(id)
                await asyncio.sleep(0.005)


@pytest.mark.parametrize("seed", seeds())
async def test_everybody_goes_on(
    server: Server, settings: Settings, broker: LedgerBroker, seed: int
) -> None:
    began = datetime.now(UTC)
    book = Book(broker.ledger)
    await book.put(tick(), "api")
    caller = Caller(broker, random.Random(seed))
    with Crew(settings) as crew:
        for kind in ("worker", "worker", "scheduler"):
            crew.hire(kind)
        calling = asyncio.create_task(caller.run())
        for how in (FAST, IMMEDIATE):
            before = len(caller.sent)
            await until(lambda before=before: len(caller.sent) > before + 150)
            await server.stop(how)
            errors = len(caller.errors)
            await until(lambda errors=errors: len(caller.errors) > errors + 3)
            await server.start()
        before = len(caller.sent)
        await until(lambda: len(caller.sent) > before + 50)
        caller.stopped = True
        await calling
        await book.retire("tick", "the test ends")
        await settle(broker, caller, crew)
    the_errors_were_clear(caller)
    proofs = [each async for each in prove(book, began, datetime.now(UTC))]
    assert [each.details for each in proofs if not each.holds] == []
    assert sum(each.enqueued for each in proofs) > 2


def tick() -> Schedule:
    return Schedule(
        id="tick",
        task="write",
        timetable=Timetable(Every(seconds=1), key="tick"),
        arguments=msgspec.Raw(b'{"args":[-1],"kwargs":{}}'),
        overlap=Overlap.ALLOW,
        catch_up=CatchUp.ALL,
    )


async def until(holds: Callable[[], bool], within: float = 30.0) -> None:
    end = time.monotonic() + within
    while not holds():
        assert time.monotonic() < end
        await asyncio.sleep(0.01)


async def settle(broker: LedgerBroker, caller: Caller, crew: Crew) -> None:
    """Everything that was committed ends; of what nobody was told, it is there or it is not."""
    connection = await broker.ledger.database.connect("account")
    ticked = await connection.fetch("select job from horarium.firings where job is not null")
    there = await connection.fetch(
        "select id from horarium.jobs union select id from horarium.job_history"
    )
    uncertain = caller.uncertain & {row["id"] for row in there}
    jobs = caller.sent | uncertain | {row["job"] for row in ticked}
    await finished(connection, len(jobs))
    await account(connection, jobs)
    leases = (
        "select count(*) from horarium.workers where stopped_at is null and lease_until > now()"
    )
    await eventually(lambda: connection.fetchval(leases), len(crew.members) - 1)
    await connection.close()


def the_errors_were_clear(caller: Caller) -> None:
    """It could not be had, or it was cut and nobody knows whether that was committed."""
    assert {type(each) for each in caller.errors} == {Unavailable}
    words = ("cannot be used", "whether that was still committed is not known")
    assert all(any(each in str(error).lower() for each in words) for error in caller.errors)


async def test_a_job_begins_before_its_caller_knows_that_it_is_kept(
    server: Server, broker: LedgerBroker, settings: Settings
) -> None:
    """The caller waits for the disk, or as here for a standby; a worker need not."""
    begun = asyncio.Event()

    @broker.task("begin")
    async def begin() -> None:
        begun.set()

    patient = f"{server.url}&synchronous_commit=on"
    caller = make_broker(msgspec.structs.replace(settings, database_url=patient))
    worker = broker.worker()
    running = asyncio.create_task(worker.run())
    calling = asyncio.create_task(caller.register_task(begin.original_func, "begin").kiq())
    await asyncio.wait_for(begun.wait(), 30)
    assert not calling.done()
    async with broker.ledger.database.connection() as connection:
        waiting = "select pg_cancel_backend(pid) from pg_stat_activity where wait_event = 'SyncRep'"
        assert await connection.fetch(waiting) == [(True,)]
    assert (await calling).is_new
    worker.stop()
    await running
    await caller.shutdown()


@pytest.mark.parametrize("how", [FAST, IMMEDIATE])
async def test_outcomes_wait_for_the_server(
    server: Server, broker: LedgerBroker, settings: Settings, how: signal.Signals
) -> None:
    """Jobs that end while it is away have ended, once, when it is back."""
    begun, end = asyncio.Semaphore(0), asyncio.Event()

    @broker.task("linger")
    async def linger(n: int) -> int:
        begun.release()
        await end.wait()
        return n

    broker.settings = msgspec.structs.replace(settings, lease=60.0, concurrency=30)
    worker = broker.worker()
    running = asyncio.create_task(worker.run())
    await broker.enqueue_many(linger, [(n,) for n in range(30)])
    for _ in range(30):
        await begun.acquire()
    await server.stop(how)
    end.set()
    await until(lambda: len(worker._finisher.ids()) == 30)
    await server.start()
    connection = await broker.ledger.database.connect("account")
    await finished(connection, 30)
    rows = await connection.fetch("select id, state, attempt from horarium.job_history")
    assert len({row["id"] for row in rows}) == 30
    assert {(row["state"], row["attempt"]) for row in rows} == {(State.SUCCEEDED, 1)}
    assert await connection.fetchval("select count(*) from horarium.attempts") == 0
    await connection.close()
    worker.stop()
    await running
