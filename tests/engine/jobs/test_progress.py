"""Progress in the ledger: who may write it, which mark wins, and for how long it is kept."""

from datetime import UTC, datetime, timedelta

from workplace import Claimer, NewClaimer, enqueue

from horarium.clock import SetClock
from horarium.database import STEADY_PLANS, Connection, Database, statement
from horarium.engine import Ledger, Mark
from horarium.engine.jobs.job import Claim, Error
from horarium.engine.jobs.outcome import Failed, Snoozed, Succeeded
from horarium.engine.jobs.progress import Told, forget_marks, write_marks

FAILED = Failed(Error("Oops", "oops"), retry_after=0.0)


async def tell(connection: Connection, claim: Claim, fraction: float, number: int = 1) -> bool:
    mark = Mark(fraction=fraction, number=number)
    return claim.id in await write_marks(connection, [Told(claim, mark)])


async def fraction(ledger: Ledger, id: str) -> float | None:
    mark = (await ledger.show(id)).progress
    return None if mark is None else mark.fraction


async def test_a_mark_is_shown_with_its_job(ledger: Ledger, claimer: NewClaimer) -> None:
    await enqueue(ledger, "a", "b")
    worker = await claimer()
    a, b = await worker.claim()
    told = [Told(a, Mark(fraction=0.25, note="n", state="s", number=3)), Told(b, Mark(number=1))]
    assert await write_marks(worker.connection, told) == {"a", "b"}
    mark = (await ledger.show("a")).progress
    assert mark is not None
    assert (mark.fraction, mark.note, mark.state, mark.number) == (0.25, "n", "s", 3)
    assert mark.updated_at is not None
    listed = {job.id: job.progress for job in await ledger.jobs()}
    assert listed["a"] == mark
    assert listed["b"] is not None
    # It stays with the job when that has ended.
    assert await worker.finish(a, Succeeded(b"1"))
    assert (await ledger.show("a")).progress == mark
    assert {job.id: job.progress for job in await ledger.jobs()}["a"] == mark


async def test_the_higher_number_wins(ledger: Ledger, claimer: NewClaimer) -> None:
    await enqueue(ledger, "a")
    worker = await claimer()
    claim = await worker.claim_one()
    for said, number in ((0.1, 1), (0.9, 9), (0.5, 5), (0.8, 9)):
        assert await tell(worker.connection, claim, said, number)
    assert await fraction(ledger, "a") == 0.9


async def test_only_under_a_claim_that_holds(
    ledger: Ledger, claimer: NewClaimer, connection: Connection
) -> None:
    await enqueue(ledger, "a")
    first, second = await claimer(), await claimer()
    lost = await first.claim_one()
    assert await tell(connection, lost, 0.9, 90)
    # A rescue takes it, and another worker claims it.
    await connection.execute("update horarium.jobs set state = 'queued', worker = null")
    assert not await tell(connection, lost, 0.95, 91)
    held = await second.claim_one()
    assert await fraction(ledger, "a") is None, "the progress of a lost attempt is not shown"
    assert not await tell(connection, lost, 0.95, 92)
    assert await tell(connection, held, 0.1)
    assert await fraction(ledger, "a") == 0.1


async def test_what_was_on_its_way_when_the_claim_was_lost_overwrites_nothing(
    ledger: Ledger, claimer: NewClaimer, connection: Connection, database: Database
) -> None:
    """The frozen worker's statement has seen its claim hold; then it waits for the row."""
    await enqueue(ledger, "a")
    first = await claimer()
    lost = await first.claim_one()
    await tell(connection, lost, 0.5)
    other = await database.connect("successor")
    try:
        async with other.transaction():
            await other.execute("update horarium.jobs set state = 'queued', worker = null")
        second = Claimer(ledger, other, (await claimer()).worker)
        held = await second.claim_one()
        await tell(other, held, 0.1)
        # The same statement, with the claim as its snapshot knew it.
        sql = statement("horarium.engine.jobs", "tell").replace(
            "j.started_at\n    from told\n    join horarium.jobs j on j.id = told.id\n"
            "        and j.worker is not distinct from told.worker and j.attempt = told.attempt",
            "$10::timestamptz as started_at from told",
        )
        assert "$10" in sql
        await connection.fetch(
            sql, ["a"], [lost.worker], [1], [99], [0.99], [None], [None], [None], None,
            lost.started_at,
        )  # fmt: skip
        assert await fraction(ledger, "a") == 0.1
    finally:
        await other.close()


async def test_the_progress_of_an_attempt_stays_until_the_next_begins(
    ledger: Ledger, claimer: NewClaimer
) -> None:
    await enqueue(ledger, "a")
    worker = await claimer()
    claim = await worker.claim_one()
    await tell(worker.connection, claim, 0.7)
    await worker.finish(claim, FAILED)
    assert await fraction(ledger, "a") == 0.7
    await worker.ledger.promote(worker.connection, None)
    claim = await worker.claim_one()
    assert await fraction(ledger, "a") is None
    await tell(worker.connection, claim, 0.2)
    await worker.finish(claim, Snoozed(0.0))
    assert await fraction(ledger, "a") == 0.2


async def test_a_job_that_is_run_again_begins_anew(ledger: Ledger, claimer: NewClaimer) -> None:
    await enqueue(ledger, "a")
    worker = await claimer()
    claim = await worker.claim_one()
    await tell(worker.connection, claim, 1.0, 1000)
    await worker.finish(claim, Succeeded())
    await ledger.run_again("a")
    assert await fraction(ledger, "a") is None
    await tell(worker.connection, await worker.claim_one(), 0.1)
    assert await fraction(ledger, "a") == 0.1


async def test_marks_of_ended_jobs_are_forgotten_in_time(
    ledger: Ledger, claimer: NewClaimer, connection: Connection
) -> None:
    await enqueue(ledger, *(f"job {n}" for n in range(6)))
    worker = await claimer()
    claims = await worker.claim()
    long_ago = SetClock(datetime(2020, 1, 1, tzinfo=UTC))
    marks = [Told(claim, Mark(fraction=0.5, number=1)) for claim in claims]
    await write_marks(connection, marks, long_ago)
    for claim in claims[:5]:
        await worker.finish(claim, Succeeded())
    now = SetClock(datetime(2020, 4, 1, tzinfo=UTC))
    assert await forget_marks(connection, timedelta(days=92), 100, now) == 0
    assert await forget_marks(connection, timedelta(days=90), 3, now) == 3
    assert await forget_marks(connection, timedelta(days=90), 3, now) == 2
    assert await forget_marks(connection, timedelta(days=90), 3, now) == 0
    assert await fraction(ledger, claims[5].id) == 0.5, "it still runs"


async def test_marks_are_written_by_the_primary_keys_and_without_touching_an_index(
    ledger: Ledger, claimer: NewClaimer, database: Database, connection: Connection
) -> None:
    await connection.execute(
        "insert into horarium.jobs (id, task, state, due_at, arguments) "
        "select n::text, 't', 'queued', now(), '{}' from generate_series(1, 20000) n"
    )
    await connection.execute("analyze horarium.jobs")
    steady = await database.connect("steady", STEADY_PLANS)
    try:
        await steady.execute(f"prepare tell as {statement('horarium.engine.jobs', 'tell')}")
        rows = await steady.fetch(
            "explain execute tell ('{1}', '{1}', '{1}', '{1}', '{0.5}', '{n}', '{s}', '{null}', "
            "null)"
        )
    finally:
        await steady.close()
    plan = "\n".join(row[0] for row in rows)
    assert "jobs_pkey" in plan, plan
    assert "jobs_running" not in plan, plan
