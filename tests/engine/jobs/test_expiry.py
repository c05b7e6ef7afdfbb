"""Results that are forgotten in time, while the record of their job stays."""

from datetime import UTC, datetime, timedelta

import pytest
from workplace import NewClaimer, enqueue

from horarium.clock import SetClock
from horarium.database import STEADY_PLANS, Connection, Database, statement
from horarium.engine import Ledger
from horarium.engine.jobs.expiry import forget_results
from horarium.engine.jobs.outcome import Held, Succeeded
from horarium.engine.worker.keeping import Keep, tidy

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def clock() -> SetClock:
    return SetClock(NOON)


@pytest.fixture
def ledger(database: Database, clock: SetClock) -> Ledger:
    return Ledger(database, clock)


async def result(ledger: Ledger, id: str) -> bytes | None:
    kept = (await ledger.show(id)).result
    return None if kept is None else bytes(kept)


async def test_a_result_is_forgotten_and_its_job_is_not(
    ledger: Ledger, claimer: NewClaimer, connection: Connection, clock: SetClock
) -> None:
    await enqueue(ledger, "short", "long", "for ever", "nothing")
    worker = await claimer(ledger, now=NOON)
    expiry = {"short": 60.0, "long": 3600.0, "for ever": None, "nothing": 60.0}
    for claim in await worker.claim():
        value = b"null" if claim.id == "nothing" else b'{"rows": 1}'
        assert await worker.finish(claim, Succeeded(value, expiry[claim.id]))
    assert await forget_results(connection, 100, clock) == 0
    assert not (await ledger.show("nothing")).result_expired
    clock.set(NOON + timedelta(minutes=2))
    assert await forget_results(connection, 100, clock) == 2
    job = await ledger.show("short")
    assert (job.state, job.result, job.result_expired) == ("succeeded", None, True)
    assert await result(ledger, "long") == b'{"rows": 1}'
    clock.set(NOON + timedelta(days=3))
    assert await tidy(connection, Keep(), clock)
    assert (await ledger.show("long")).result_expired
    assert await result(ledger, "for ever") == b'{"rows": 1}'
    assert await connection.fetchval("select count(*) from horarium.expiring_results") == 0


async def test_a_refused_outcome_notes_nothing(
    ledger: Ledger, claimer: NewClaimer, connection: Connection
) -> None:
    await enqueue(ledger, "a")
    worker = await claimer(ledger, now=NOON)
    claim = await worker.claim_one()
    await connection.execute("update horarium.jobs set attempt = 2")
    held = [Held(claim, Succeeded(b"1", 1.0))]
    assert await ledger.finish(connection, worker.worker, held) == set()
    assert await connection.fetchval("select count(*) from horarium.expiring_results") == 0
    await connection.execute("delete from horarium.jobs")


async def test_a_job_that_is_run_again_has_its_new_results_time(
    ledger: Ledger, claimer: NewClaimer, connection: Connection, clock: SetClock
) -> None:
    await enqueue(ledger, "a")
    worker = await claimer(ledger, now=NOON, lease=1e6)
    await worker.finish(await worker.claim_one(), Succeeded(b"1", 60.0))
    clock.set(NOON + timedelta(seconds=59))
    await ledger.run_again("a")
    await worker.finish(await worker.claim_one(), Succeeded(b"2"))
    clock.set(NOON + timedelta(hours=1))
    # What was noted is the former end; this one's result is kept as long as its job.
    await forget_results(connection, 100, clock)
    assert await result(ledger, "a") == b"2"


async def test_so_many_at_once(
    ledger: Ledger, claimer: NewClaimer, connection: Connection, clock: SetClock
) -> None:
    await enqueue(ledger, *(f"job {n}" for n in range(7)))
    worker = await claimer(ledger, now=NOON)
    for claim in await worker.claim():
        await worker.finish(claim, Succeeded(b"1", 1.0))
    clock.set(NOON + timedelta(hours=1))
    assert [await forget_results(connection, 3, clock) for _ in range(4)] == [3, 3, 1, 0]


async def test_results_are_found_by_their_indexes(
    ledger: Ledger, database: Database, connection: Connection
) -> None:
    await connection.execute(
        "insert into horarium.job_history (id, task, queue, priority, state, due_at, enqueued_at, "
        "attempt, finished_at, result) "
        "select n::text, 't', 'q', 0, 'succeeded', now(), now(), 1, now(), '1' "
        "from generate_series(1, 20000) n"
    )
    await connection.execute("analyze horarium.job_history")
    steady = await database.connect("steady", STEADY_PLANS)
    try:
        sql = statement("horarium.engine.jobs", "forget_results")
        await steady.execute(f"prepare forget as {sql}")
        rows = await steady.fetch("explain execute forget (null, 5000)")
    finally:
        await steady.close()
    plan = "\n".join(row[0] for row in rows)
    assert "expiring_results_due" in plan, plan
    assert "Seq Scan" not in plan, plan
