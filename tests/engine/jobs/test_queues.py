"""Queues: what is listed of them, and that a paused one hands nothing out."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from workplace import PATIENCE, NewClaimer, ended, enqueue, eventually, states, working

from horarium.database import STEADY_PLANS, Connection, Database, statement
from horarium.engine import Ledger, LedgerBroker, NewJob, Queues, State
from horarium.engine.jobs import gate
from horarium.engine.jobs.channels import JOBS_CHANNEL
from horarium.engine.jobs.holding import Outlook
from horarium.engine.jobs.outcome import Succeeded
from horarium.errors import InvalidInput, NotFound


@pytest.fixture
def queues(database: Database) -> Queues:
    return Queues(database)


async def test_queues_are_listed_with_what_waits(
    ledger: Ledger, queues: Queues, claimer: NewClaimer
) -> None:
    assert await queues.all() == []
    due = datetime.now(UTC) - timedelta(minutes=5)
    await enqueue(ledger, "a", queue="mail", due_at=due)
    await enqueue(ledger, "b", queue="mail")
    await enqueue(ledger, "c", queue="mail", delay=60.0)
    await enqueue(ledger, "d", queue="slow", delay=60.0)
    await queues.pause("later", "not yet")
    later, mail, slow = await queues.all()
    assert (later.name, later.note, sum(later.states.values())) == ("later", "not yet", 0)
    assert later.paused_at is not None
    assert {state: n for state, n in mail.states.items() if n} == {
        State.QUEUED: 2, State.SCHEDULED: 1,
    }  # fmt: skip
    assert (mail.oldest_due_at, mail.workers, mail.paused_at) == (due, 0, None)
    assert slow.oldest_due_at is None
    await claimer()
    assert [each.workers for each in await queues.all()] == [1, 1, 1]
    assert (await queues.show("mail")) == (await queues.all())[1]


async def test_a_paused_queue_hands_nothing_out(
    ledger: Ledger, queues: Queues, claimer: NewClaimer
) -> None:
    worker = await claimer()
    await enqueue(ledger, "a", queue="a")
    await enqueue(ledger, "b", queue="b")
    await queues.pause("a", "once")
    paused = await queues.pause("a", "twice")
    assert paused.note == "twice"
    assert [claim.id for claim in await worker.claim()] == ["b"]
    assert await worker.claim(queues=["a"]) == []
    assert (await queues.resume("a")).paused_at is None
    assert [claim.id for claim in await worker.claim(queues=["a"])] == ["a"]


async def test_there_is_nothing_to_look_for_in_a_paused_queue(
    ledger: Ledger, queues: Queues, connection: Connection
) -> None:
    await enqueue(ledger, "a", queue="a")
    await queues.pause("a")
    for names in (None, ["a"], ["a", "b"]):
        assert await ledger.promote(connection, names) == Outlook(False, None)
    now = datetime.now(UTC)
    await connection.execute("update horarium.jobs set state = 'scheduled', due_at = $1", now)
    assert await ledger.promote(connection, None) == Outlook(False, None)
    assert await states(ledger, "a") == ["queued"]
    await queues.resume("a")
    for names in (None, ["a"], ["a", "b"]):
        assert await ledger.promote(connection, names) == Outlook(True, None)


async def test_resuming_wakes_the_workers(queues: Queues, connection: Connection) -> None:
    heard: asyncio.Queue[str] = asyncio.Queue()
    await connection.add_listener(JOBS_CHANNEL, lambda *note: heard.put_nowait(note[3]))
    await queues.pause("a")
    await queues.resume("a")
    assert await asyncio.wait_for(heard.get(), PATIENCE) == "a"


async def test_a_worker_passes_a_paused_queue_over(broker: LedgerBroker, queues: Queues) -> None:
    @broker.task("t")
    async def t() -> None: ...

    await queues.pause("a")
    await enqueue(broker.ledger, "a", queue="a")
    async with working(broker.worker()):
        await enqueue(broker.ledger, "b", queue="b")
        assert (await ended(broker.ledger, "b")).state is State.SUCCEEDED
        assert await states(broker.ledger, "a") == ["queued"]
        await queues.resume("a")
        await eventually(lambda: states(broker.ledger, "a"), ["succeeded"])


async def test_a_paused_queue_takes_no_turn_under_a_limit(
    ledger: Ledger, queues: Queues, claimer: NewClaimer
) -> None:
    limits = b'{"concurrency_key":"k","concurrency":1}'
    worker = await claimer()
    await enqueue(ledger, "first", queue="b", limits=limits)
    (admitted,) = await gate.admit(
        worker.connection, worker.worker, await worker.claim(), ledger.clock
    )
    await enqueue(ledger, "a", queue="a", priority=9, limits=limits)
    await enqueue(ledger, "b", queue="b", limits=limits)
    await gate.admit(worker.connection, worker.worker, await worker.claim(), ledger.clock)
    assert await states(ledger, "a", "b") == ["waiting", "waiting"]
    await queues.pause("a")
    await worker.finish(admitted, Succeeded(b"1"))
    assert await states(ledger, "a", "b") == ["waiting", "queued"]
    await queues.resume("a")
    assert await states(ledger, "a", "b") == ["queued", "queued"]


async def test_what_is_no_queue_is_refused(queues: Queues) -> None:
    for name in ("", "x" * 256, "a\0"):
        with pytest.raises(InvalidInput):
            await queues.pause(name)
    with pytest.raises(InvalidInput, match="note"):
        await queues.pause("a", "x" * 1001)
    with pytest.raises(NotFound, match="no queue 'never'"):
        await queues.resume("never")
    assert await queues.all() == []


async def test_a_long_paused_queue_costs_nothing(ledger: Ledger, queues: Queues) -> None:
    """Neither claim nor promote walks through what waits in it."""
    await ledger.enqueue_many(NewJob(task="t", queue="a") for _ in range(5000))
    await queues.pause("a")
    connection = await ledger.database.connect("plans", STEADY_PLANS)
    await connection.execute("analyze horarium.jobs")
    for name, values in (("claim", "0, null, 100, null"), ("promote", "null, null")):
        sql = statement("horarium.engine.jobs", name)
        await connection.execute(f"prepare {name} as {sql}")
        rows = await connection.fetch(
            f"explain (analyze, timing off, buffers, format json) execute {name}({values})"
        )
        plan = rows[0][0].decode() if isinstance(rows[0][0], bytes) else rows[0][0]
        assert '"Seq Scan"' not in plan
        assert '"Actual Rows": 5000' not in plan
    await connection.close()
