"""Calls from code without an event loop."""

import asyncio
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import anyio.to_thread
import pytest
from taskiq.exceptions import SendTaskError
from workplace import AtWork, ended

from horarium.database import Connection
from horarium.engine import InlineBroker, JobConnection, LedgerBroker, State
from horarium.errors import HorariumError, InvalidInput

SCRIPT = """
from horarium import Horarium

app = Horarium(builtin=False)

@app.broker.task("greet")
async def greet(name: str) -> None: ...

sent = greet.kiq_sync("Ada")
assert sent.is_new
assert not greet.kicker().with_task_id(sent.task_id).kiq_sync("Ada").is_new
print(sent.task_id)
"""


def test_a_plain_script_enqueues(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", database_url)
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.split()) == 1


async def test_threads_enqueue_side_by_side(broker: LedgerBroker) -> None:
    @broker.task("work")
    async def work(n: int) -> None: ...

    await broker.ledger.counts()  # the pool of this loop is open, and must not be touched
    with ThreadPoolExecutor(8) as threads:
        calls = [asyncio.wrap_future(threads.submit(work.kiq_sync, n)) for n in range(40)]
        handles = await asyncio.gather(*calls)
    assert len({each.task_id for each in handles}) == 40
    assert (await broker.ledger.counts())[State.QUEUED] == 40


async def test_a_sync_task_enqueues_on_its_workers_loop(
    broker: LedgerBroker, at_work: AtWork
) -> None:
    @broker.task("second")
    async def second() -> int:
        return 2

    @broker.task("first")
    def first() -> str:
        return second.kiq_sync().task_id

    async with at_work():
        sent = await first.kiq()
        inner = (await sent.wait_result(timeout=60)).return_value
        assert (await ended(broker.ledger, inner)).state is State.SUCCEEDED
    assert "horarium-bridge" not in {thread.name for thread in threading.enumerate()}


async def test_a_sync_tasks_calls_belong_to_its_transaction(
    broker: LedgerBroker, at_work: AtWork, connection: Connection
) -> None:
    await connection.execute("create table booked (n int)")

    @broker.task("second")
    async def second() -> None: ...

    @broker.task("first")
    def first(fails: bool, connection: JobConnection) -> None:
        second.kiq_sync()
        if fails:
            raise ValueError("undone")

    async with at_work():
        assert (await (await first.kiq(True)).wait_result(timeout=60)).is_err
        assert not (await (await first.kiq(False)).wait_result(timeout=60)).is_err
    jobs = await broker.ledger.jobs()
    assert [job.task for job in jobs].count("second") == 1


async def test_a_thread_of_anyios_uses_its_loop(broker: LedgerBroker) -> None:
    @broker.task("work")
    async def work() -> None: ...

    sent = await anyio.to_thread.run_sync(work.kiq_sync)
    assert (await broker.ledger.show(sent.task_id)).state is State.QUEUED
    assert "horarium-bridge" not in {thread.name for thread in threading.enumerate()}


async def test_a_running_loop_is_not_stopped(broker: LedgerBroker) -> None:
    @broker.task("work")
    async def work() -> None: ...

    with pytest.raises(HorariumError, match=r"in a running event loop.*write: await task.kiq\(\)"):
        work.kiq_sync()


async def test_refusals_come_through(broker: LedgerBroker) -> None:
    @broker.task("work")
    async def work(what: object) -> None: ...

    with pytest.raises(SendTaskError) as refusal:
        await asyncio.to_thread(work.kiq_sync, object())
    assert isinstance(refusal.value.__cause__, InvalidInput)


def test_inline_calls_run_before_they_return() -> None:
    broker = InlineBroker()
    runs: list[int] = []

    @broker.task("work")
    async def work(n: int) -> None:
        runs.append(n)

    work.kiq_sync(5)
    assert runs == [5]
    broker.bridge.close()
