"""Running what is queued in the test's own process, by a worker like any other."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import msgspec

from horarium.application import Horarium
from horarium.database import statement
from horarium.engine import Error, InlineLedger, State, Worker
from horarium.engine import inline as inline_broker
from horarium.errors import Conflict, HorariumError
from horarium.events import Events, JobEnded
from horarium.transaction import current_connection

_LOOK = 0.005


class Ran(msgspec.Struct, frozen=True, kw_only=True):
    """A job that was run, and where it stands after that.

    Attributes:
        attempt: its newest.
        result: plain data, of a job that succeeded.
        error: of its newest attempt, where that did not succeed.
    """

    id: str
    task: str
    state: State
    attempt: int
    result: Any = None
    error: Error | None = None


class NotSettled(HorariumError):
    """Jobs were still running, or followed each other without an end, when time was up."""


async def run_jobs(
    app: Horarium, *, queues: Sequence[str] | None = None, within: float = 30.0
) -> list[Ran]:
    """Run the jobs that are due, and those that they enqueue, until none is left.

    Jobs that are due later are left: see `move_clock`. Those of paused queues are left too.

    Args:
        queues: only jobs of these.
        within: seconds that it may take.

    Returns:
        What became of each job that was run, in the order in which they ended.

    Raises:
        NotSettled: it took longer.
        Conflict: called inside a transaction, whose jobs no worker can see yet.
    """
    if current_connection() is not None:
        raise Conflict(
            "run_jobs was called inside a transaction: a worker does not see jobs that are not "
            "committed; look at them with enqueued, or leave the transaction first"
        )
    ended: dict[str, None] = {}

    def note(event: Any) -> None:
        if isinstance(event, JobEnded):
            ended.pop(event.id, None)
            ended[event.id] = None

    try:
        async with asyncio.timeout(within):
            # What follows a job's outcome, such as a middleware's hook, may enqueue another.
            while await _left(app, queues):
                await _work(app, queues, note)
    except TimeoutError:
        left = await _left(app, queues)
        reason = f"{left} jobs were left after {within:g} s, and {len(ended)} had been run"
        raise NotSettled(reason) from None
    return [await _ran(app, id) for id in ended]


async def fire_schedules(app: Horarium) -> int:
    """Decide every due time that has come, as a scheduler would; returns how many.

    The jobs that it makes are run by `run_jobs`.
    """
    await app.scheduler.synchronise()
    scheduler = app.scheduler.engine()
    decided = 0
    try:
        while fired := await scheduler.step():
            decided += fired
    finally:
        await scheduler.close()
    return decided


@contextmanager
def inline(app: Horarium, *, at_once: bool = True) -> Iterator[InlineLedger]:
    """Run the application's jobs where they are enqueued, without a database, within a block.

    Args:
        at_once: `.kiq()` runs the job before it returns; else `run_all` of what is given, and
            waiting for a result, do.
    """
    ledger = app.ledger
    with inline_broker(app.broker, at_once=at_once) as app.ledger:
        try:
            yield app.ledger
        finally:
            app.ledger = ledger


async def _work(app: Horarium, queues: Sequence[str] | None, note: Any) -> None:
    """One worker, until nothing is left that it could do."""
    events = Events()
    events.subscribe(note)
    events.subscribe(app.events.publish)
    worker = app.broker.worker(queues=queues, events=events)
    running = asyncio.create_task(worker.run())
    try:
        while not running.done() and await _left(app, queues):
            await asyncio.wait([running], timeout=_LOOK)
    finally:
        await _stop(worker, running)


async def _stop(worker: Worker, running: "asyncio.Task[None]") -> None:
    worker.stop()
    try:
        await running
    finally:
        running.cancel()


async def _left(app: Horarium, queues: Sequence[str] | None) -> int:
    async with app.database.connection() as connection:
        sql = statement(__package__, "left")
        return int(await connection.fetchval(sql, app.ledger.clock(), queues))


async def _ran(app: Horarium, id: str) -> Ran:
    job = await app.ledger.show(id)
    return Ran(
        id=id,
        task=job.task,
        state=job.state,
        attempt=job.attempt,
        result=None if job.result is None else msgspec.json.decode(job.result),
        error=job.error,
    )
