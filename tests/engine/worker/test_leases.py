"""The dead, the frozen and the busy: who loses a job, and who must not."""

import asyncio
import signal
import threading
from typing import Any

import msgspec
import pytest
from labourer import labouring
from workplace import (
    PATIENCE,
    attempts,
    ended,
    enqueue,
    eventually,
    presume_dead,
    states,
    working,
)

from horarium.database import Connection, Database
from horarium.engine import Ledger, LedgerBroker, State
from horarium.engine.worker.keeping import tidy
from horarium.engine.worker.lease import Lease
from horarium.events import JobRescued
from horarium.settings import Settings


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Beats that can be waited for."""
    return msgspec.structs.replace(settings, lease=1.5, shutdown=0.5)


async def test_the_jobs_of_a_killed_worker_are_rescued(
    broker: LedgerBroker, ledger: Ledger, settings: Settings, connection: Connection,
    told: list[Any],
) -> None:  # fmt: skip
    """By whoever comes next, when its lease has lapsed of itself."""

    @broker.task("hold")
    async def hold() -> str:
        return "let go"

    await enqueue(ledger, "a", "b", task="hold")
    with labouring(msgspec.structs.replace(settings, lease=1.0)) as process:
        await eventually(lambda: states(ledger, "a", "b"), ["running", "running"])
        process.kill()
        process.wait()
    lapsed = "select count(*) from horarium.workers where lease_until < now()"
    await eventually(lambda: connection.fetchval(lapsed), 1)
    async with working(broker.worker()):
        for job in ("a", "b"):
            assert (await ended(ledger, job)).attempt == 2
            assert await attempts(ledger, job) == [(1, "lost")]

        async def rescued() -> set[str]:
            return {event.id for event in told if isinstance(event, JobRescued)}

        await eventually(rescued, {"a", "b"})


async def test_a_frozen_worker_wakes_without_its_jobs_and_goes_on(
    broker: LedgerBroker, ledger: Ledger, settings: Settings, connection: Connection
) -> None:
    @broker.task("gated")
    async def gated() -> str:
        return "by the successor"

    await connection.execute("create table public.gate ()")
    await enqueue(ledger, "a", task="gated")
    with labouring(settings) as process:
        await eventually(lambda: states(ledger, "a"), ["running"])
        process.send_signal(signal.SIGSTOP)
        await presume_dead(connection, process.pid)
        async with working(broker.worker()):
            await ended(ledger, "a")
        await connection.execute("insert into public.gate default values")
        process.send_signal(signal.SIGCONT)
        # It has a new lease, under which it works; what it did under the old one is refused.
        await enqueue(ledger, "b", task="pid")
        assert msgspec.json.decode((await ended(ledger, "b")).result or b"") == process.pid
        leases = await connection.fetch(
            "select stopped_at from horarium.workers where pid = $1 order by id", process.pid
        )
        assert [lease["stopped_at"] is None for lease in leases] == [False, True]
        job = await ledger.show("a")
        assert (job.state, job.attempt) == (State.SUCCEEDED, 2)
        assert msgspec.json.decode(job.result or b"") == "by the successor"
        process.terminate()
        assert process.wait(PATIENCE) == 0
    assert await ledger.counts() == {State.SUCCEEDED: 2}


async def test_a_task_that_blocks_the_loop_keeps_its_lease(
    broker: LedgerBroker, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The heartbeat has a thread of its own: while the loop stands still, the lease moves on."""
    blocked, renewed = threading.Event(), threading.Semaphore(0)
    renew = Lease._renew

    async def tell(lease: Lease, connection: Connection) -> bool:
        another_lapsed = await renew(lease, connection)
        if blocked.is_set():
            renewed.release()
        return another_lapsed

    monkeypatch.setattr(Lease, "_renew", tell)

    @broker.task
    async def block() -> list[bool]:
        blocked.set()
        return [renewed.acquire(timeout=PATIENCE) for _ in range(4)]

    async with working(broker.worker()):
        job = await ended(ledger, (await block.kiq()).task_id)
    assert (job.state, job.attempt) == (State.SUCCEEDED, 1)
    assert msgspec.json.decode(job.result or b"") == [True] * 4
    assert job.took is not None
    # From the first of them to the last is as long as a lease holds that nobody renews.
    assert job.took > broker.settings.lease * 0.9


async def alive(connection: Connection) -> int:
    return int(
        await connection.fetchval(
            "select count(*) from horarium.workers where stopped_at is null and lease_until > now()"
        )
    )


async def test_the_heartbeat_outlives_any_error(
    broker: LedgerBroker, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    beats = 0
    beat = Lease._beat_once

    async def stumble(lease: Lease) -> None:
        nonlocal beats
        beats += 1
        if beats in (2, 3):
            raise RuntimeError("a bug, or an error nobody has thought of")
        await beat(lease)

    monkeypatch.setattr(Lease, "_beat_once", stumble)
    async with working(broker.worker()):
        await eventually(lambda: asyncio.sleep(0, beats > 4))
        # On a busy machine a beat may come late; the next one takes the lease up again.
        await eventually(lambda: alive(connection), 1)


async def test_many_workers_tidy_at_once(database: Database, connection: Connection) -> None:
    """Each hour, and at the turn of the month each of them finds the next partition missing."""
    connections = [await database.connect("tidy") for _ in range(8)]
    for _ in range(5):
        rows = await connection.fetch(
            "select relname from pg_class where relname like 'job_history_20__\\___' "
            "and relkind = 'r' and relname > 'job_history_' || to_char(now(), 'YYYY_MM')"
        )
        assert len(rows) == 2
        for row in rows:
            await connection.execute(f"drop table horarium.{row['relname']}")
        await asyncio.gather(*(tidy(each) for each in connections))
    for each in connections:
        await each.close()


async def test_workers_that_are_long_gone_are_forgotten(connection: Connection) -> None:
    for days, _ in ((8, "gone"), (6, "kept")):
        await connection.execute(
            "insert into horarium.workers "
            "(name, host, pid, queues, slots, started_at, lease_until, stopped_at) values "
            f"('{days}', '', 1, '{{}}', 1, now(), now(), now() - interval '{days} days')"
        )
    await tidy(connection)
    names = await connection.fetch("select name from horarium.workers")
    assert [row["name"] for row in names] == ["6"]
