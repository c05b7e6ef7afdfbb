"""Running again what has ended: one job, many by filter, and what must not happen meanwhile."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from workplace import PATIENCE, Claimer, NewClaimer, enqueue, states

from horarium.clock import SetClock
from horarium.database import Connection
from horarium.engine import Error, Filter, Ledger, NewJob, State
from horarium.engine.jobs.channels import JOBS_CHANNEL
from horarium.engine.jobs.job import Enqueued, UniqueKey, arguments
from horarium.engine.jobs.outcome import Cancelled, Failed, Outcome, Succeeded
from horarium.engine.jobs.uniqueness import UNFINISHED
from horarium.errors import Conflict, InvalidInput, NotFound

FAILED = Failed(Error("E", "broken"))


@pytest.fixture
async def worker(claimer: NewClaimer) -> Claimer:
    return await claimer()


async def end(worker: Claimer, outcome: Outcome, *ids: str, **fields: Any) -> None:
    """Enqueue jobs of these ids and end them."""
    await enqueue(worker.ledger, *ids, **fields)
    for claim in await worker.claim(len(ids)):
        assert await worker.finish(claim, outcome)


@pytest.mark.parametrize("outcome", [Succeeded(b"1"), FAILED, Cancelled("enough")])
async def test_an_ended_job_is_queued_as_if_new(worker: Claimer, outcome: Outcome) -> None:
    ledger = worker.ledger
    await end(worker, outcome, "a", priority=3, owner="me", labels=b'{"_retries":2,"x":1}')
    before = await ledger.show("a")
    again = await ledger.run_again("a")
    assert (again.state, again.attempt, again.error, again.result) == (State.QUEUED, 0, None, None)
    assert (again.priority, again.owner, again.enqueued_at) == (3, "me", before.enqueued_at)
    assert again.finished_at is None
    assert again.due_at >= before.finished_at  # type: ignore[operator]
    assert bytes(again.labels or b"") == b'{"x": 1}'
    claim = await worker.claim_one()
    assert (claim.id, claim.attempt) == ("a", 1)
    assert await worker.finish(claim, Succeeded(b"2"))
    runs = await ledger.attempts("a")
    assert [(run.attempt, run.outcome, run.error) for run in runs] == [
        (1, before.state, before.error),
        (1, "succeeded", None),
    ]


async def test_a_job_that_failed_and_was_cancelled_in_one_instant(worker: Claimer) -> None:
    """Found by random lives: both ends would be the same attempt at the same time."""
    ledger = worker.ledger
    ledger.clock = SetClock(datetime.now(UTC))
    await enqueue(ledger, "a")
    retried = Failed(Error("E", "broken"), retry_after=60.0)
    assert await worker.finish(await worker.claim_one(), retried)
    assert await ledger.cancel("a", "enough") is State.CANCELLED
    assert (await ledger.run_again("a")).state is State.QUEUED
    assert [run.outcome for run in await ledger.attempts("a")] == ["failed"]


async def test_its_workers_are_woken(worker: Claimer, connection: Connection) -> None:
    await end(worker, FAILED, "a", queue="mail")
    heard: asyncio.Queue[str] = asyncio.Queue()
    await connection.add_listener(JOBS_CHANNEL, lambda *note: heard.put_nowait(note[3]))
    await worker.ledger.run_again("a")
    assert await asyncio.wait_for(heard.get(), PATIENCE) == "mail"


async def test_what_has_not_ended_is_refused(worker: Claimer) -> None:
    ledger = worker.ledger
    with pytest.raises(NotFound, match="no job 'never'"):
        await ledger.run_again("never")
    await enqueue(ledger, "a")
    with pytest.raises(Conflict, match="'a' is queued"):
        await ledger.run_again("a")
    await worker.claim_one()
    with pytest.raises(Conflict, match="'a' is running"):
        await ledger.run_again("a")


async def test_many_at_once_run_it_again_once(worker: Claimer) -> None:
    await end(worker, FAILED, "a")
    done = await asyncio.gather(
        *(worker.ledger.run_again("a") for _ in range(8)), return_exceptions=True
    )
    assert sum(not isinstance(each, BaseException) for each in done) == 1
    assert all(isinstance(each, Conflict) for each in done if isinstance(each, BaseException))
    assert await worker.ledger.counts() == {State.QUEUED: 1}


async def test_an_enqueue_of_the_id_at_that_moment_loses_no_history(
    worker: Claimer, connection: Connection
) -> None:
    ledger = worker.ledger
    await end(worker, FAILED, "a")
    insert = "insert into horarium.jobs (id, task, state, due_at, arguments) values"
    async with connection.transaction():
        await connection.execute(f"{insert} ('a', 't', 'queued', now(), '{{}}')")
        again = asyncio.create_task(ledger.run_again("a"))
        while not await connection.fetchval(
            "select count(*) from pg_stat_activity"
            " where datname = current_database() and wait_event_type = 'Lock'"
        ):
            await asyncio.sleep(0.01)
    with pytest.raises(Conflict):
        await asyncio.wait_for(again, PATIENCE)
    assert await ledger.counts() == {State.QUEUED: 1, State.FAILED: 1}


async def test_it_joins_the_callers_transaction(worker: Claimer) -> None:
    await end(worker, FAILED, "a")
    with pytest.raises(RuntimeError):
        async with worker.ledger.database.transaction():
            await worker.ledger.run_again("a")
            raise RuntimeError
    assert await states(worker.ledger, "a") == ["failed"]


async def test_many_by_filter(worker: Claimer) -> None:
    ledger = worker.ledger
    await end(worker, FAILED, "f1", "f2", task="mail", queue="q", arguments=arguments(7, to="x"))
    await end(worker, FAILED, "f3", task="other", owner="me")
    await end(worker, Succeeded(b"1"), "s1", task="mail")
    await end(worker, Cancelled("no"), "c1", task="mail")
    await enqueue(ledger, "q1", task="mail")
    for which, count in (
        (Filter(), 5),
        (Filter(state=State.FAILED), 3),
        (Filter(state=State.FAILED, task="mail"), 2),
        (Filter(state=State.SUCCEEDED), 1),
        (Filter(queue="q"), 2),
        (Filter(owner="me"), 1),
        (Filter(task="nobody"), 0),
    ):
        assert await ledger.run_again_many(which, dry_run=True) == count
    assert await ledger.run_again_many(Filter(state=State.FAILED, task="mail")) == 2
    assert await ledger.run_again_many(Filter(state=State.FAILED, task="mail")) == 0
    assert await states(ledger, "f1", "f2", "f3", "s1") == [
        "queued", "queued", "failed", "succeeded",
    ]  # fmt: skip
    with pytest.raises(InvalidInput, match="queued has not ended"):
        await ledger.run_again_many(Filter(state=State.QUEUED))


async def test_more_than_one_statement_takes(
    ledger: Ledger, connection: Connection, worker: Claimer
) -> None:
    await ledger.enqueue_many(NewJob(task="t") for _ in range(4500))
    await connection.execute(
        "with ended as (delete from horarium.jobs returning *)"
        " insert into horarium.job_history (id, task, queue, priority, state, due_at,"
        " enqueued_at, attempt, finished_at, arguments)"
        " select id, task, queue, priority, 'failed', due_at, enqueued_at, 1, now(), arguments"
        " from ended"
    )
    assert await ledger.run_again_many(Filter(), dry_run=True) == 4500
    assert await ledger.run_again_many(Filter()) == 4500
    assert await ledger.counts() == {State.QUEUED: 4500}


async def test_of_an_id_that_ended_twice_the_newest_is_run_again(worker: Claimer) -> None:
    ledger = worker.ledger
    await end(worker, FAILED, "a", priority=1)
    await end(worker, FAILED, "a", priority=2)
    assert await ledger.run_again_many(Filter(), dry_run=True) == 1
    assert await ledger.run_again_many(Filter()) == 1
    assert (await ledger.show("a")).priority == 2
    assert await ledger.run_again_many(Filter()) == 0


async def test_the_span_is_half_open_and_ends_now(claimer: NewClaimer, ledger: Ledger) -> None:
    noon = datetime.now(UTC).replace(hour=12)
    clock = SetClock(noon)
    ledger = Ledger(ledger.database, clock)
    worker = await claimer(ledger, now=noon, lease=7200.0)
    for minute in range(4):
        clock.set(noon + timedelta(minutes=minute))
        await end(worker, FAILED, f"{minute}")

    async def count(since: int | None, until: int | None) -> int:
        span = [None if each is None else noon + timedelta(minutes=each) for each in (since, until)]
        return await ledger.run_again_many(Filter(since=span[0], until=span[1]), dry_run=True)

    assert await count(1, 3) == 2
    assert await count(None, 1) == 1
    # What ended at this very instant may be a run that was only now asked for.
    assert await count(0, None) == 3
    with pytest.raises(InvalidInput, match="not after since"):
        await count(3, 3)


KEY = UniqueKey(key="k", states=UNFINISHED)


async def test_a_unique_job_is_not_run_again_beside_another(worker: Claimer) -> None:
    ledger = worker.ledger
    await end(worker, FAILED, "a", unique=KEY)
    assert await ledger.enqueue(NewJob(id="b", task="t", unique=KEY))
    with pytest.raises(Conflict, match="'b' is there under its key"):
        await ledger.run_again("a")
    assert await ledger.run_again_many(Filter(state=State.FAILED)) == 0
    assert await states(ledger, "a", "b") == ["failed", "queued"]
    await ledger.cancel("b", "out of the way")
    assert (await ledger.run_again("a")).state is State.QUEUED
    # It has its key back: a further call is told of it.
    assert await ledger.enqueue(NewJob(id="c", task="t", unique=KEY)) == Enqueued("a", False)
    with pytest.raises(Conflict, match="'a' is there under its key"):
        await ledger.run_again("b")


async def test_of_many_unique_jobs_the_first_is_run_again(worker: Claimer) -> None:
    ledger = worker.ledger
    for id in ("a", "b", "c"):
        await end(worker, FAILED, id, unique=KEY, labels=b'{"x":1}')
    await end(worker, FAILED, "plain")
    assert await ledger.run_again_many(Filter(state=State.FAILED)) == 2
    assert await states(ledger, "a", "b", "c", "plain") == ["queued", "failed", "failed", "queued"]


async def test_a_unique_job_is_run_again_when_its_key_was_forgotten(
    worker: Claimer, connection: Connection
) -> None:
    ledger = worker.ledger
    await end(worker, FAILED, "a", unique=KEY)
    await connection.execute("delete from horarium.unique_jobs")
    await ledger.run_again("a")
    assert not await ledger.enqueue(NewJob(id="b", task="t", unique=KEY))


async def test_of_two_callers_at_once_one_has_the_key(worker: Claimer) -> None:
    """One runs the job again, the other makes the same call: one unfinished job in the end."""
    ledger = worker.ledger
    for n in range(10):
        key = UniqueKey(key=f"k{n}", states=UNFINISHED)
        await end(worker, FAILED, f"a{n}", unique=key)
        new = NewJob(id=f"b{n}", task="t", unique=key)
        done = await asyncio.gather(
            ledger.run_again(f"a{n}"), ledger.enqueue(new), return_exceptions=True
        )
        assert isinstance(done[0], Conflict) == bool(done[1])
        assert await worker.connection.fetchval("select count(*) from horarium.jobs") == 1
        await worker.connection.execute("delete from horarium.jobs")


async def test_labels_of_another_kind_do_not_hinder_it(
    worker: Claimer, connection: Connection
) -> None:
    await end(worker, FAILED, "a")
    await connection.execute("""update horarium.job_history set labels = '"text"'""")
    assert (await worker.ledger.run_again("a")).state is State.QUEUED
