"""Ends that were not the task's own: orders to stop a job, and the stop of the worker."""

import asyncio
import threading

import msgspec
import pytest
from asyncpg.transaction import Transaction
from workplace import PATIENCE, attempts, ended, enqueue, eventually, states, working

from horarium.database import Database
from horarium.engine import JobConnection, Ledger, LedgerBroker, State
from horarium.engine.jobs.job import Claim
from horarium.engine.worker.run import Run


class Linger:
    """A task that runs until it is told or stopped, and says how it went."""

    def __init__(self, broker: LedgerBroker) -> None:
        self.begun = asyncio.Event()
        self.end = asyncio.Event()
        self.how: list[str] = []

        @broker.task
        async def linger() -> str:
            self.begun.set()
            try:
                await self.end.wait()
            except asyncio.CancelledError:
                self.how.append("stopped")
                raise
            self.how.append("ended")
            return "by itself"

        self.task = linger


@pytest.fixture
def linger(broker: LedgerBroker) -> Linger:
    return Linger(broker)


def hurried(broker: LedgerBroker) -> None:
    """Let a stop wait for jobs no longer than a moment."""
    broker.settings = msgspec.structs.replace(broker.settings, shutdown=1.0)


async def test_a_running_job_is_stopped_by_order(
    broker: LedgerBroker, ledger: Ledger, linger: Linger
) -> None:
    async with working(broker.worker()):
        sent = await linger.task.kiq()
        await linger.begun.wait()
        assert await ledger.cancel(sent.task_id, "enough") is State.RUNNING
        job = await ended(ledger, sent.task_id)
    assert job.state is State.CANCELLED
    assert job.error is not None
    assert job.error.message == "enough"
    assert linger.how == ["stopped"]


async def test_a_job_in_a_thread_is_cancelled_though_the_thread_goes_on(
    broker: LedgerBroker, ledger: Ledger
) -> None:
    begun, end = threading.Event(), threading.Event()

    @broker.task
    def in_a_thread() -> None:
        begun.set()
        end.wait(PATIENCE)

    async with working(broker.worker()):
        sent = await in_a_thread.kiq()
        await asyncio.to_thread(begun.wait, PATIENCE)
        await ledger.cancel(sent.task_id, "")
        assert (await ended(ledger, sent.task_id)).state is State.CANCELLED
        end.set()


async def test_a_task_that_ends_in_spite_of_the_order_has_succeeded(
    broker: LedgerBroker, ledger: Ledger
) -> None:
    begun = asyncio.Event()

    @broker.task
    async def stubborn() -> str:
        try:
            begun.set()
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            return "done all the same"
        return ""

    async with working(broker.worker()):
        sent = await stubborn.kiq()
        await begun.wait()
        await ledger.cancel(sent.task_id, "")
        assert (await sent.wait_result(timeout=60)).return_value == "done all the same"


async def test_an_order_that_nobody_heard_is_found(
    broker: LedgerBroker, ledger: Ledger, linger: Linger, database: Database
) -> None:
    """The listener is deaf for a moment; the order comes in that moment."""
    async with working(broker.worker()):
        sent = await linger.task.kiq()
        await linger.begun.wait()
        async with database.connection() as connection:
            await connection.execute(
                "update horarium.jobs set cancelling = true where id = $1", sent.task_id
            )
            await connection.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity "
                "where datname = current_database() and application_name = 'horarium listener'"
            )
        assert (await ended(ledger, sent.task_id)).state is State.CANCELLED


async def test_an_order_that_is_heard_before_the_first_step_counts(
    broker: LedgerBroker, ledger: Ledger, linger: Linger
) -> None:
    """The notification may come in the same turn of the loop as the claim."""
    worker = broker.worker()
    start = worker._start

    def start_and_cancel(claim: Claim) -> None:
        start(claim)
        worker._cancel(claim.id)

    worker._claims._start = start_and_cancel
    async with working(worker):
        sent = await linger.task.kiq()
        assert (await ended(ledger, sent.task_id)).state is State.CANCELLED
    assert not linger.begun.is_set()


@pytest.mark.parametrize("step", ["roll_back", "commit"])
async def test_an_order_that_comes_too_late_changes_nothing(
    broker: LedgerBroker, ledger: Ledger, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """Once the outcome is decided it is written, whatever is ordered meanwhile."""

    @broker.task
    async def book(connection: JobConnection) -> int:
        if step == "roll_back":
            raise ValueError
        return int(await connection.fetchval("select 7"))

    plain = getattr(Run, step)

    async def interrupted_step(run: Run) -> None:
        await ledger.cancel(run.claim.id, "too late")
        run.cancelled_because = "too late"
        run.interrupt()
        await asyncio.sleep(0)
        await plain(run)

    monkeypatch.setattr(Run, step, interrupted_step)
    if step == "commit":
        # The job's row is locked by its own finish; the order would wait for it.
        monkeypatch.setattr(ledger, "cancel", lambda *_: asyncio.sleep(0))
    async with working(broker.worker()):
        job = await ended(ledger, (await book.kiq()).task_id)
    assert job.state is (State.FAILED if step == "roll_back" else State.SUCCEEDED)


async def test_being_cancelled_while_the_transaction_begins_leaks_no_connection(
    broker: LedgerBroker, ledger: Ledger, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    @broker.task
    async def book(connection: JobConnection) -> None: ...

    sent = await book.kiq()
    begins = asyncio.Event()
    start = Transaction.start

    async def slow_start(transaction: Transaction) -> None:
        if asyncio.current_task() in {run.task for run in worker._runs}:
            begins.set()
            await asyncio.Event().wait()
        await start(transaction)

    monkeypatch.setattr(Transaction, "start", slow_start)
    worker = broker.worker()
    async with working(worker):
        await begins.wait()
        await ledger.cancel(sent.task_id, "")
        assert (await ended(ledger, sent.task_id)).state is State.CANCELLED
    assert database._pool.get_idle_size() == database._pool.get_size()


async def test_a_stop_waits_for_what_runs(
    broker: LedgerBroker, ledger: Ledger, linger: Linger
) -> None:
    worker = broker.worker()
    async with working(worker):
        sent = await linger.task.kiq()
        await linger.begun.wait()
        worker.stop()
        await enqueue(ledger, "after", task=linger.task.task_name)
        linger.end.set()
    assert (await ledger.show(sent.task_id)).state is State.SUCCEEDED
    assert await states(ledger, "after") == ["queued"]


async def test_a_stop_gives_back_what_does_not_end(
    broker: LedgerBroker, ledger: Ledger, linger: Linger
) -> None:
    hurried(broker)
    async with working(broker.worker()):
        sent = await linger.task.kiq()
        await linger.begun.wait()
    job = await ledger.show(sent.task_id)
    assert (job.state, job.attempt, job.worker) == (State.QUEUED, 0, None)
    assert linger.how == ["stopped"]
    assert await attempts(ledger, sent.task_id) == []


async def test_what_is_claimed_during_the_stop_is_given_back_at_once(
    broker: LedgerBroker, ledger: Ledger, linger: Linger
) -> None:
    worker = broker.worker()
    claim = ledger.claim

    async def claim_and_stop(*given: object) -> list[Claim]:
        claims = await claim(*given)  # type: ignore[arg-type]
        if claims:
            worker.stop()
        return claims

    ledger.claim = claim_and_stop  # type: ignore[method-assign, assignment]
    await enqueue(ledger, "a", task=linger.task.task_name)
    async with working(worker):
        await eventually(lambda: asyncio.sleep(0, worker._is_stopping))
    assert await states(ledger, "a") == ["queued"]
    assert not linger.begun.is_set()


async def test_a_stopped_worker_leaves_nothing_behind(
    broker: LedgerBroker, ledger: Ledger, database: Database, linger: Linger
) -> None:
    async with working(broker.worker()):
        sent = await linger.task.kiq()
        linger.end.set()
        await ended(ledger, sent.task_id)
    async with database.connection() as connection:
        assert await connection.fetchval(
            "select bool_and(stopped_at is not null) from horarium.workers"
        )

        async def connected() -> list[str]:
            rows = await connection.fetch(
                "select application_name from pg_stat_activity where datname = current_database() "
                "and application_name like 'horarium %' order by 1"
            )
            return [row["application_name"] for row in rows]

        await eventually(connected, [])
    assert not [thread for thread in threading.enumerate() if thread.name == "heartbeat"]


async def test_a_worker_whose_part_fails_ends_and_its_jobs_are_rescued(
    broker: LedgerBroker, ledger: Ledger, linger: Linger, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object) -> None:
        raise RuntimeError("a bug in the finisher")

    monkeypatch.setattr("horarium.engine.worker.finisher.Finisher._write", broken)
    await enqueue(ledger, "a", task=linger.task.task_name)
    linger.end.set()
    with pytest.raises(ExceptionGroup, match="unhandled"):
        await asyncio.wait_for(broker.worker().run(), PATIENCE)
    monkeypatch.undo()
    async with working(broker.worker()):
        job = await ended(ledger, "a")
    assert (job.state, job.attempt) == (State.SUCCEEDED, 2)


async def test_a_worker_that_is_cancelled_ends_what_it_runs(
    broker: LedgerBroker, ledger: Ledger, linger: Linger
) -> None:
    running = asyncio.create_task(broker.worker().run())
    sent = await linger.task.kiq()
    await linger.begun.wait()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert linger.how == ["stopped"]
    assert running.cancelled()
    linger.end.set()
    async with working(broker.worker()):
        assert (await ended(ledger, sent.task_id)).attempt == 2
