"""`taskiq worker module:broker`, the stock command, as processes of its own."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from labourer import labouring
from workplace import PATIENCE, attempts, enqueue, eventually, presume_dead

from horarium.database import Connection
from horarium.engine import Ledger, NewJob, State
from horarium.engine.jobs.job import arguments
from horarium.engine.worker.lease import rescue
from horarium.settings import Settings

TASKIQ = (str(Path(sys.executable).with_name("taskiq")), "worker", "labourer:broker")


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return msgspec.structs.replace(settings, concurrency=4)


async def leases(connection: Connection) -> int:
    return int(
        await connection.fetchval("select count(*) from horarium.workers where stopped_at is null")
    )


async def running_in(ledger: Ledger, state: State) -> int:
    return (await ledger.counts()).get(state, 0)


async def test_two_processes_work_stop_cleanly_and_are_killed(
    ledger: Ledger, settings: Settings, connection: Connection
) -> None:
    with labouring(settings, *TASKIQ, "--workers", "2", "--max-async-tasks", "2") as process:
        await eventually(lambda: leases(connection), 2)
        await run_jobs_in_both(ledger, connection)
        await stop_while_they_hold_more_than_they_run(ledger, process, connection)
    await eventually(lambda: leases(connection), 0)


async def run_jobs_in_both(ledger: Ledger, connection: Connection) -> None:
    """None ends before each holds as many as it takes."""
    await connection.execute("create table public.gate ()")
    await enqueue(ledger, *(f"both {n}" for n in range(20)), task="gated")
    await eventually(lambda: running_in(ledger, State.RUNNING), 8)
    await connection.execute("insert into public.gate default values")
    await eventually(ledger.counts, {State.SUCCEEDED: 20})
    await connection.execute("delete from public.gate")
    pids = {bytes((await ledger.show(f"both {n}")).result or b"") for n in range(20)}
    assert len(pids) == 2


async def stop_while_they_hold_more_than_they_run(
    ledger: Ledger, process: "subprocess.Popen[bytes]", connection: Connection
) -> None:
    """Eight are claimed, four run: those are finished, the others given back unharmed.

    A claim is no start: only the jobs themselves can say that they have begun.
    """
    await connection.execute("create table public.begun ()")
    await enqueue(ledger, *(f"slow {n}" for n in range(10)), task="entered")
    await eventually(lambda: running_in(ledger, State.RUNNING), 8)
    await eventually(lambda: connection.fetchval("select count(*) from public.begun"), 4)
    process.send_signal(signal.SIGTERM)
    await eventually(lambda: running_in(ledger, State.QUEUED), 6)
    await connection.execute("insert into public.gate default values")
    process.wait(PATIENCE)
    counts = await ledger.counts()
    assert counts == {State.SUCCEEDED: 24, State.QUEUED: 6}
    for job in await ledger.jobs(count=6):
        assert (job.state, job.attempt) == (State.QUEUED, 0)
        assert await attempts(ledger, job.id) == []


async def test_a_process_that_has_run_its_share_is_succeeded(
    ledger: Ledger, settings: Settings, connection: Connection
) -> None:
    """`--max-tasks-per-child`: what it has claimed beyond that goes back unharmed."""
    await connection.execute("create table public.written (n int)")
    options = ("--workers", "1", "--max-tasks-per-child", "7")
    with labouring(settings, *TASKIQ, *options) as process:
        await ledger.enqueue_many(
            NewJob(id=f"{n}", task="write", arguments=arguments(n)) for n in range(20)
        )
        await eventually(ledger.counts, {State.SUCCEEDED: 20})
        process.send_signal(signal.SIGTERM)
        process.wait(PATIENCE)
    assert {(await ledger.show(f"{n}")).attempt for n in range(20)} == {1}
    assert await connection.fetchval("select count(distinct n) = count(*) from public.written")
    assert await connection.fetchval("select count(*) >= 3 from horarium.workers")


async def test_tasks_of_the_pool_run_in_processes_under_the_stock_worker(
    ledger: Ledger, settings: Settings, connection: Connection
) -> None:
    await enqueue(ledger, "ends", task="process id")
    await enqueue(ledger, "hangs", task="hang about")
    with labouring(settings, *TASKIQ, "--workers", "1") as process:
        await eventually(ledger.counts, {State.SUCCEEDED: 1, State.FAILED: 1})
        worker = await connection.fetchval("select pid from horarium.workers")
        found = msgspec.json.decode((await ledger.show("ends")).result or b"")
        assert found not in (worker, process.pid)
        job = await ledger.show("hangs")
        assert job.error is not None
        assert job.error.type == "TimeoutError"
        process.send_signal(signal.SIGTERM)
        process.wait(PATIENCE)


async def test_a_killed_process_leaves_a_right_account(
    ledger: Ledger, settings: Settings, connection: Connection
) -> None:
    await connection.execute("create table public.gate ()")
    await enqueue(ledger, *(f"{n}" for n in range(6)), task="gated")
    with labouring(settings, *TASKIQ, "--workers", "1") as process:
        await eventually(lambda: running_in(ledger, State.RUNNING), 4)
        # The manager sees that its worker has died, and starts another.
        worker = await connection.fetchval("select pid from horarium.workers")
        assert worker != process.pid
        os.kill(worker, signal.SIGKILL)
        await presume_dead(connection, worker)
        await connection.execute("insert into public.gate default values")
        await eventually(ledger.counts, {State.SUCCEEDED: 6})
        process.send_signal(signal.SIGTERM)
        process.wait(PATIENCE)
    lost = [job.id for job in await ledger.jobs(count=6) if job.attempt == 2]
    assert len(lost) == 4
    for job in lost:
        assert await attempts(ledger, job) == [(1, "lost")]
    assert await rescue(connection, lambda: None) == []
