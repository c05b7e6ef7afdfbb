"""Looking into the ledger: every filter, its order, and what it says of attempts."""

from datetime import UTC, datetime, timedelta

import pytest
from workplace import Claimer, NewClaimer, enqueue

from horarium.database import Connection
from horarium.engine import Argument, Error, Filter, Ledger, State
from horarium.engine.jobs.job import arguments
from horarium.engine.jobs.outcome import Failed, Succeeded
from horarium.errors import InvalidInput, NotFound


@pytest.fixture
async def worker(claimer: NewClaimer) -> Claimer:
    return await claimer()


async def found(ledger: Ledger, **fields: object) -> list[str]:
    which = Filter(**fields)  # type: ignore[arg-type]
    ids = [job.id for job in await ledger.jobs(which, count=100)]
    assert sum((await ledger.counts(which)).values()) == len(ids)
    return ids


async def test_filters_by_name(ledger: Ledger) -> None:
    await enqueue(ledger, "a", task="mail", queue="q", owner="me", schedule="s")
    await enqueue(ledger, "b", task="mail", delay=60.0)
    assert await found(ledger, task="mail") == ["b", "a"]
    assert await found(ledger, queue="q") == ["a"]
    assert await found(ledger, owner="me") == ["a"]
    assert await found(ledger, schedule="s") == ["a"]
    assert await found(ledger, state=State.SCHEDULED) == ["b"]
    assert await found(ledger, task="mail", owner="you") == []
    assert await found(ledger, without=("mail",)) == []
    assert await found(ledger, without=("post", "it's"), owner="me") == ["a"]
    assert await found(ledger, task='it\'s \\ "quoted"') == []


async def test_filters_by_argument(ledger: Ledger, worker: Claimer) -> None:
    await enqueue(ledger, "named", arguments=arguments(order_id=42, tags=["new", "vip"]))
    await enqueue(ledger, "placed", arguments=arguments(42, {"country": "DE", "size": 1}))
    await enqueue(ledger, "text", arguments=arguments(order_id="42"))
    await enqueue(ledger, "bytes", arguments=None, payload=b"\x00")

    async def called(*wanted: Argument) -> list[str]:
        return sorted(await found(ledger, arguments=wanted))

    assert await called(Argument("order_id", 42)) == ["named"]
    assert await called(Argument("order_id", "42")) == ["text"]
    assert await called(Argument("order_id", 42, 0)) == ["named", "placed"]
    assert await called(Argument("tags", ["vip"])) == ["named"]
    assert await called(Argument("where", {"country": "DE"}, 1)) == ["placed"]
    assert await called(Argument("order_id", 42, 0), Argument("tags", ["x"])) == []
    for claim in await worker.claim():
        await worker.finish(claim, Succeeded(b"1"))
    assert await called(Argument("order_id", 42, 0)) == ["named", "placed"]


async def test_what_no_job_can_match_is_refused(ledger: Ledger) -> None:
    now = datetime.now(UTC)
    for which, word in (
        (Filter(since=now, until=now), "not after"),
        (Filter(task="a\0b"), "NUL"),
        (Filter(without=("a", "a\0b")), "NUL"),
        (Filter(arguments=(Argument("x", "\0"),)), "NUL"),
        (Filter(arguments=(Argument("x", {"y": ["\\\0"]}),)), "NUL"),
    ):
        with pytest.raises(InvalidInput, match=word):
            await ledger.jobs(which)
    assert await ledger.jobs(Filter(arguments=(Argument("x", "\\u0000"),))) == []


async def test_the_span_is_of_the_end_or_of_the_due_time(ledger: Ledger, worker: Claimer) -> None:
    now = datetime.now(UTC)
    await enqueue(ledger, "old", due_at=now - timedelta(days=3))
    claim = await worker.claim_one()
    await worker.finish(claim, Succeeded(b"1"))
    await enqueue(ledger, "soon", due_at=now + timedelta(days=2))
    hour = timedelta(hours=1)
    assert await found(ledger, since=now - hour, until=now + hour) == ["old"]
    assert await found(ledger, since=now + hour) == ["soon"]
    assert await found(ledger, until=now - hour) == []


async def test_pages_go_through_all_states_without_gap(ledger: Ledger, worker: Claimer) -> None:
    await enqueue(ledger, *(f"e{n}" for n in range(6)))
    for n, claim in enumerate(await worker.claim()):
        await worker.finish(claim, Succeeded(b"1") if n % 2 else Failed(Error("E", "e")))
    await enqueue(ledger, *(f"q{n}" for n in range(3)))
    pages = [await ledger.jobs(page=page, count=2) for page in range(1, 7)]
    ids = [job.id for page in pages for job in page]
    assert ids[:3] == ["q2", "q1", "q0"]
    assert ids[3:] == ["e5", "e4", "e3", "e2", "e1", "e0"]


async def test_counting_may_stop_early(ledger: Ledger) -> None:
    await enqueue(ledger, *(f"{n}" for n in range(20)))
    assert await ledger.counts(most=7) == {State.QUEUED: 7}


async def test_attempts_are_told_in_order(ledger: Ledger, worker: Claimer) -> None:
    with pytest.raises(NotFound):
        await ledger.attempts("a")
    await enqueue(ledger, "a")
    assert await ledger.attempts("a") == []
    error = Error("E", "e", "Traceback …")
    await worker.finish(await worker.claim_one(), Failed(error, retry_after=0.0))
    await ledger.promote(worker.connection, None)
    await worker.claim_one()
    failed, running = await ledger.attempts("a")
    assert (failed.attempt, failed.outcome, failed.error) == (1, "failed", error)
    assert (running.attempt, running.outcome, running.worker) == (2, None, worker.worker)
    assert running.started_at is not None


async def test_statistics_are_of_the_span(
    ledger: Ledger, claimer: NewClaimer, connection: Connection
) -> None:
    nothing = await ledger.statistics(timedelta(hours=1))
    assert (sum(nothing.states.values()), nothing.tasks) == (0, [])
    now = datetime.now(UTC)
    rows = [
        *((f"{n}", "a", "succeeded", now - timedelta(seconds=n), now) for n in range(1, 102)),
        ("late", "a", "failed", now - timedelta(hours=3), now - timedelta(hours=2)),
        ("never", "b", "cancelled", None, now),
    ]
    await connection.executemany(
        "insert into horarium.job_history (id, task, queue, priority, state, due_at, enqueued_at,"
        " attempt, started_at, finished_at) values ($1, $2, 'q', 0, $3, now(), now(), 1, $4, $5)",
        rows,
    )
    await enqueue(ledger, "x", task="a")
    hour = await ledger.statistics(timedelta(hours=1))
    assert {state: count for state, count in hour.states.items() if count} == {
        State.QUEUED: 1, State.SUCCEEDED: 101, State.CANCELLED: 1,
    }  # fmt: skip
    a, b = hour.tasks
    assert (a.task, a.states) == ("a", {State.QUEUED: 1, State.SUCCEEDED: 101})
    assert (a.p50, a.p95, a.p99) == (51.0, 96.0, 100.0)
    assert (b.task, b.p50, b.p99) == ("b", None, None)
    assert (await ledger.statistics(timedelta(days=1))).states[State.FAILED] == 1
