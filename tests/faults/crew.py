"""A crew of workers, to be killed and frozen, and the account the ledger gives of it afterwards.

`python crew.py` is a nursery: a process that has imported everything and forks a worker or a
scheduler when it is told to, in no time. A fork is a process like any other: it has a lease, a
connection and a memory of its own, and can be killed. The nursery ends with its standard input, and
takes its children with it.
"""

import asyncio
import logging
import os
import random
import signal
import subprocess
import sys
from collections.abc import Callable, Coroutine, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import structlog

from horarium.database import Database
from horarium.engine import JobConnection, JobId, Ledger, LedgerBroker, Scheduler, Snooze
from horarium.events import Events
from horarium.settings import SETTINGS, Settings, load

TABLES = """
create table public.written (job text not null, task text not null, n int not null);
create table public.tries (job text not null)
"""
"""No key forbids a second row: only the ledger does."""
PATIENT = {"max_lost": 1000}
"""Labels of all tasks: a job may by chance be in the hands of each worker that is killed."""
AT_ONCE = 5
"""Jobs of the task `narrow` that may run at once."""


def seeds(number: int = 1) -> list[int]:
    """Those that HORARIUM_SEEDS names; without it others each time. A test's name shows its own."""
    given = os.environ.get("HORARIUM_SEEDS")
    if given:
        return [int(each) for each in given.split(",")]
    # The processes of one test run must agree about the names of the tests.
    run = random.Random(os.environ.get("HORARIUM_TEST_RUN"))
    return [run.randrange(10**6) for _ in range(number)]


def make_broker(settings: Settings) -> LedgerBroker:
    """A broker with the crew's tasks; each adds a row inside its job's transaction."""
    assert settings.database_url is not None
    broker = LedgerBroker(Ledger(Database(settings.database_url)), settings, Events())
    declare_writers(broker)
    declare_waverers(broker, Tries(settings.database_url))
    return broker


async def write(connection: Any, job: str, task: str, n: int) -> int:
    await connection.execute("insert into public.written values ($1, $2, $3)", job, task, n)
    await asyncio.sleep(0.02)  # so that a kill finds jobs half done
    return n


def declare_writers(broker: LedgerBroker) -> None:
    """Tasks that succeed at once."""

    def declare(name: str, **labels: Any) -> None:
        @broker.task(name, **PATIENT, **labels)
        async def writer(n: int, job: JobId, connection: JobConnection) -> int:
            return await write(connection, job, name, n)

    declare("write")
    declare("single", unique=True)
    declare("narrow", concurrency_limit=AT_ONCE)
    declare("pace", rate_limit={"limit": 50, "per": 0.2})


class Tries:
    """Counts, beside the job's transaction, how often a job was tried."""

    def __init__(self, url: str) -> None:
        self._database = Database(url, size=2, name="tries")

    async def count(self, job: str) -> int:
        connection = await self._database.acquire()  # `connection()` would be the job's own
        try:
            await connection.execute("insert into public.tries values ($1)", job)
            sql = "select count(*) from public.tries where job = $1"
            return int(await connection.fetchval(sql, job))
        finally:
            await self._database.release(connection)

    async def gate_is_open(self) -> bool:
        connection = await self._database.acquire()
        try:
            return bool(await connection.fetchval("select to_regclass('public.gate') is not null"))
        finally:
            await self._database.release(connection)


def declare_waverers(broker: LedgerBroker, tries: Tries) -> None:
    """Tasks that do not succeed the first time, or never."""

    @broker.task("stumble", **PATIENT, max_retries=100, retry_delay=0.05)
    async def stumble(n: int, job: JobId, connection: JobConnection) -> int:
        await write(connection, job, "stumble", n)
        if await tries.count(job) == 1:
            raise ValueError("the first time always fails")
        return n

    @broker.task("fall", **PATIENT)
    async def fall(n: int, job: JobId, connection: JobConnection) -> int:
        await write(connection, job, "fall", n)
        raise ValueError("it fails for good")

    @broker.task("stand", **PATIENT)
    async def stand(n: int, job: JobId, connection: JobConnection) -> int:
        """Stand with rows written until the gate is open."""
        await write(connection, job, "stand", n)
        await tries.count(job)
        while not await tries.gate_is_open():
            await asyncio.sleep(0.02)
        return n

    @broker.task("doze", **PATIENT, max_retries=100, retry_delay=0.05)
    async def doze(n: int, job: JobId, connection: JobConnection) -> Any:
        if await tries.count(job) == 1:
            return Snooze(0.1)
        return await write(connection, job, "doze", n)


class Crew:
    """Processes of one nursery, by their ids."""

    def __init__(self, settings: Settings) -> None:
        given = {each.variable: getattr(settings, name) for name, each in SETTINGS.items()}
        told = {name: str(value) for name, value in given.items() if value is not None}
        self.members: list[int] = []
        self._nursery = subprocess.Popen(
            [sys.executable, str(Path(__file__))],
            env={**os.environ, **told},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def hire(self, kind: str = "worker") -> int:
        """Start a process; its id."""
        assert self._nursery.stdin is not None
        assert self._nursery.stdout is not None
        self._nursery.stdin.write(f"{kind}\n")
        self._nursery.stdin.flush()
        member = int(self._nursery.stdout.readline())
        self.members.append(member)
        return member

    def kill(self, member: int) -> None:
        """End a process as nothing else ends it."""
        self.members.remove(member)
        os.kill(member, signal.SIGKILL)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._nursery.stdin is not None
        self._nursery.stdin.close()
        self._nursery.wait(20)


async def work() -> None:
    await make_broker(load()).worker().run()


async def schedule() -> None:
    await Scheduler(make_broker(load()).ledger).run()


KINDS: Mapping[str, Callable[[], Coroutine[Any, Any, None]]] = {
    "worker": work,
    "scheduler": schedule,
}


def raise_them() -> None:
    """The nursery's life; in a child, the child's."""
    # What falls is in the ledger; the kills are what this is about, not the words about them.
    logging.disable(logging.CRITICAL)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    children: list[int] = []
    for kind in sys.stdin:
        child = os.fork()
        if child == 0:
            os.dup2(2, 1)  # what it says is not for whoever reads the numbers
            asyncio.run(KINDS[kind.strip()]())
            os._exit(0)
        children.append(child)
        sys.stdout.write(f"{child}\n")
        sys.stdout.flush()
    for child in children:
        os.kill(child, signal.SIGKILL)  # not collected so far: it is nobody else's number
        os.waitpid(child, 0)


def calls(chance: random.Random, jobs: int) -> Sequence[tuple[str, int]]:
    """A mixture of calls: tasks, each with a number of its own; of unique ones few."""
    weights = {"write": 8, "stumble": 3, "fall": 1, "doze": 3, "single": 2, "narrow": 2, "pace": 1}
    names = chance.choices(list(weights), list(weights.values()), k=jobs)
    return [(name, n % 40 if name == "single" else n) for n, name in enumerate(names)]


if __name__ == "__main__":
    raise_them()
