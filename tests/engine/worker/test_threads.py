"""Sync tasks in threads: being told to stop, being left behind, and how many run at once."""

import asyncio
import threading
import time
from typing import Any

import msgspec
import pytest
from structlog.testing import capture_logs
from workplace import PATIENCE, ended, eventually, receiving, working

from horarium import Cancellation, cancelled
from horarium.engine import Ledger, LedgerBroker, State
from horarium.settings import Settings


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return msgspec.structs.replace(settings, threads=2, shutdown=0.5)


class Work:
    """A sync task that runs until it is let go, or hears that it should stop."""

    def __init__(self, broker: LedgerBroker, how: str, **labels: Any) -> None:
        self.begun = threading.Event()
        self.let_go = threading.Event()
        self.heard = threading.Event()
        if how == "checking":

            def work(stop: Cancellation) -> str:
                return self.checking(stop)
        else:

            def work() -> str:  # type: ignore[misc]
                return str(getattr(self, how)())

        self.task = broker.task(f"work by {how}", **labels)(work)

    def deaf(self) -> str:
        self.begun.set()
        self.let_go.wait(PATIENCE)
        return "at last"

    def asking(self) -> str:
        while not cancelled():
            self.begun.set()
            self.let_go.wait(0.01)
        self.heard.set()
        return "half of it"

    def checking(self, stop: Cancellation) -> str:
        self.begun.set()
        try:
            while True:
                stop.check()
                self.let_go.wait(0.01)
        finally:
            self.heard.set()

    async def has_begun(self) -> None:
        assert await asyncio.to_thread(self.begun.wait, PATIENCE)


async def test_a_task_that_asks_ends_as_cancelled(broker: LedgerBroker, ledger: Ledger) -> None:
    work = Work(broker, "checking")
    async with working(broker.worker()):
        sent = await work.task.kiq()
        await work.has_begun()
        await ledger.cancel(sent.task_id, "enough")
        job = await ended(ledger, sent.task_id)
        assert work.heard.is_set()
    assert job.state is State.CANCELLED


async def test_a_task_that_returns_in_spite_of_the_order_has_succeeded(
    broker: LedgerBroker, ledger: Ledger
) -> None:
    work = Work(broker, "asking")
    async with working(broker.worker()):
        sent = await work.task.kiq()
        await work.has_begun()
        await ledger.cancel(sent.task_id, "enough")
        assert (await sent.wait_result(timeout=PATIENCE)).return_value == "half of it"


async def test_a_task_that_asks_hears_that_it_is_over_its_time(
    broker: LedgerBroker, ledger: Ledger
) -> None:
    work = Work(broker, "checking", timeout=0.2)
    async with working(broker.worker()):
        job = await ended(ledger, (await work.task.kiq()).task_id)
        assert work.heard.is_set()
    assert (job.state, job.error and job.error.type) == (State.FAILED, "TimeoutError")
    assert "timeout of 0.2 s" in (job.error.message if job.error else "")


async def test_a_task_under_taskiqs_receiver_hears_it_too(
    broker: LedgerBroker, ledger: Ledger
) -> None:
    work = Work(broker, "checking")
    async with receiving(broker):
        sent = await work.task.kiq()
        await work.has_begun()
        await ledger.cancel(sent.task_id, "enough")
        assert (await ended(ledger, sent.task_id)).state is State.CANCELLED
        assert await asyncio.to_thread(work.heard.wait, PATIENCE)


async def test_a_task_that_asks_hears_that_its_worker_stops(
    broker: LedgerBroker, ledger: Ledger
) -> None:
    work = Work(broker, "checking")
    async with working(broker.worker()):
        sent = await work.task.kiq()
        await work.has_begun()
    job = await ledger.show(sent.task_id)
    assert (job.state, job.attempt) == (State.QUEUED, 0)
    assert work.heard.is_set()


async def test_a_thread_that_is_left_behind_stays_counted(
    broker: LedgerBroker, ledger: Ledger
) -> None:
    """Two threads, both left behind: a third job waits, and its own time does not pass."""
    work = Work(broker, "deaf", timeout=0.2)

    @broker.task(timeout=0.5)
    def third() -> str:
        return threading.current_thread().name

    async with working(broker.worker()):
        with capture_logs() as logs:
            for sent in [await work.task.kiq(), await work.task.kiq()]:
                job = await ended(ledger, sent.task_id)
                assert (job.state, job.error and job.error.type) == (State.FAILED, "TimeoutError")
        left = [line for line in logs if "its thread goes on" in line["event"]]
        assert [line["left_behind"] for line in left] == [1, 2]
        waiting = await third.kiq()
        await eventually(lambda: running(ledger, waiting.task_id))
        first = time.monotonic()
        # Until a thread returns, nothing can have run; more than the job's own time goes by.
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.8):
                await ended(ledger, waiting.task_id)
        assert time.monotonic() - first > 0.7
        work.let_go.set()
        result = await waiting.wait_result(timeout=PATIENCE)
    assert result.return_value == "horarium-task"


async def running(ledger: Ledger, job: str) -> bool:
    return (await ledger.show(job)).state is State.RUNNING


async def test_a_stuck_thread_does_not_hold_up_the_worker(
    broker: LedgerBroker, ledger: Ledger
) -> None:
    work = Work(broker, "deaf")
    began = time.monotonic()
    async with working(broker.worker()):
        sent = await work.task.kiq()
        await work.has_begun()
    assert time.monotonic() - began < PATIENCE / 2
    job = await ledger.show(sent.task_id)
    assert (job.state, job.attempt) == (State.QUEUED, 0)
    work.let_go.set()


async def test_a_worker_that_has_left_leaves_no_threads(broker: LedgerBroker) -> None:
    @broker.task
    def short() -> None: ...

    before = set(threading.enumerate())  # another test may have left one behind
    async with working(broker.worker()):
        for sent in [await short.kiq() for _ in range(5)]:
            await sent.wait_result(timeout=PATIENCE)

    async def alive() -> list[str]:
        return [
            each.name
            for each in threading.enumerate()
            if each.name == "horarium-task" and each not in before
        ]

    await eventually(alive, [])


async def test_a_task_that_asked_and_does_not_hear_is_given_back_all_the_same(
    broker: LedgerBroker, ledger: Ledger
) -> None:
    begun, let_go = threading.Event(), threading.Event()

    @broker.task
    def asks_once() -> None:
        assert not cancelled()
        begun.set()
        let_go.wait(PATIENCE)

    async with working(broker.worker()):
        sent = await asks_once.kiq()
        assert await asyncio.to_thread(begun.wait, PATIENCE)
    job = await ledger.show(sent.task_id)
    assert (job.state, job.attempt) == (State.QUEUED, 0)
    let_go.set()


async def test_a_stop_iteration_fails_the_job(broker: LedgerBroker, ledger: Ledger) -> None:
    @broker.task
    def stop() -> None:
        raise StopIteration("by mistake")

    async with working(broker.worker()):
        job = await ended(ledger, (await stop.kiq()).task_id)
    assert (job.state, job.error and job.error.type) == (State.FAILED, "RuntimeError")


async def test_where_there_is_no_job_nothing_is_cancelled(broker: LedgerBroker) -> None:
    assert not cancelled()


async def test_a_worker_that_is_told_twice_gives_back_at_once(
    broker: LedgerBroker, ledger: Ledger
) -> None:
    broker.settings = msgspec.structs.replace(broker.settings, shutdown=600.0)
    work = Work(broker, "deaf")
    worker = broker.worker()
    async with working(worker):
        sent = await work.task.kiq()
        await work.has_begun()
        worker.stop()
        worker.stop(within=0)
    assert (await ledger.show(sent.task_id)).state is State.QUEUED
    work.let_go.set()


async def test_a_worker_that_leaves_at_leisure_waits_for_its_jobs(
    broker: LedgerBroker, ledger: Ledger
) -> None:
    work = Work(broker, "deaf")
    worker = broker.worker()
    async with working(worker):
        sent = await work.task.kiq()
        await work.has_begun()
        worker.stop(within=float("inf"))
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(broker.settings.shutdown * 2):
                await ended(ledger, sent.task_id)
        work.let_go.set()
        assert (await ended(ledger, sent.task_id)).state is State.SUCCEEDED


async def test_an_order_that_nobody_heard_is_found_while_a_worker_leaves_at_leisure(
    broker: LedgerBroker, ledger: Ledger
) -> None:
    work = Work(broker, "checking")
    worker = broker.worker()
    async with working(worker):
        sent = await work.task.kiq()
        await work.has_begun()
        worker.stop(within=float("inf"))
        async with ledger.database.connection() as connection:
            await connection.execute(
                "update horarium.jobs set cancelling = true where id = $1", sent.task_id
            )
            await connection.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity "
                "where datname = current_database() and application_name = 'horarium listener'"
            )
        assert (await ended(ledger, sent.task_id)).state is State.CANCELLED
