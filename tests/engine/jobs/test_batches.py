"""Batches in the ledger: progress that is counted, and cancelling what has not begun."""

import asyncio
from collections.abc import AsyncIterator, Sequence

import pytest
from workplace import Claimer, NewClaimer, admit, enqueue, eventually, states

from horarium.database import Connection
from horarium.engine import After, Batches, Error, Filter, Ledger, NewJob, OnFailure, State
from horarium.engine.jobs.batches import Kind
from horarium.engine.jobs.dependents import Member
from horarium.engine.jobs.outcome import Cancelled, Failed, Succeeded
from horarium.errors import Conflict, InvalidInput, NotFound

WELL = Succeeded(b"1")
BADLY = Failed(Error("ValueError", "no"))


@pytest.fixture
def batches(ledger: Ledger) -> Batches:
    return Batches(ledger)


@pytest.fixture
async def worker(claimer: NewClaimer) -> Claimer:
    return await claimer()


async def some(*members: Member) -> AsyncIterator[Sequence[Member]]:
    yield members


def plain(*ids: str, **fields: object) -> list[Member]:
    return [Member(job=NewJob(id=id, task="t", **fields)) for id in ids]  # type: ignore[arg-type]


def chord(*ids: str, last: str = "last", on_failure: str = "stop") -> list[Member]:
    after = After(ids, OnFailure(on_failure))
    return [
        *(Member(job=NewJob(id=id, task="t"), followed=True) for id in ids),
        Member(job=NewJob(id=last, task="t"), after=after),
    ]


async def test_progress_is_counted_by_state(batches: Batches, worker: Claimer) -> None:
    members = chord("a", "b", "c", on_failure="continue")
    assert await batches.record("x", Kind.CHORD, some(*members), name="all", owner="ada") == 4
    batch, progress = await batches.show("x")
    assert (batch.kind, batch.name, batch.owner, batch.total) == ("chord", "all", "ada", 4)
    assert progress.states == {State.QUEUED: 3, State.WAITING: 1}
    assert (progress.done, progress.share, progress.ended_at) == (0, 0.0, None)
    for claim, outcome in zip(await worker.claim(), (WELL, BADLY, Cancelled("no")), strict=True):
        await worker.finish(claim, outcome)
    _, progress = await batches.show("x")
    assert progress.states == {
        State.SUCCEEDED: 1, State.FAILED: 1, State.CANCELLED: 1, State.QUEUED: 1,
    }  # fmt: skip
    assert (progress.done, progress.share) == (3, 0.75)
    last = await worker.claim_one()
    await worker.finish(last, WELL)
    _, progress = await batches.show("x")
    assert (progress.done, progress.share) == (4, 1.0)
    assert progress.ended_at == (await worker.ledger.show("last")).finished_at


async def test_a_job_that_is_run_again_counts_as_unfinished(
    batches: Batches, ledger: Ledger, worker: Claimer
) -> None:
    await batches.record("x", Kind.GROUP, some(*plain("a")))
    await worker.finish(await worker.claim_one(), BADLY)
    assert await ledger.run_again_many(Filter(batch="x", state=State.FAILED)) == 1
    _, progress = await batches.show("x")
    assert (progress.done, progress.states) == (0, {State.QUEUED: 1})
    assert (await ledger.show("a")).batch == "x"


async def test_ended_jobs_that_are_not_kept_count_as_done(
    batches: Batches, worker: Claimer, connection: Connection
) -> None:
    await batches.record("x", Kind.GROUP, some(*plain("a", "b")))
    await worker.finish(await worker.claim_one(), WELL)
    await connection.execute("delete from horarium.job_history")
    _, progress = await batches.show("x")
    assert (progress.done, progress.total, progress.states) == (1, 2, {State.QUEUED: 1})


async def test_jobs_are_found_by_their_batch(batches: Batches, ledger: Ledger) -> None:
    await batches.record("x", Kind.GROUP, some(*plain("a", "b")))
    await enqueue(ledger, "other")
    found = await ledger.jobs(Filter(batch="x"))
    assert sorted(job.id for job in found) == ["a", "b"]
    assert {job.batch for job in found} == {"x"}
    assert await ledger.counts(Filter(batch="x")) == {State.QUEUED: 2}


async def test_a_batch_is_recorded_whole_or_not_at_all(batches: Batches, ledger: Ledger) -> None:
    await enqueue(ledger, "b")
    with pytest.raises(Conflict, match="'b' is in the ledger already"):
        await batches.record("x", Kind.GROUP, some(*plain("a", "b")))
    with pytest.raises(Conflict, match="'c' is in the ledger already, or twice"):
        await batches.record("x", Kind.GROUP, some(*plain("c", "c")))
    with pytest.raises(InvalidInput, match="name"):
        await batches.record("x", Kind.GROUP, some(*plain("a")), name="")
    assert await ledger.find("a") is None
    for ask in (batches.show("x"), batches.cancel("x", "why")):
        with pytest.raises(NotFound, match="no batch 'x'"):
            await ask


async def test_batches_are_listed_newest_first(batches: Batches) -> None:
    for id in ("one", "two", "three"):
        owner = "ada" if id == "two" else None
        await batches.record(id, Kind.GROUP, some(*plain(id)), owner=owner)
    found, total = await batches.page(count=2)
    assert ([each.id for each in found], total) == (["three", "two"], 3)
    found, total = await batches.page(owner="ada")
    assert ([each.id for each in found], total) == (["two"], 1)


# Cancelling


async def test_cancelling_ends_what_has_not_begun(
    batches: Batches, ledger: Ledger, worker: Claimer
) -> None:
    await batches.record("x", Kind.CHORD, some(*chord("a", "b", "c", on_failure="continue")))
    await enqueue(ledger, "other")
    running = await worker.claim_one()
    done = await batches.cancel("x", "the customer left")
    assert (done.cancelled, done.asked_to_stop) == (3, 0)
    # The callback was to run whatever happened to the others: not when the batch is cancelled.
    assert await states(ledger, "a", "b", "c", "last") == [
        "running", "cancelled", "cancelled", "cancelled",
    ]  # fmt: skip
    error = (await ledger.show("last")).error
    assert error is not None
    assert error.message == "the customer left"
    assert await worker.finish(running, WELL)
    assert await states(ledger, "a", "last", "other") == ["succeeded", "cancelled", "queued"]
    assert (await batches.cancel("x", "again")).cancelled == 0


async def test_cancelling_asks_what_runs_to_stop_if_it_is_to(
    batches: Batches, worker: Claimer, connection: Connection
) -> None:
    heard: list[str] = []
    await connection.add_listener("horarium_cancel", lambda *args: heard.append(args[-1]))
    await batches.record("x", Kind.GROUP, some(*plain("a", "b")))
    await worker.claim_one()
    done = await batches.cancel("x", "why", running=True)
    assert (done.cancelled, done.asked_to_stop) == (1, 1)

    async def seen() -> list[str]:
        return heard

    await eventually(seen, ["a"])


async def test_cancelling_reaches_those_outside_that_follow(
    batches: Batches, ledger: Ledger
) -> None:
    await batches.record("x", Kind.GROUP, some(*plain("a")))
    for id, on_failure in (("b", OnFailure.STOP), ("c", OnFailure.CONTINUE)):
        await ledger.enqueue(NewJob(id=id, task="t", after=After(("a",), on_failure)))
    await batches.cancel("x", "why")
    assert await states(ledger, "b", "c") == ["cancelled", "queued"]


async def test_turns_of_cancelled_jobs_pass_on(
    batches: Batches, ledger: Ledger, worker: Claimer
) -> None:
    limits = b'{"concurrency_key":"k","concurrency":1}'
    await enqueue(ledger, "first", limits=limits)
    (first,) = await admit(worker)
    await batches.record("x", Kind.GROUP, some(*plain("a", limits=limits)))
    await enqueue(ledger, "other", limits=limits)
    assert await admit(worker) == []
    assert await states(ledger, "a", "other") == ["waiting", "waiting"]
    await worker.finish(first, WELL)
    assert await states(ledger, "a", "other") == ["queued", "waiting"]
    await batches.cancel("x", "why")
    assert await states(ledger, "other") == ["queued"]


async def test_a_claim_that_is_under_way_decides(
    batches: Batches, ledger: Ledger, worker: Claimer, connection: Connection
) -> None:
    await batches.record("x", Kind.CHORD, some(*chord("a", "b")))
    transaction = worker.connection.transaction()
    await transaction.start()
    claim = await worker.claim_one()
    cancelling = asyncio.create_task(batches.cancel("x", "why"))

    async def waits() -> bool:
        return bool(
            await connection.fetchval(
                "select exists (select from pg_stat_activity where "
                "datname = current_database() and wait_event_type = 'Lock')"
            )
        )

    await eventually(waits)
    await transaction.commit()
    assert (await cancelling).cancelled == 2
    assert await states(ledger, claim.id, "b", "last") == ["running", "cancelled", "cancelled"]


async def test_who_waits_for_a_cancelled_job_is_told(
    batches: Batches, ledger: Ledger, connection: Connection
) -> None:
    heard: list[str] = []
    await connection.add_listener("horarium_finished", lambda *args: heard.append(args[-1]))
    await batches.record("x", Kind.GROUP, some(*plain("a", "b")))
    assert await ledger.expect("b")
    await batches.cancel("x", "why")

    async def seen() -> list[str]:
        return heard

    await eventually(seen, ["b"])
