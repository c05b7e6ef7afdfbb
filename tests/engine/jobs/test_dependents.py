"""Jobs that wait for others: who queues them, and what two that act at once may do to each other.

Two connections are interleaved by hand wherever the order matters.
"""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from workplace import Claimer, NewClaimer, admit, enqueue, eventually, register, states

from horarium.clock import SetClock
from horarium.database import STEADY_PLANS, Connection, Database
from horarium.engine import After, Error, Filter, Ledger, NewJob, OnFailure
from horarium.engine.jobs.ending import stand_alone
from horarium.engine.jobs.limits import Limits, encode
from horarium.engine.jobs.outcome import (
    Cancelled,
    Failed,
    GivenBack,
    Held,
    Outcome,
    Snoozed,
    Succeeded,
)
from horarium.engine.worker.lease import rescue
from horarium.errors import InvalidInput, NotFound

WELL = Succeeded(b"1")
BADLY = Failed(Error("ValueError", "no"))


async def follow(ledger: Ledger, id: str, *jobs: str, on_failure: str = "stop") -> None:
    after = After(jobs, OnFailure(on_failure))
    assert await ledger.enqueue(NewJob(id=id, task="t", after=after))


async def run(worker: Claimer, outcome: Outcome = WELL, *ids: str) -> None:
    """Run what is queued, or those of these ids."""
    for claim in await worker.claim(100):
        assert not ids or claim.id in ids
        assert await worker.finish(claim, outcome)


async def because(ledger: Ledger, id: str) -> str:
    job = await ledger.show(id)
    assert job.error is not None
    assert job.state == "cancelled"
    return f"{job.error.type}: {job.error.message}"


async def waits_for_a_lock(connection: Connection) -> bool:
    return bool(
        await connection.fetchval(
            "select exists (select from pg_stat_activity where datname = current_database() "
            "and (wait_event_type = 'Lock' or wait_event = 'PgSleep'))"
        )
    )


@pytest.fixture
async def worker(claimer: NewClaimer) -> Claimer:
    return await claimer()


@pytest.fixture
async def steady(ledger: Ledger) -> AsyncIterator[Claimer]:
    """A worker as it is in earnest: with the plans of its connection."""
    connection = await ledger.database.connect("steady", STEADY_PLANS)
    yield Claimer(ledger, connection, await register(connection))
    await connection.close()


async def test_a_job_waits_until_the_other_has_succeeded(ledger: Ledger, worker: Claimer) -> None:
    await enqueue(ledger, "a")
    await follow(ledger, "b", "a")
    assert await states(ledger, "a", "b") == ["queued", "waiting"]
    claim = await worker.claim_one()
    assert claim.id == "a"
    assert await worker.claim(10) == []
    await worker.finish(claim, WELL)
    assert await states(ledger, "a", "b") == ["succeeded", "queued"]
    await run(worker)
    assert await states(ledger, "b") == ["succeeded"]


async def test_a_job_waits_for_all(ledger: Ledger, steady: Claimer) -> None:
    await enqueue(ledger, "a", "b", "c")
    await follow(ledger, "d", "a", "b", "c")
    claims = await steady.claim(3)
    for claim in claims[:2]:
        await steady.finish(claim, WELL)
        assert await states(ledger, "d") == ["waiting"]
    await steady.finish(claims[2], WELL)
    assert await states(ledger, "d") == ["queued"]


async def test_several_that_end_in_one_batch_count_at_once(ledger: Ledger, steady: Claimer) -> None:
    await enqueue(ledger, "a", "b", "c")
    await follow(ledger, "d", "c", "a", "b", "a")
    held = [Held(claim, WELL) for claim in await steady.claim(3)]
    assert await ledger.finish(steady.connection, steady.worker, held) == {"a", "b", "c"}
    assert await states(ledger, "d") == ["queued"]


async def test_whoever_listens_to_its_queue_is_woken(
    ledger: Ledger, worker: Claimer, connection: Connection
) -> None:
    heard: list[str] = []
    await enqueue(ledger, "a")
    assert await ledger.enqueue(NewJob(id="b", task="t", queue="later", after=After(("a",))))
    await connection.add_listener("horarium_jobs", lambda *args: heard.append(args[-1]))
    await run(worker, WELL, "a")
    await eventually(lambda: _seen(heard), ["later"])


async def _seen(heard: list[str]) -> list[str]:
    return heard


@pytest.mark.parametrize("outcome", [Snoozed(0.0), Failed(Error("E", "m"), 0.0), GivenBack()])
async def test_it_waits_on_while_the_other_is_to_run_again(
    outcome: Outcome, ledger: Ledger, worker: Claimer
) -> None:
    await enqueue(ledger, "a")
    await follow(ledger, "b", "a")
    await run(worker, outcome)
    assert await states(ledger, "b") == ["waiting"]
    await ledger.promote(worker.connection, None)
    await run(worker, WELL, "a")
    assert await states(ledger, "b") == ["queued"]


async def test_it_waits_on_while_the_other_is_rescued(
    ledger: Ledger, claimer: NewClaimer, worker: Claimer
) -> None:
    dead = await claimer(lease=0.0001)
    await dead.connection.execute(
        "update horarium.workers set lease_until = now() + interval '1 h' where id = $1",
        dead.worker,
    )
    await enqueue(ledger, "a")
    await follow(ledger, "b", "a")
    lost = await dead.claim_one()
    await dead.connection.execute(
        "update horarium.workers set lease_until = now() where id = $1", dead.worker
    )
    await rescue(worker.connection, ledger.clock)
    assert await states(ledger, "a", "b") == ["queued", "waiting"]
    assert not await dead.finish(lost, WELL)
    assert await states(ledger, "b") == ["waiting"]
    await run(worker, WELL, "a")
    assert await states(ledger, "b") == ["queued"]


# What becomes of a failure


@pytest.mark.parametrize(
    ("outcome", "word"), [(BADLY, "failed"), (Cancelled("enough"), "was cancelled")]
)
async def test_a_failure_stops_all_that_follow_and_names_the_job(
    outcome: Outcome, word: str, ledger: Ledger, steady: Claimer
) -> None:
    await enqueue(ledger, "a")
    await follow(ledger, "b", "a")
    await follow(ledger, "c", "b")
    await follow(ledger, "d", "c")
    await run(steady, outcome, "a")
    for id in ("b", "c", "d"):
        assert await because(ledger, id) == (
            f"DependencyFailed: it waited for others, and job 'a' {word}"
        )


async def test_a_failure_stops_at_once_and_not_when_all_have_ended(
    ledger: Ledger, worker: Claimer
) -> None:
    await enqueue(ledger, "a", "b")
    await follow(ledger, "c", "a", "b")
    first, second = await worker.claim(2)
    await worker.finish(first, BADLY)
    assert await states(ledger, "c") == ["cancelled"]
    await worker.finish(second, WELL)
    assert await states(ledger, "c") == ["cancelled"]


async def test_one_that_continues_runs_whatever_happened(ledger: Ledger, worker: Claimer) -> None:
    await enqueue(ledger, "a", "b")
    await follow(ledger, "c", "a", "b", on_failure="continue")
    await follow(ledger, "d", "c")
    first, second = await worker.claim(2)
    await worker.finish(first, BADLY)
    assert await states(ledger, "c") == ["waiting"]
    await worker.finish(second, Cancelled("enough"))
    assert await states(ledger, "c", "d") == ["queued", "waiting"]
    await run(worker, WELL, "c")
    assert await states(ledger, "d") == ["queued"]


async def test_one_that_continues_ends_a_row_of_cancellations(
    ledger: Ledger, worker: Claimer
) -> None:
    await enqueue(ledger, "a")
    await follow(ledger, "b", "a")
    await follow(ledger, "c", "b", on_failure="continue")
    await follow(ledger, "d", "b", "c")
    await run(worker, BADLY, "a")
    assert await states(ledger, "b", "c", "d") == ["cancelled", "queued", "cancelled"]


async def test_cancelling_one_stops_those_that_follow(ledger: Ledger) -> None:
    await enqueue(ledger, "a")
    await follow(ledger, "b", "a")
    await follow(ledger, "c", "b")
    await follow(ledger, "z", "a", on_failure="continue")
    assert await ledger.cancel("a", "enough") == "cancelled"
    assert "job 'a' was cancelled" in await because(ledger, "c")
    assert await states(ledger, "z") == ["queued"]


async def test_one_that_waits_is_cancelled_by_itself(ledger: Ledger, worker: Claimer) -> None:
    await enqueue(ledger, "a")
    await follow(ledger, "b", "a")
    await follow(ledger, "c", "b")
    assert await ledger.cancel("b", "enough") == "cancelled"
    assert await states(ledger, "a", "b", "c") == ["queued", "cancelled", "cancelled"]
    await run(worker, WELL, "a")
    assert await states(ledger, "b") == ["cancelled"]


async def test_who_waits_for_one_that_is_stopped_is_told(
    ledger: Ledger, worker: Claimer, connection: Connection
) -> None:
    heard: list[str] = []
    await enqueue(ledger, "a")
    await follow(ledger, "b", "a")
    assert await ledger.expect("b")
    await connection.add_listener("horarium_finished", lambda *args: heard.append(args[-1]))
    await run(worker, BADLY, "a")
    await eventually(lambda: _seen(heard), ["b"])


async def test_running_the_failed_one_again_leaves_the_cancelled_ones_to_be_run_by_hand(
    ledger: Ledger, worker: Claimer
) -> None:
    await enqueue(ledger, "a")
    await follow(ledger, "b", "a")
    await run(worker, BADLY, "a")
    await ledger.run_again("a")
    await run(worker, WELL, "a")
    assert await states(ledger, "a", "b") == ["succeeded", "cancelled"]
    assert (await ledger.run_again("b")).state == "queued"
    await run(worker, WELL, "b")
    assert await states(ledger, "b") == ["succeeded"]


async def test_those_that_are_run_again_together_keep_their_order(
    ledger: Ledger, worker: Claimer
) -> None:
    await enqueue(ledger, "a", "z")
    await follow(ledger, "b", "a", "z")
    await follow(ledger, "c", "b")
    await run(worker, BADLY)
    assert await states(ledger, "a", "z", "b", "c") == ["failed", "failed", *["cancelled"] * 2]
    assert await ledger.run_again_many(Filter(task="t")) == 4
    assert await states(ledger, "a", "z", "b", "c") == ["queued", "queued", *["waiting"] * 2]
    first, second = await worker.claim(5)
    await worker.finish(first, WELL)
    assert await states(ledger, "b", "c") == ["waiting", "waiting"]
    await worker.finish(second, WELL)
    await run(worker, WELL, "b")
    assert await states(ledger, "b", "c") == ["succeeded", "queued"]


async def test_one_that_is_run_again_waits_for_what_still_runs(
    ledger: Ledger, worker: Claimer, connection: Connection
) -> None:
    await enqueue(ledger, "a", "b")
    await follow(ledger, "c", "a", "b")
    first, second = await worker.claim(2)
    await worker.finish(first, BADLY)
    await ledger.run_again("c")
    assert await states(ledger, "c") == ["waiting"]
    await worker.finish(second, WELL)
    assert await states(ledger, "c") == ["queued"]


async def test_an_end_counts_once_for_each_that_follows(ledger: Ledger, worker: Claimer) -> None:
    """Also where the job is run again, and others follow its second end."""
    await enqueue(ledger, "a", "z")
    await follow(ledger, "b", "a", "z")
    first, last = await worker.claim(2)
    await worker.finish(first, WELL)
    await ledger.run_again("a")
    await follow(ledger, "c", "a")
    assert await states(ledger, "b", "c") == ["waiting", "waiting"]
    await run(worker, WELL, "a")
    assert await states(ledger, "b", "c") == ["waiting", "queued"]
    await worker.finish(last, WELL)
    assert await states(ledger, "b") == ["queued"]


# What is there when a job is recorded that waits


async def test_jobs_that_have_ended_are_not_waited_for(ledger: Ledger, worker: Claimer) -> None:
    await enqueue(ledger, "a", "b")
    await run(worker)
    await follow(ledger, "c", "a", "b")
    assert await states(ledger, "c") == ["queued"]


async def test_one_that_has_failed_stops_what_comes_after_it(
    ledger: Ledger, worker: Claimer
) -> None:
    await enqueue(ledger, "a")
    await run(worker, BADLY)
    await follow(ledger, "b", "a")
    assert "job 'a' failed" in await because(ledger, "b")
    await follow(ledger, "c", "a", on_failure="continue")
    assert await states(ledger, "c") == ["queued"]


async def test_a_job_that_is_not_known_is_refused(ledger: Ledger) -> None:
    await enqueue(ledger, "a")
    with pytest.raises(InvalidInput, match="no job 'never' in the ledger: it was never enqueued"):
        await follow(ledger, "b", "a", "never")
    with pytest.raises(NotFound):
        await ledger.show("b")
    with pytest.raises(InvalidInput, match="names no job"):
        await follow(ledger, "b")


async def test_a_job_cannot_wait_for_itself(ledger: Ledger, worker: Claimer) -> None:
    await enqueue(ledger, "a")
    with pytest.raises(InvalidInput, match="wait for itself"):
        await follow(ledger, "a", "a")
    await run(worker)
    with pytest.raises(InvalidInput, match="wait for itself"):
        await follow(ledger, "a", "a")


async def test_a_circle_by_an_id_that_is_used_again_is_refused(
    ledger: Ledger, worker: Claimer
) -> None:
    """Within one transaction, so that the first of the two has not been decided yet."""
    await enqueue(ledger, "a")
    await run(worker)
    with pytest.raises(InvalidInput, match="wait for itself"):
        async with ledger.database.transaction():
            await follow(ledger, "b", "a")
            await follow(ledger, "a", "b")


async def test_an_id_that_is_there_is_left_alone(ledger: Ledger, connection: Connection) -> None:
    await enqueue(ledger, "a", "b")
    answer = await ledger.enqueue(NewJob(id="b", task="t", after=After(("a",))))
    assert (answer.id, answer.is_new) == ("b", False)
    assert await states(ledger, "b") == ["queued"]
    assert await connection.fetchval("select count(*) from horarium.dependencies") == 0


async def test_its_own_time_counts_too(database: Database, claimer: NewClaimer) -> None:
    clock = SetClock(datetime(2024, 5, 1, 12, tzinfo=UTC))
    ledger = Ledger(database, clock)
    connection = await database.connect("late")
    worker = Claimer(ledger, connection, await register(connection, now=clock.now, lease=9999))
    await enqueue(ledger, "a")
    later = clock.now + timedelta(minutes=10)
    await ledger.enqueue(NewJob(id="b", task="t", after=After(("a",)), due_at=later))
    await ledger.enqueue(NewJob(id="c", task="t", after=After(("a",))))
    claim = await worker.claim_one()
    clock.set(clock.now + timedelta(minutes=5))
    await worker.finish(claim, WELL)
    assert await states(ledger, "b", "c") == ["scheduled", "queued"]
    assert (await ledger.show("b")).due_at == later
    assert (await ledger.show("c")).due_at == clock.now
    await connection.close()


async def test_one_with_a_limit_has_no_turn_before_it_is_queued(
    ledger: Ledger, worker: Claimer
) -> None:
    from workplace import admit

    limits = b'{"concurrency_key":"k","concurrency":1}'
    await enqueue(ledger, "x", "y", limits=limits)
    await ledger.enqueue(NewJob(id="b", task="t", after=After(("y",)), limits=limits, priority=9))
    (first,) = await admit(worker)
    assert await states(ledger, "x", "y", "b") == ["running", "waiting", "waiting"]
    await worker.finish(first, WELL)
    (second,) = await admit(worker)
    assert second.id == "y"
    assert await states(ledger, "b") == ["waiting"]
    await worker.finish(second, WELL)
    assert [claim.id for claim in await admit(worker)] == ["b"]


async def test_what_follows_goes_with_its_transaction(ledger: Ledger, worker: Claimer) -> None:
    await enqueue(ledger, "a")
    with pytest.raises(RuntimeError):
        async with ledger.database.transaction():
            await follow(ledger, "b", "a")
            raise RuntimeError
    await run(worker, WELL, "a")
    assert await ledger.find("b") is None


# Two at once


async def test_a_job_that_ends_while_a_follower_is_recorded_is_seen_at_its_commit(
    ledger: Ledger, worker: Claimer
) -> None:
    await enqueue(ledger, "a", "z")
    claim, other = await worker.claim(2)
    async with ledger.database.transaction():
        await follow(ledger, "b", "a")
        await follow(ledger, "c", "b")
        # Nobody waits: the follower's transaction may be long.
        assert await worker.finish(claim, WELL)
        assert await states(ledger, "b") == ["waiting"]
    assert await states(ledger, "b", "c") == ["queued", "waiting"]
    async with ledger.database.transaction():
        await follow(ledger, "y", "z")
        await follow(ledger, "x", "y")
        assert await worker.finish(other, BADLY)
    assert "job 'z' failed" in await because(ledger, "y")
    assert "job 'z' failed" in await because(ledger, "x")


async def test_an_end_that_is_not_committed_is_waited_for(
    ledger: Ledger, worker: Claimer, connection: Connection
) -> None:
    await enqueue(ledger, "a")
    claim = await worker.claim_one()
    transaction = worker.connection.transaction()
    await transaction.start()
    await worker.finish(claim, WELL)
    following = asyncio.create_task(follow(ledger, "b", "a"))
    await eventually(lambda: waits_for_a_lock(connection))
    await transaction.commit()
    await following
    assert await states(ledger, "b") == ["queued"]


async def test_an_end_that_is_undone_was_none(
    ledger: Ledger, worker: Claimer, connection: Connection
) -> None:
    await enqueue(ledger, "a")
    claim = await worker.claim_one()
    transaction = worker.connection.transaction()
    await transaction.start()
    await worker.finish(claim, WELL)
    following = asyncio.create_task(follow(ledger, "b", "a"))
    await eventually(lambda: waits_for_a_lock(connection))
    await transaction.rollback()
    await following
    assert await states(ledger, "a", "b") == ["running", "waiting"]
    await worker.finish(claim, WELL)
    assert await states(ledger, "b") == ["queued"]


async def test_an_end_waits_for_the_commit_of_a_follower(
    ledger: Ledger, worker: Claimer, database: Database, connection: Connection
) -> None:
    await enqueue(ledger, "a")
    claim = await worker.claim_one()
    async with database.transaction() as own:
        await follow(ledger, "b", "a")
        await own.execute("set constraints all immediate")  # as at the commit
        ending = asyncio.create_task(worker.finish(claim, WELL))
        await eventually(lambda: waits_for_a_lock(connection))
    assert await ending
    assert await states(ledger, "b") == ["queued"]


@pytest.mark.parametrize("outcomes", [(WELL, WELL), (WELL, BADLY), (BADLY, WELL)])
async def test_two_that_end_at_once_in_two_workers(
    outcomes: tuple[Outcome, Outcome],
    ledger: Ledger,
    claimer: NewClaimer,
    connection: Connection,
) -> None:
    one, two = await claimer(), await claimer()
    await enqueue(ledger, "a", "b")
    await follow(ledger, "c", "a", "b")
    first, second = await one.claim_one(), await two.claim_one()
    transaction = one.connection.transaction()
    await transaction.start()
    await one.finish(first, outcomes[0])
    ending = asyncio.create_task(two.finish(second, outcomes[1]))
    await eventually(lambda: waits_for_a_lock(connection))
    await transaction.commit()
    assert await ending
    wanted = "queued" if BADLY not in outcomes else "cancelled"
    assert await states(ledger, "c") == [wanted]


async def test_two_batches_with_the_same_followers_do_not_wait_in_a_circle(
    ledger: Ledger, claimer: NewClaimer, connection: Connection
) -> None:
    """Each ends one job of every pair, in the opposite order; some followers follow each other."""
    workers = [await claimer(), await claimer()]
    many = 40
    await enqueue(ledger, *(f"a{n:02}" for n in range(many)), queue="one")
    await enqueue(ledger, *(f"b{n:02}" for n in range(many)), queue="two")
    for n in range(many):
        former = (f"c{n - 1:02}",) if n % 3 else ()
        await follow(ledger, f"c{n:02}", f"a{n:02}", f"b{many - 1 - n:02}", *former)
    halves = [
        [Held(claim, BADLY if n % 2 else WELL) for n, claim in enumerate(claims)]
        for claims in (
            await workers[0].claim(many, ["one"]),
            list(reversed(await workers[1].claim(many, ["two"]))),
        )
    ]

    async def finish(worker: Claimer, held: list[Held]) -> None:
        async with worker.connection.transaction():
            assert len(await ledger.finish(worker.connection, worker.worker, held)) == many

    for _ in range(1):
        await asyncio.gather(*map(finish, workers, halves))
    left = await connection.fetchval(
        "select count(*) from horarium.jobs where state = 'waiting' and not exists ("
        "select from horarium.dependencies d join horarium.jobs o on o.id = d.on_job "
        "where d.job = jobs.id and d.open)"
    )
    assert left == 0


async def test_a_cancellation_and_an_end_at_once(
    ledger: Ledger, worker: Claimer, connection: Connection
) -> None:
    await enqueue(ledger, "a")
    await follow(ledger, "b", "a")
    await follow(ledger, "c", "b", on_failure="continue")
    claim = await worker.claim_one()
    async with ledger.database.transaction():
        assert await ledger.cancel("b", "enough") == "cancelled"
        ending = asyncio.create_task(worker.finish(claim, WELL))
        await eventually(lambda: waits_for_a_lock(connection))
    assert await ending
    assert await states(ledger, "a", "b", "c") == ["succeeded", "cancelled", "queued"]


async def test_an_end_and_what_follows_from_it_are_one_transaction(
    ledger: Ledger, worker: Claimer, connection: Connection
) -> None:
    """A worker that dies after the one statement and before the other has done neither."""
    await enqueue(ledger, "a")
    await follow(ledger, "b", "a")
    claim = await worker.claim_one()
    transaction = worker.connection.transaction()
    await transaction.start()
    await worker.finish(claim, WELL)
    pid = worker.connection.get_server_pid()
    await connection.execute("select pg_terminate_backend($1)", pid)
    there = "select exists (select from pg_stat_activity where pid = $1)"
    await eventually(lambda: connection.fetchval(there, pid), False)
    assert await states(ledger, "a", "b") == ["running", "waiting"]


async def test_the_rows_of_an_end_and_of_its_follower_are_one_commit(
    ledger: Ledger, worker: Claimer, connection: Connection
) -> None:
    await enqueue(ledger, "a")
    await follow(ledger, "b", "a")
    claim = await worker.claim_one()
    async with worker.connection.transaction():
        await worker.finish(claim, WELL)
    assert await connection.fetchval(
        "select h.xmin = j.xmin from horarium.job_history h, horarium.jobs j "
        "where h.id = 'a' and j.id = 'b'"
    )


# Looking


async def test_it_is_explained_what_a_job_waits_for(ledger: Ledger, worker: Claimer) -> None:
    await enqueue(ledger, *(f"a{n}" for n in range(7)))
    await follow(ledger, "b", *(f"a{n}" for n in range(7)))
    (claim, *_) = await worker.claim(1)
    (finding, *_) = (await ledger.explain("b")).findings
    assert finding.reason == "waits for jobs"
    assert finding.why == (
        "It waits for 7 jobs to end: a0 (t) is running; a1 (t) is queued; a2 (t) is queued; "
        "a3 (t) is queued; a4 (t) is queued; and 2 more."
    )
    await worker.finish(claim, WELL)
    assert "6 jobs to end: a1 (t)" in (await ledger.explain("b")).findings[0].why
    await ledger.cancel("a3", "enough")
    assert "job 'a3' was cancelled" in (await ledger.explain("b")).findings[0].why


async def test_a_statement_by_itself_leaves_jobs_that_others_wait_for(
    ledger: Ledger, steady: Claimer
) -> None:
    await enqueue(ledger, "a", "lone")
    await follow(ledger, "b", "a")
    held = [Held(claim, WELL) for claim in await steady.claim(10)]
    assert stand_alone(held)
    assert await ledger.finish_alone(steady.connection, steady.worker, held) == {"lone"}
    assert await states(ledger, "a", "lone", "b") == ["running", "succeeded", "waiting"]
    assert await ledger.finish(steady.connection, steady.worker, held) == {"a"}
    assert await states(ledger, "a", "b") == ["succeeded", "queued"]


async def test_nor_does_it_end_one_that_begins_to_be_waited_for_meanwhile(
    ledger: Ledger, steady: Claimer, connection: Connection
) -> None:
    """It waits for whoever has the job's row, and looks again."""
    await enqueue(ledger, "a")
    held = [Held(claim, WELL) for claim in await steady.claim(10)]
    async with connection.transaction():
        await connection.execute("update horarium.jobs set followed = true where id = 'a'")
        ending = asyncio.create_task(ledger.finish_alone(steady.connection, steady.worker, held))
        await eventually(lambda: waits_for_a_lock(connection))
    assert await ending == set()
    assert await states(ledger, "a") == ["running"]


@pytest.mark.parametrize(
    ("limits", "outcome", "alone"),
    [
        (None, WELL, True),
        (encode(Limits("k", 1)), WELL, False),
        (None, Succeeded(b"1", 60.0), False),
        (None, Failed(Error("E", "")), False),
        (None, Snoozed(0.0), False),
    ],
)
async def test_what_stands_alone(
    ledger: Ledger, steady: Claimer, limits: bytes | None, outcome: Outcome, alone: bool
) -> None:
    await enqueue(ledger, "a", limits=limits)
    (claim,) = await admit(steady)
    assert stand_alone([Held(claim, outcome)]) == alone
