"""Limits on how many run at once: never more, nobody forgotten, the first in line first."""

import asyncio
import os
import random
import signal
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import msgspec
import pytest
from labourer import start
from workplace import Claimer, NewClaimer, admit, ended, enqueue, eventually, states, working

from horarium.database import Connection
from horarium.engine import Error, Ledger, LedgerBroker, NewJob, Snooze
from horarium.engine.jobs import gate
from horarium.engine.jobs.limits import Limits, encode
from horarium.engine.jobs.outcome import Failed, GivenBack, Outcome, Snoozed, Succeeded
from horarium.engine.jobs.queues import Queues
from horarium.settings import Settings

ONE = encode(Limits("k", 1))
TWO = encode(Limits("k", 2))


async def test_those_beyond_the_limit_wait_and_are_not_looked_at_again(
    ledger: Ledger, claimer: NewClaimer
) -> None:
    worker = await claimer()
    await enqueue(ledger, "a", "b", "c", limits=TWO)
    await enqueue(ledger, "plain")
    admitted = await admit(worker)
    assert {claim.id for claim in admitted} == {"a", "b", "plain"}
    assert all(claim.worker == worker.worker and claim.attempt == 1 for claim in admitted)
    assert await states(ledger, "a", "b", "c") == ["running", "running", "waiting"]
    assert await worker.claim() == []


@pytest.mark.parametrize(
    "outcome",
    [Succeeded(), Failed(Error("E", "")), Failed(Error("E", ""), 60.0), Snoozed(60.0)],
)
async def test_whatever_becomes_of_a_job_the_next_is_queued(
    ledger: Ledger, claimer: NewClaimer, outcome: Outcome
) -> None:
    worker = await claimer()
    await enqueue(ledger, "a", "b", "c", limits=ONE)
    (a,) = await admit(worker)
    assert await worker.finish(a, outcome)
    assert await states(ledger, "b", "c") == ["queued", "waiting"]
    (b,) = await admit(worker)
    assert b.id == "b"


async def test_the_first_in_line_goes_first(ledger: Ledger, claimer: NewClaimer) -> None:
    worker = await claimer()
    await enqueue(ledger, "a", limits=ONE)
    (a,) = await admit(worker)
    await enqueue(ledger, "c", "b", limits=ONE)
    await enqueue(ledger, "z", limits=ONE, priority=5)
    assert await admit(worker) == []
    order = []
    running = a
    for _ in range(3):
        await worker.finish(running, Succeeded())
        (running,) = await admit(worker)
        order.append(running.id)
    assert order == ["z", "c", "b"]


async def test_a_newcomer_does_not_overtake_a_better_one_that_waits(
    ledger: Ledger, claimer: NewClaimer, connection: Connection
) -> None:
    worker = await claimer()
    await enqueue(ledger, "late", limits=ONE)
    await enqueue(ledger, "better", limits=ONE, priority=1)
    await connection.execute("update horarium.jobs set state = 'waiting' where id = 'better'")
    assert [claim.id for claim in await admit(worker, 1)] == ["better"]
    await admit(worker)
    assert await states(ledger, "late") == ["waiting"]


async def test_a_job_given_back_stands_in_line(ledger: Ledger, claimer: NewClaimer) -> None:
    worker = await claimer()
    await enqueue(ledger, "a", "b", limits=ONE)
    (a,) = await admit(worker)
    await worker.finish(a, GivenBack())
    (a,) = await admit(worker)
    assert (a.id, a.attempt) == ("a", 1)
    assert await states(ledger, "b") == ["waiting"]


async def test_the_turn_of_a_job_that_is_cancelled_passes_on(
    ledger: Ledger, claimer: NewClaimer
) -> None:
    worker = await claimer()
    await enqueue(ledger, "a", "b", "c", "d", limits=ONE)
    (a,) = await admit(worker)
    await ledger.cancel("c", "waiting")
    await worker.finish(a, Succeeded())
    assert await states(ledger, "b", "d") == ["queued", "waiting"]
    await ledger.cancel("b", "queued")
    assert await states(ledger, "d") == ["queued"]


async def test_the_turn_of_a_job_that_is_put_off_passes_on(
    broker: LedgerBroker, claimer: NewClaimer
) -> None:
    @broker.task(debounce=0.01, concurrency_limit={"limit": 1, "key": "queue"}, queue="q")
    async def index() -> None: ...

    @broker.task(concurrency_limit={"limit": 1, "key": "queue"}, queue="q")
    async def other(n: int) -> None: ...

    ledger, worker = broker.ledger, await claimer()
    first = await other.kiq(1)
    (running,) = await admit(worker)
    assert running.id == first.task_id
    put_off = (await index.kiq()).task_id
    await eventually(lambda: promoted(ledger, worker, put_off))
    await admit(worker)
    waits = (await other.kiq(2)).task_id
    await admit(worker)
    await worker.finish(running, Succeeded())
    assert await states(ledger, put_off, waits) == ["queued", "waiting"]
    await index.kiq()
    assert await states(ledger, put_off, waits) == ["scheduled", "queued"]


async def promoted(ledger: Ledger, worker: Claimer, job: str) -> bool:
    await ledger.promote(worker.connection, None)
    return await states(ledger, job) == ["queued"]


async def test_a_turn_is_given_where_somebody_takes_it(ledger: Ledger, claimer: NewClaimer) -> None:
    """The first in line is in a queue that is paused, or that no worker listens to."""
    queues = Queues(ledger.database)
    worker = await claimer(queues=["a", "b"])
    await enqueue(ledger, "running", limits=ONE, queue="a")
    (running,) = await admit(worker)
    await enqueue(ledger, "unserved", limits=ONE, queue="nobody's", priority=3)
    await enqueue(ledger, "paused", limits=ONE, queue="b", priority=2)
    await enqueue(ledger, "first", "second", limits=ONE, queue="a")
    await worker.connection.execute(
        "update horarium.jobs set state = 'waiting' where state = 'queued'"
    )
    await queues.pause("b")
    await worker.finish(running, Succeeded())
    everybody = ("unserved", "paused", "first", "second")
    assert await states(ledger, *everybody) == ["waiting", "waiting", "queued", "waiting"]
    await ledger.cancel("first", "")
    assert await states(ledger, "unserved", "paused", "second") == ["waiting", "waiting", "queued"]
    await queues.resume("b")
    assert await states(ledger, "unserved", "paused") == ["waiting", "queued"]
    await claimer(queues=["nobody's"])
    await gate.sweep(worker.connection)
    assert await states(ledger, "unserved") == ["queued"]


async def test_a_queue_that_is_paused_passes_its_turns_on(
    ledger: Ledger, claimer: NewClaimer
) -> None:
    worker = await claimer()
    await enqueue(ledger, "running", limits=ONE, queue="a")
    (running,) = await admit(worker)
    await enqueue(ledger, "first", limits=ONE, queue="a")
    await enqueue(ledger, "second", limits=ONE, queue="b")
    await admit(worker)
    await worker.finish(running, Succeeded())
    assert await states(ledger, "first", "second") == ["queued", "waiting"]
    await Queues(ledger.database).pause("a")
    assert await states(ledger, "second") == ["queued"]


async def test_a_sweep_finds_those_who_wait_in_vain(
    ledger: Ledger, connection: Connection, claimer: NewClaimer
) -> None:
    await claimer()
    for key in "abc":
        await enqueue(ledger, f"{key}1", f"{key}2", limits=encode(Limits(key, 1)))
    await connection.execute("update horarium.jobs set state = 'waiting'")
    await gate.sweep(connection)
    assert await states(ledger, "a1", "b1", "c1") == ["queued"] * 3
    assert await states(ledger, "a2", "b2", "c2") == ["waiting"] * 3


async def test_an_outcome_that_ends_while_others_are_held_is_not_missed(
    ledger: Ledger, claimer: NewClaimer
) -> None:
    """The finish is not yet committed when the admission counts, and cannot see whom it holds."""
    one, other = await claimer(), await claimer()
    await enqueue(ledger, "a", limits=ONE)
    (a,) = await admit(one)
    await enqueue(ledger, "b", limits=ONE)
    candidates = await other.claim()
    admitting = other.connection.transaction()
    await admitting.start()
    assert await gate.admit(other.connection, other.worker, candidates, ledger.clock) == []
    finishing = asyncio.create_task(one.finish(a, Succeeded()))
    await eventually(lambda: is_blocked(ledger))
    await admitting.commit()
    assert await finishing
    assert await states(ledger, "b") == ["queued"]


async def is_blocked(ledger: Ledger) -> bool:
    async with ledger.database.connection() as connection:
        return bool(
            await connection.fetchval(
                "select count(*) from pg_locks where not granted and locktype = 'advisory' "
                "and database = (select oid from pg_database where datname = current_database())"
            )
        )


# With workers


async def test_held_across_workers(broker: LedgerBroker) -> None:
    running: Counter[int] = Counter()
    most: Counter[int] = Counter()
    full = [asyncio.Event() for _ in range(3)]

    @broker.task(concurrency_limit={"limit": 2, "key": "customer"})
    async def call(customer: int, n: int) -> None:
        running[customer] += 1
        most[customer] = max(most[customer], running[customer])
        if running[customer] == 2:
            full[customer].set()
        await full[customer].wait()  # the limit is used: the first does not end alone
        await asyncio.sleep(0.001)
        running[customer] -= 1

    await broker.enqueue_many(call, [(n % 3, n) for n in range(150)])
    async with AsyncExitStack() as stack:
        for _ in range(3):
            await stack.enter_async_context(working(broker.worker()))
        await eventually(lambda: count(broker.ledger, "succeeded"), 150)
    assert most == {0: 2, 1: 2, 2: 2}


async def count(ledger: Ledger, state: str) -> int:
    return {each.value: n for each, n in (await ledger.counts()).items()}.get(state, 0)


async def test_a_limited_job_occupies_no_slot(broker: LedgerBroker) -> None:
    gate_ = asyncio.Event()

    @broker.task(concurrency_limit=1, priority=9)
    async def slow() -> None:
        await gate_.wait()

    @broker.task
    async def plain() -> None: ...

    await broker.enqueue_many(slow, [()] * 30)
    async with working(broker.worker(slots=2)):
        for _ in range(5):
            await (await plain.kiq()).wait_result(timeout=60)
        assert await count(broker.ledger, "waiting") == 29
        gate_.set()
        await eventually(lambda: count(broker.ledger, "succeeded"), 35)
    await broker.result_backend.shutdown()


async def test_limits_of_a_call_and_of_a_snoozing_task(broker: LedgerBroker) -> None:
    snoozed: set[int] = set()

    @broker.task
    async def work(n: int) -> int | Snooze:
        if n not in snoozed:
            snoozed.add(n)
            return Snooze(0.01)
        return n

    kicker = work.kicker().with_labels(concurrency_limit={"limit": 1, "key": "task"})
    sent = [await kicker.kiq(n) for n in range(10)]
    async with working(broker.worker()):
        for n, each in enumerate(sent):
            job = await ended(broker.ledger, each.task_id)
            assert (msgspec.json.decode(job.result or b""), job.attempt) == (n, 1)


@pytest.fixture
async def labourers(settings: Settings) -> AsyncIterator[list[Any]]:
    settings = msgspec.structs.replace(settings, lease=0.6, shutdown=0.5, concurrency=4)
    processes = [start(settings) for _ in range(2)]
    yield processes
    for process in processes:
        process.kill()
        process.wait()


async def test_nobody_waits_forever_whatever_happens(
    broker: LedgerBroker, ledger: Ledger, settings: Settings, labourers: list[Any]
) -> None:
    """Workers are killed, jobs are cancelled, and one line of jobs under each key goes on."""
    seed = int(os.environ.get("CHANCE", "0")) or random.randrange(10**6)
    chance = random.Random(seed)
    print("CHANCE =", seed)  # noqa: T201 - to run it once more with the same choices
    keys = [encode(Limits(key, most)) for key, most in (("a", 1), ("b", 2), ("c", 3))]
    jobs = [
        NewJob(
            id=str(n), task="pause", limits=chance.choice([*keys, None]),
            priority=chance.randint(-1, 1), delay=chance.choice([0.0, 0.0, 0.3]),
            arguments=msgspec.json.encode(
                {"args": [chance.choice([0.0, 0.01, 0.03])], "kwargs": {}}
            ),
        )
        for n in range(200)
    ]  # fmt: skip
    await ledger.enqueue_many(jobs[:100])
    lively = msgspec.structs.replace(settings, lease=0.6, shutdown=0.5, concurrency=4)
    for step in range(25):
        await asyncio.sleep(chance.random() * 0.05)
        for each in jobs[100 + step * 4 : 104 + step * 4]:
            await ledger.enqueue(each)
        for _ in range(3):
            await ledger.cancel(str(chance.randrange(200)), "by chance")
        if step % 10 == 5:
            victim = labourers.pop(0)
            victim.send_signal(signal.SIGKILL)
            victim.wait()
            labourers.append(start(lively))
        await nobody_over_the_limit(ledger)
    await eventually(lambda: unfinished(ledger), 0, within=30)


async def unfinished(ledger: Ledger) -> int:
    await nobody_over_the_limit(ledger)
    return sum(n for state, n in (await ledger.counts()).items() if not state.final)


async def nobody_over_the_limit(ledger: Ledger) -> None:
    async with ledger.database.connection() as connection:
        rows = await connection.fetch(
            "select limits, count(*) as running from horarium.jobs "
            "where state = 'running' and limits is not null group by limits"
        )
    for row in rows:
        limits = msgspec.json.decode(row["limits"], type=Limits)
        assert limits.concurrency is not None
        assert row["running"] <= limits.concurrency
