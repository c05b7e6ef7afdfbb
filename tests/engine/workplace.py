"""Workers, claimers and patience: what the tests of the engine work with."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import datetime
from typing import Any

from taskiq.receiver import Receiver

from horarium.database import Connection, statement
from horarium.engine import Job, Ledger, LedgerBroker, NewJob, Worker
from horarium.engine.jobs import gate
from horarium.engine.jobs.job import Claim
from horarium.engine.jobs.outcome import Held, Outcome
from horarium.engine.worker.lease import rescue

PATIENCE = 60.0
"""Seconds after which what a test waits for is not going to happen."""


async def eventually(
    look: Callable[[], Awaitable[Any]], wanted: Any = True, within: float = PATIENCE
) -> None:
    """Look again and again until what is seen is what is wanted."""
    seen: Any = None
    try:
        async with asyncio.timeout(within):
            while (seen := await look()) != wanted:
                await asyncio.sleep(0.01)
    except TimeoutError:
        raise AssertionError(f"waited {within} s for {wanted!r}; last seen: {seen!r}") from None


@asynccontextmanager
async def working(worker: Worker) -> AsyncIterator[Worker]:
    """Run a worker for the time of a block, then stop it as a process would."""
    running = asyncio.create_task(worker.run())
    try:
        yield worker
    finally:
        worker.stop()
        await asyncio.wait_for(running, PATIENCE)


@asynccontextmanager
async def receiving(broker: LedgerBroker, **arguments: Any) -> AsyncIterator[None]:
    """Run TaskIQ's own receiver on the broker for the time of a block."""
    stop = asyncio.Event()
    with ThreadPoolExecutor(2) as threads:
        receiver = Receiver(
            broker, threads, **{"max_async_tasks": 10, "run_startup": False, **arguments}
        )
        listening = asyncio.create_task(receiver.listen(stop))
        try:
            yield
        finally:
            stop.set()
            await asyncio.wait_for(listening, PATIENCE)
            await broker.shutdown()


async def register(
    connection: Connection,
    *,
    now: datetime | None = None,
    lease: float = 60.0,
    queues: Sequence[str] | None = None,
) -> int:
    """Announce a worker; returns the id of its lease."""
    sql = statement("horarium.engine.worker", "register")
    worker: int = await connection.fetchval(sql, "tests", "here", 1, queues, 10, lease, now)
    return worker


async def presume_dead(connection: Connection, pid: int) -> None:
    """Have a process's lease lapse, and its jobs rescued, as if that long had gone by.

    What it sent before it was killed or frozen may still be on its way: it is done until it holds.
    """

    async def is_lost() -> bool:
        await connection.execute(
            "update horarium.workers set lease_until = now() - interval '1 s' "
            "where pid = $1 and stopped_at is null",
            pid,
        )
        await rescue(connection, lambda: None)
        live = "select count(*) from horarium.workers where pid = $1 and stopped_at is null"
        return int(await connection.fetchval(live, pid)) == 0

    await eventually(is_lost)


class Claimer:
    """A worker's hand on the ledger: claims and finishes, and runs nothing."""

    def __init__(self, ledger: Ledger, connection: Connection, worker: int) -> None:
        self.ledger = ledger
        self.connection = connection
        self.worker = worker

    async def claim(self, limit: int = 10, queues: Sequence[str] | None = None) -> list[Claim]:
        return await self.ledger.claim(self.connection, self.worker, queues, limit)

    async def claim_one(self) -> Claim:
        (claim,) = await self.claim(1)
        return claim

    async def finish(self, claim: Claim, outcome: Outcome) -> bool:
        """Whether the ledger accepted it."""
        accepted = await self.ledger.finish(self.connection, self.worker, [Held(claim, outcome)])
        return claim.id in accepted


NewClaimer = Callable[..., Awaitable[Claimer]]
AtWork = Callable[[], AbstractAsyncContextManager[Any]]


async def admit(worker: Claimer, limit: int = 10) -> list[Claim]:
    """What a worker would start: what it claims and, of that with limits, what passes the gate."""
    claims = await worker.claim(limit)
    plain = [claim for claim in claims if claim.limits is None]
    candidates = [claim for claim in claims if claim.limits is not None]
    if not candidates:
        return plain
    return plain + await gate.admit(
        worker.connection, worker.worker, candidates, worker.ledger.clock
    )


async def enqueue(ledger: Ledger, *ids: str, **fields: Any) -> None:
    """Enqueue jobs of these ids."""
    for id in ids:
        assert await ledger.enqueue(NewJob(**{"id": id, "task": "t", **fields}))


async def states(ledger: Ledger, *ids: str) -> list[str]:
    """The jobs' states, as words."""
    return [(await ledger.show(id)).state.value for id in ids]


async def attempts(ledger: Ledger, job: str) -> list[tuple[int, str]]:
    """The attempts of a job that did not succeed: number and outcome."""
    async with ledger.database.connection() as connection:
        rows = await connection.fetch(
            "select attempt, outcome from horarium.attempts where job = $1 order by ended_at", job
        )
    return [(row["attempt"], row["outcome"]) for row in rows]


async def ended(ledger: Ledger, id: str) -> Job:
    """The job, once it has ended."""

    async def final() -> bool:
        job = await ledger.find(id)
        return job is not None and job.state.final

    await eventually(final)
    return await ledger.show(id)
