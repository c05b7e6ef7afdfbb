"""Who gets which job, and what a worker waits for that got none."""

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from workplace import NewClaimer, enqueue, states

from horarium.clock import SetClock
from horarium.database import Connection, Database
from horarium.engine import Ledger, NewJob
from horarium.engine.jobs.holding import Outlook
from horarium.engine.worker.lease import rescue

NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)


@pytest.fixture
def clock() -> SetClock:
    return SetClock(NOON)


@pytest.fixture
def ledger(database: Database, clock: SetClock) -> Ledger:
    return Ledger(database, clock)


async def test_a_claim_hands_over_everything(ledger: Ledger, claimer: NewClaimer) -> None:
    await enqueue(ledger, "a", arguments=b'{"args":[1],"kwargs":{}}', owner="ada", priority=3)
    worker = await claimer(now=NOON)
    claim = await worker.claim_one()
    assert (claim.id, claim.task, claim.attempt, claim.priority) == ("a", "t", 1, 3)
    assert (claim.owner, claim.started_at, claim.worker) == ("ada", NOON, worker.worker)
    assert not claim.expired
    assert not claim.cancelling
    job = await ledger.show("a")
    assert (job.state, job.worker, job.attempt) == ("running", worker.worker, 1)


async def test_priority_goes_before_due_time_and_due_time_before_id(
    ledger: Ledger, claimer: NewClaimer
) -> None:
    earlier = NOON - timedelta(minutes=1)
    await enqueue(ledger, "d", "c")
    await enqueue(ledger, "b", due_at=earlier)
    await enqueue(ledger, "a", priority=-1, due_at=earlier - timedelta(days=9))
    await enqueue(ledger, "e", priority=5)
    worker = await claimer(now=NOON)
    assert [claim.id for claim in await worker.claim(3)] == ["e", "b", "c"]
    assert [claim.id for claim in await worker.claim()] == ["d", "a"]


async def test_priority_holds_across_queues(ledger: Ledger, claimer: NewClaimer) -> None:
    for queue in ("a", "b", "c"):
        await enqueue(ledger, f"{queue}1", queue=queue)
    await enqueue(ledger, "c9", queue="c", priority=9)
    await enqueue(ledger, "a9", queue="a", priority=9, due_at=NOON - timedelta(seconds=1))
    worker = await claimer(now=NOON)
    assert [claim.id for claim in await worker.claim(3)] == ["a9", "c9", "a1"]


async def test_only_the_queues_that_were_named(ledger: Ledger, claimer: NewClaimer) -> None:
    for queue in ("a", "b", "c"):
        await enqueue(ledger, queue, queue=queue)
    worker = await claimer(now=NOON)
    assert [claim.id for claim in await worker.claim(queues=["c", "b", "none"])] == ["b", "c"]
    assert await worker.claim(queues=["b"]) == []
    assert [claim.id for claim in await worker.claim()] == ["a"]


async def test_only_a_live_lease_claims(
    ledger: Ledger, clock: SetClock, claimer: NewClaimer
) -> None:
    await enqueue(ledger, "a", "b")
    worker = await claimer(now=NOON, lease=10)
    assert len(await worker.claim(1)) == 1
    clock.set(NOON + timedelta(seconds=10))
    assert await worker.claim() == []
    worker.worker = 424242
    assert await worker.claim() == []


async def test_two_claimers_at_once_never_share(database: Database, claimer: NewClaimer) -> None:
    ledger = Ledger(database)
    await ledger.enqueue_many(
        NewJob(id=f"{n}", task="t", queue=f"q{n % 3}", priority=n % 2) for n in range(1000)
    )
    workers = [await claimer(ledger) for _ in range(4)]
    taken: Counter[str] = Counter()

    async def claim_all(number: int) -> None:
        while claims := await workers[number].claim(7 + number):
            taken.update(claim.id for claim in claims)

    await asyncio.gather(*(claim_all(number) for number in range(4)))
    # What one had locked the others passed over; the last look finds the rest.
    while claims := await workers[0].claim(100):
        taken.update(claim.id for claim in claims)
    assert taken == Counter({f"{n}": 1 for n in range(1000)})


async def test_a_locked_job_is_passed_over(
    ledger: Ledger, claimer: NewClaimer, connection: Connection
) -> None:
    await enqueue(ledger, "a", "b")
    worker = await claimer(now=NOON)
    async with connection.transaction():
        await connection.execute("select from horarium.jobs where id = 'a' for update")
        assert [claim.id for claim in await worker.claim()] == ["b"]
    assert [claim.id for claim in await worker.claim()] == ["a"]


async def test_an_expired_job_is_handed_over_as_such(
    ledger: Ledger, clock: SetClock, claimer: NewClaimer
) -> None:
    await enqueue(ledger, "a", expires_after=60.0)
    await enqueue(ledger, "b", expires_after=60.1)
    worker = await claimer(now=NOON, lease=600)
    clock.set(NOON + timedelta(seconds=60))
    assert {claim.id: claim.expired for claim in await worker.claim()} == {"a": True, "b": False}


async def test_what_is_due_is_promoted_and_the_next_is_announced(
    ledger: Ledger, clock: SetClock, connection: Connection
) -> None:
    assert await ledger.promote(connection, None) == Outlook(False, None)
    await enqueue(ledger, "a", delay=5.0)
    await enqueue(ledger, "b", delay=60.0)
    assert await ledger.promote(connection, None) == Outlook(False, 5.0)
    clock.set(NOON + timedelta(seconds=20))
    assert await ledger.promote(connection, None) == Outlook(True, 40.0)
    assert await states(ledger, "a", "b") == ["queued", "scheduled"]


async def test_readiness_is_that_of_the_named_queues(
    ledger: Ledger, connection: Connection
) -> None:
    await enqueue(ledger, "a", queue="a")
    assert await ledger.promote(connection, ["b"]) == Outlook(False, None)
    assert await ledger.promote(connection, ["a", "b"]) == Outlook(True, None)


async def test_what_another_is_just_promoting_is_looked_at_again_at_once(
    ledger: Ledger, clock: SetClock, connection: Connection
) -> None:
    await enqueue(ledger, "a", delay=1.0)
    clock.set(NOON + timedelta(seconds=2))
    other = await ledger.database.connect("other")
    async with other.transaction():
        await ledger.promote(other, ["another queue"])
        assert await ledger.promote(connection, None) == Outlook(False, 0.0)
    assert await ledger.promote(connection, None) == Outlook(True, None)
    await other.close()


async def test_more_due_jobs_than_one_statement_takes_are_not_forgotten(
    ledger: Ledger, clock: SetClock, connection: Connection
) -> None:
    await ledger.enqueue_many(NewJob(task="t", queue="a", delay=1.0) for _ in range(1500))
    clock.set(NOON + timedelta(seconds=2))
    assert await ledger.promote(connection, ["b"]) == Outlook(False, 0.0)
    assert await ledger.promote(connection, ["b"]) == Outlook(False, None)


async def test_a_lapsed_lease_gives_its_jobs_to_others(
    ledger: Ledger, clock: SetClock, claimer: NewClaimer
) -> None:
    await enqueue(ledger, "a", "b", "c")
    dead, alive = await claimer(now=NOON, lease=10), await claimer(now=NOON, lease=100)
    first = {claim.id for claim in await dead.claim(2)}
    clock.set(NOON + timedelta(seconds=9))
    assert await rescue(alive.connection, clock) == []
    clock.set(NOON + timedelta(seconds=10))
    rescued = await rescue(alive.connection, clock)
    assert {(job.id, job.attempt, job.worker) for job in rescued} == {
        (id, 1, dead.worker) for id in first
    }
    assert await rescue(alive.connection, clock) == []
    assert {claim.id: claim.attempt for claim in await alive.claim()} == {"a": 2, "b": 2, "c": 1}


async def test_many_rescuers_at_once_rescue_once(
    ledger: Ledger, clock: SetClock, claimer: NewClaimer
) -> None:
    await enqueue(ledger, *(f"{n}" for n in range(50)))
    dead = await claimer(now=NOON, lease=10)
    await dead.claim(50)
    rescuers = [await claimer(now=NOON, lease=100) for _ in range(4)]
    clock.set(NOON + timedelta(seconds=11))
    found = await asyncio.gather(*(rescue(each.connection, clock) for each in rescuers))
    assert sorted(job.id for jobs in found for job in jobs) == sorted(f"{n}" for n in range(50))
