"""Limits on how many start within a period: exact, on all workers, and nobody is forgotten."""

import itertools
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta

import pytest
from workplace import NewClaimer, admit, enqueue, eventually, states, working

from horarium.clock import SetClock
from horarium.database import Connection, Database
from horarium.engine import Error, Ledger, LedgerBroker, State
from horarium.engine.broker.schedule_label import declared_schedules
from horarium.engine.jobs.limits import Limits, decode, encode
from horarium.engine.jobs.outcome import Failed, Succeeded
from horarium.engine.worker.lease import tidy
from horarium.errors import InvalidInput

NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)
MINUTE = 60_000_000
TWO_A_MINUTE = encode(Limits(rate_key="r", rate=2, period=MINUTE))


@pytest.fixture
def clock() -> SetClock:
    return SetClock(NOON)


@pytest.fixture
def timed(database: Database, clock: SetClock) -> Ledger:
    """A ledger whose clock is moved by hand."""
    return Ledger(database, clock)


async def due(ledger: Ledger, *ids: str) -> list[float]:
    """Seconds from noon at which jobs are due."""
    return [((await ledger.show(id)).due_at - NOON).total_seconds() for id in ids]


async def test_the_surplus_is_due_when_the_rate_lets_it_start(
    timed: Ledger, clock: SetClock, claimer: NewClaimer
) -> None:
    worker = await claimer(timed, now=NOON, lease=3600)
    ids = list("abcdef")
    await enqueue(timed, *ids, limits=TWO_A_MINUTE)
    assert [claim.id for claim in await admit(worker)] == ["a", "b"]
    assert await states(timed, *ids[2:]) == ["scheduled"] * 4
    assert await due(timed, *ids[2:]) == [60, 60, 120, 120]
    clock.set(NOON + timedelta(seconds=59))
    assert (await timed.promote(worker.connection, None)).next_due_in == 1
    assert await admit(worker) == []
    clock.set(NOON + timedelta(seconds=60))
    await timed.promote(worker.connection, None)
    admitted = await admit(worker)
    assert [(claim.id, claim.attempt) for claim in admitted] == [("c", 1), ("d", 1)]
    assert {claim.started_at for claim in admitted} == {clock.now}
    assert not any(decode(claim.limits).postponed for claim in admitted)


async def test_priorities_hold_among_the_postponed(
    timed: Ledger, clock: SetClock, claimer: NewClaimer
) -> None:
    worker = await claimer(timed, now=NOON, lease=3600)
    await enqueue(timed, "a", "b", "c", "d", "e", limits=TWO_A_MINUTE)
    await admit(worker)
    await enqueue(timed, "urgent", limits=TWO_A_MINUTE, priority=5)
    await enqueue(timed, "last", limits=TWO_A_MINUTE)
    await admit(worker)
    assert (await due(timed, "urgent"))[0] == 60
    assert (await due(timed, "last"))[0] == 180
    started = []
    for minute in range(1, 4):
        clock.set(NOON + timedelta(minutes=minute))
        await timed.promote(worker.connection, None)
        started.append({claim.id for claim in await admit(worker)})
    # What was pushed aside goes first the next time.
    assert started == [{"urgent", "c"}, {"d", "e"}, {"last"}]


async def test_each_attempt_is_a_start(timed: Ledger, claimer: NewClaimer) -> None:
    worker = await claimer(timed, now=NOON, lease=3600)
    await enqueue(timed, "a", limits=TWO_A_MINUTE)
    for attempt in (1, 2):
        (claim,) = await admit(worker)
        assert claim.attempt == attempt
        await worker.finish(claim, Failed(Error("E", ""), 0.0))
        await timed.promote(worker.connection, None)
    assert await admit(worker) == []
    assert await due(timed, "a") == [60]


async def test_both_limits_at_once(timed: Ledger, claimer: NewClaimer) -> None:
    worker = await claimer(timed, now=NOON, lease=3600)
    await enqueue(timed, "a", "b", "c", limits=encode(Limits("k", 1, "r", 2, MINUTE)))
    await enqueue(timed, "free", limits=encode(Limits("k", 1)), priority=-1)
    for id in ("a", "b"):
        (claim,) = await admit(worker)
        assert claim.id == id
        await worker.finish(claim, Succeeded())
    # The rate is used up for c; its place is free for one that has no rate.
    started = [claim.id for _ in range(2) for claim in await admit(worker)]
    assert started == ["free"]
    assert await states(timed, "c") == ["scheduled"]


async def test_exact_across_workers(broker: LedgerBroker, connection: Connection) -> None:
    @broker.task(rate_limit={"limit": 10, "per": 0.1, "key": "host"})
    async def fetch(host: int) -> None: ...

    await broker.enqueue_many(fetch, [(n % 2,) for n in range(100)])
    async with AsyncExitStack() as stack:
        for _ in range(3):
            await stack.enter_async_context(working(broker.worker()))

        async def done() -> int:
            return (await broker.ledger.counts()).get(State.SUCCEEDED, 0)

        await eventually(done, 100)
    rows = await connection.fetch(
        "select limits ->> 'rate_key' as key, started_at, attempt from horarium.job_history "
        "order by 1, 2"
    )
    assert {row["attempt"] for row in rows} == {1}
    for _, group in itertools.groupby(rows, lambda row: row["key"]):
        starts = [row["started_at"] for row in group]
        assert len(starts) == 50
        for first, later in zip(starts, starts[10:], strict=False):
            assert later - first >= timedelta(seconds=0.1)


async def test_starts_that_count_no_more_are_forgotten(
    ledger: Ledger, claimer: NewClaimer, connection: Connection
) -> None:
    worker = await claimer()
    await enqueue(ledger, "a", limits=encode(Limits(rate_key="short", rate=2, period=1)))
    await enqueue(ledger, "b", limits=encode(Limits(rate_key="long", rate=2, period=MINUTE)))
    assert len(await admit(worker)) == 2
    await tidy(connection)
    rows = await connection.fetch("select key from horarium.rates")
    assert [row["key"] for row in rows] == ["long"]


def test_the_jobs_of_a_schedule_have_the_limits_of_their_task(broker: LedgerBroker) -> None:
    @broker.task(
        "nightly",
        schedule=[{"cron": "0 0 * * *", "kwargs": {"host": "a"}}],
        concurrency_limit=2,
        rate_limit={"limit": 5, "per": 1, "key": "host"},
    )
    async def nightly(host: str) -> None: ...

    (schedule,) = declared_schedules(broker)
    assert schedule.limits == Limits("task nightly", 2, 'task nightly host="a"', 5, 1_000_000)


@pytest.mark.parametrize("label", ["concurrency_limit", "rate_limit"])
def test_a_key_that_is_no_parameter_is_refused(broker: LedgerBroker, label: str) -> None:
    limit = {"limit": 5, "key": "hots"} | ({"per": 1} if label == "rate_limit" else {})

    async def fetch(host: str) -> None: ...

    with pytest.raises(InvalidInput, match=f"{label}: 'hots' is not a parameter.* it has: host"):
        broker.task(**{label: limit})(fetch)
