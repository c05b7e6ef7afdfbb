"""Outcomes: who may write them, and what becomes of the job."""

import asyncio
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from workplace import PATIENCE, Claimer, NewClaimer, attempts, enqueue, states

from horarium.clock import SetClock
from horarium.database import Connection, Database
from horarium.engine import Error, Ledger, NewJob
from horarium.engine.jobs.channels import FINISHED_CHANNEL
from horarium.engine.jobs.outcome import (
    Again,
    Cancelled,
    Failed,
    GivenBack,
    Held,
    Outcome,
    Snoozed,
    Succeeded,
)
from horarium.engine.worker.lease import rescue

NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)
BOOM = Error("ValueError", "boom", "Traceback ...", "builtins")
FINAL = {
    "succeeded": Succeeded(b'{"sum":3}'),
    "failed": Failed(BOOM),
    "cancelled": Cancelled("not wanted"),
}
BACK: dict[str, Outcome] = {
    "retrying": Failed(BOOM, retry_after=7.0),
    "scheduled": Snoozed(7.0),
    "queued": GivenBack(),
}


@pytest.fixture
def clock() -> SetClock:
    return SetClock(NOON)


@pytest.fixture
def ledger(database: Database, clock: SetClock) -> Ledger:
    return Ledger(database, clock)


@pytest.fixture
async def worker(claimer: NewClaimer) -> Claimer:
    return await claimer(now=NOON, lease=1000)


@pytest.mark.parametrize("state", FINAL)
async def test_a_final_outcome_moves_the_job_to_history(
    ledger: Ledger, worker: Claimer, connection: Connection, state: str
) -> None:
    await enqueue(ledger, "a", owner="ada")
    assert await worker.finish(await worker.claim_one(), FINAL[state])
    job = await ledger.show("a")
    assert (job.state, job.attempt, job.worker, job.owner) == (state, 1, worker.worker, "ada")
    assert (job.finished_at, job.took) == (NOON, 0)
    assert (job.result and bytes(job.result)) == (b'{"sum": 3}' if state == "succeeded" else None)
    assert job.error == {
        "succeeded": None,
        "failed": BOOM,
        "cancelled": Error("Cancelled", "not wanted"),
    }.get(state)
    assert await connection.fetchval("select count(*) from horarium.jobs") == 0


@pytest.mark.parametrize("state", BACK)
async def test_other_outcomes_send_the_job_back(
    ledger: Ledger, clock: SetClock, worker: Claimer, state: str
) -> None:
    await enqueue(ledger, "a")
    assert await worker.finish(await worker.claim_one(), BACK[state])
    job = await ledger.show("a")
    assert (job.state, job.worker) == (state, None)
    assert job.due_at == (NOON if state == "queued" else NOON + timedelta(seconds=7))
    clock.set(NOON + timedelta(seconds=7))
    await ledger.promote(worker.connection, None)
    # Only a failure counts as an attempt.
    assert (await worker.claim_one()).attempt == (2 if state == "retrying" else 1)


async def test_a_failed_attempt_is_kept_with_error_and_traceback(
    ledger: Ledger, worker: Claimer, connection: Connection
) -> None:
    await enqueue(ledger, "a")
    for number in (1, 2):
        claim = await worker.claim_one()
        assert claim.attempt == number
        await worker.finish(claim, Failed(BOOM, retry_after=0.0))
        await ledger.promote(connection, None)
    assert (await ledger.show("a")).error == BOOM
    assert await worker.finish(await worker.claim_one(), Succeeded(b"1"))
    rows = await connection.fetch("select * from horarium.attempts order by attempt")
    assert [(row["job"], row["attempt"], row["outcome"]) for row in rows] == [
        ("a", 1, "failed"),
        ("a", 2, "failed"),
    ]
    assert rows[0]["worker"] == worker.worker
    assert msgspec.json.decode(rows[0]["error"], type=Error) == BOOM
    job = await ledger.show("a")
    assert (job.attempt, job.error) == (3, None)


async def test_snoozes_and_returns_leave_no_attempts(ledger: Ledger, worker: Claimer) -> None:
    await enqueue(ledger, "a")
    await worker.finish(await worker.claim_one(), GivenBack())
    await worker.finish(await worker.claim_one(), Snoozed(0.0))
    assert await attempts(ledger, "a") == []


async def test_why_a_job_waits_is_shown(ledger: Ledger, worker: Claimer) -> None:
    await enqueue(ledger, "a")
    await worker.finish(await worker.claim_one(), Snoozed(60.0, "no worker knows the task"))
    assert (await ledger.show("a")).error == Error("Snoozed", "no worker knows the task")


async def test_another_attempt_may_have_another_call(
    ledger: Ledger, worker: Claimer, connection: Connection
) -> None:
    await enqueue(ledger, "a", labels=b'{"x":1}')
    changed = Again(b'{"args":[2],"kwargs":{}}', None, b'{"_retries":1}')
    await worker.finish(await worker.claim_one(), Failed(BOOM, 0.0, changed))
    await ledger.promote(connection, None)
    claim = await worker.claim_one()
    assert msgspec.json.decode(claim.arguments or b"") == {"args": [2], "kwargs": {}}
    assert msgspec.json.decode(claim.labels or b"") == {"_retries": 1}


@pytest.mark.parametrize("outcome", [*FINAL.values(), *BACK.values()], ids=[*FINAL, *BACK])
async def test_a_late_finisher_is_refused(
    ledger: Ledger, clock: SetClock, claimer: NewClaimer, outcome: Outcome
) -> None:
    late, successor = await claimer(now=NOON, lease=10), await claimer(now=NOON, lease=1000)
    await enqueue(ledger, "a")
    old = await late.claim_one()
    clock.set(NOON + timedelta(seconds=11))
    await rescue(successor.connection, clock)
    assert not await late.finish(old, outcome)
    assert await states(ledger, "a") == ["queued"]
    new = await successor.claim_one()
    assert not await late.finish(old, outcome)
    assert await states(ledger, "a") == ["running"]
    assert await successor.finish(new, Succeeded(b"1"))
    assert not await late.finish(old, outcome)
    assert await states(ledger, "a") == ["succeeded"]
    assert await attempts(ledger, "a") == [(1, "lost")]


async def test_a_second_attempt_is_not_closed_by_a_late_first_of_the_same_worker(
    ledger: Ledger, worker: Claimer
) -> None:
    await enqueue(ledger, "a")
    first = await worker.claim_one()
    await worker.finish(first, Failed(BOOM, retry_after=0.0))
    await ledger.promote(worker.connection, None)
    second = await worker.claim_one()
    assert not await worker.finish(first, Succeeded(b"1"))
    assert await states(ledger, "a") == ["running"]
    assert await worker.finish(second, Succeeded(b"2"))


async def test_a_batch_records_what_still_holds_and_nothing_else(
    ledger: Ledger, worker: Claimer
) -> None:
    await enqueue(ledger, "a", "b", "c", "d")
    claims = await worker.claim()
    await worker.finish(claims[1], Cancelled(""))
    held = [Held(claim, Succeeded(b"null")) for claim in claims[:3]]
    held.append(Held(claims[3], Failed(BOOM, retry_after=1.0)))
    accepted = await ledger.finish(worker.connection, worker.worker, held)
    assert accepted == {"a", "c", "d"}
    assert await states(ledger, "a", "b", "c", "d") == [
        "succeeded",
        "cancelled",
        "succeeded",
        "retrying",
    ]


async def test_two_outcomes_for_one_attempt_at_once_leave_one(
    ledger: Ledger, worker: Claimer, connection: Connection
) -> None:
    await enqueue(ledger, *(f"{n}" for n in range(20)))
    for claim in await worker.claim(20):
        outcomes: list[Outcome] = [Succeeded(b"1"), Failed(BOOM, retry_after=1.0)]
        accepted = await asyncio.gather(
            *(
                ledger.finish(each, worker.worker, [Held(claim, outcome)])
                for each, outcome in zip((worker.connection, connection), outcomes, strict=True)
            )
        )
        assert sorted(map(len, accepted)) == [0, 1]


async def test_ending_an_awaited_job_notifies(
    ledger: Ledger, worker: Claimer, connection: Connection
) -> None:
    heard: asyncio.Queue[str] = asyncio.Queue()
    await connection.add_listener(FINISHED_CHANNEL, lambda *note: heard.put_nowait(note[3]))
    await enqueue(ledger, "a", "b", "c")
    assert await ledger.expect("a")
    assert await ledger.expect("c")
    assert not await ledger.expect("never enqueued")
    for claim in await worker.claim(2):
        await worker.finish(claim, Succeeded(b"null"))
    await ledger.cancel("c", "")
    assert [await asyncio.wait_for(heard.get(), PATIENCE) for _ in range(2)] == ["a", "c"]
    assert not await ledger.expect("a")


async def test_a_job_that_has_no_month_is_kept_all_the_same(
    ledger: Ledger, clock: SetClock, worker: Claimer
) -> None:
    clock.set(datetime(1999, 12, 31, tzinfo=UTC))
    await ledger.enqueue(NewJob(id="old", task="t"))
    worker.worker = worker.worker
    assert await worker.finish(await worker.claim_one(), Succeeded(b"1"))
    assert (await ledger.show("old")).finished_at == clock.now
