"""Jobs, run by Horarium's own worker: what they return, raise, and leave in the ledger."""

import asyncio
import threading
import time
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from workplace import attempts, ended, enqueue, eventually, states, working

from horarium.database import Database
from horarium.engine import Cancel, Error, Ledger, LedgerBroker, NewJob, Snooze, State
from horarium.engine.broker.execution import MOST_RESULT
from horarium.engine.jobs.job import Claim
from horarium.engine.jobs.outcome import Held
from horarium.engine.worker import claims
from horarium.engine.worker.finisher import Finisher
from horarium.events import JobEnded, JobStarted


async def test_async_and_sync_tasks_return(broker: LedgerBroker) -> None:
    @broker.task
    async def add(a: int, b: int) -> int:
        return a + b

    @broker.task
    def thread(name: str) -> str:
        return f"{name} in {threading.current_thread().name}"

    async with working(broker.worker()):
        sent = [await add.kiq(1, b=2), await thread.kiq("ada")]
        results = [await each.wait_result(timeout=60) for each in sent]
    assert results[0].return_value == 3
    assert results[1].return_value.startswith("ada in horarium-task")
    assert not any(result.is_err for result in results)


async def test_a_worker_runs_as_many_at_once_as_it_has_slots(broker: LedgerBroker) -> None:
    now = most = 0
    full = asyncio.Event()

    @broker.task
    async def busy() -> None:
        nonlocal now, most
        now += 1
        most = max(most, now)
        if now == 7:
            full.set()
        await full.wait()
        await asyncio.sleep(0.001)
        now -= 1

    await broker.enqueue_many(busy, [()] * 200)
    async with working(broker.worker(slots=7)):
        await eventually(lambda: broker.ledger.counts(), {State.SUCCEEDED: 200})
    assert most == 7


async def test_slots_that_become_free_one_by_one_are_claimed_for_together(
    broker: LedgerBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A claim costs the same for one job and for some; none is claimed beyond the slots."""
    monkeypatch.setattr(claims, "_LONGEST_GATHERING", 5.0)
    asked: list[int] = []
    now = most = claimed = 0
    claim = Ledger.claim

    async def watched(ledger: Ledger, connection: Any, worker: int, *given: Any) -> list[Claim]:
        nonlocal claimed
        if claimed < 64:
            asked.append(given[-1])
        found = await claim(ledger, connection, worker, *given)
        claimed += len(found)
        return found

    @broker.task
    async def waits(seconds: float) -> None:
        nonlocal now, most
        now += 1
        most = max(most, now)
        await asyncio.sleep(seconds)
        now -= 1

    monkeypatch.setattr(Ledger, "claim", watched)
    await broker.enqueue_many(waits, [(0.005 * (n % 16),) for n in range(64)])
    async with working(broker.worker(slots=16)):
        await eventually(lambda: broker.ledger.counts(), {State.SUCCEEDED: 64})
    # Once in between, when it begins to listen, it compares notes with the ledger at once.
    assert asked.count(1) <= 1
    assert most == 16


async def test_jobs_of_other_queues_are_left_alone(broker: LedgerBroker) -> None:
    @broker.task(queue="mail")
    async def mail() -> None: ...

    @broker.task
    async def other() -> None: ...

    async with working(broker.worker(queues=["mail"])):
        left = await other.kiq()
        sent = await mail.kiq()
        await sent.wait_result(timeout=60)
        assert await states(broker.ledger, left.task_id) == ["queued"]


async def test_an_exception_fails_the_job_with_its_traceback(broker: LedgerBroker) -> None:
    @broker.task
    async def fall() -> None:
        raise KeyError("no such order")

    @broker.task
    def fall_in_a_thread() -> None:
        raise LookupError("nor here")

    async with working(broker.worker()):
        for task, kind in ((fall, KeyError), (fall_in_a_thread, LookupError)):
            sent = await task.kiq()
            with pytest.raises(kind):
                (await sent.wait_result(timeout=60)).raise_for_error()
            job = await broker.ledger.show(sent.task_id)
            assert job.state is State.FAILED
            assert job.error is not None
            assert job.error.type == kind.__name__
            assert f"in {task.task_name.partition(':')[2]}\n" in (job.error.traceback or "")


async def test_failed_attempts_are_kept_and_tried_again(
    broker: LedgerBroker, told: list[Any]
) -> None:
    runs = []

    @broker.task(max_retries=5, retry_delay=0.01)
    async def fall_twice() -> str:
        runs.append(len(runs) + 1)
        if len(runs) < 3:
            raise ConnectionError(f"fall {len(runs)}")
        return "up"

    async with working(broker.worker()):
        sent = await fall_twice.kiq()
        assert (await sent.wait_result(timeout=60)).return_value == "up"
    assert await attempts(broker.ledger, sent.task_id) == [(1, "failed"), (2, "failed")]
    job = await broker.ledger.show(sent.task_id)
    assert (job.attempt, job.error) == (3, None)
    outcomes = [event.outcome for event in told if isinstance(event, JobEnded)]
    assert outcomes == ["retrying", "retrying", "succeeded"]
    assert [event.attempt for event in told if isinstance(event, JobStarted)] == [1, 2, 3]


async def test_an_attempt_begins_to_be_told_when_the_one_before_has_been(
    broker: LedgerBroker, told: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """However late the answer to a commit is read: the next claim comes on another connection."""
    record = Finisher._record

    async def read_late(self: Finisher, held: Sequence[Held]) -> Any:
        written = await record(self, held)
        await asyncio.sleep(0.2)
        return written

    monkeypatch.setattr(Finisher, "_record", read_late)
    asked = 0

    @broker.task(max_retries=1, retry_delay=0.0)
    async def again() -> Snooze | None:
        nonlocal asked
        asked += 1
        if asked == 1:
            raise OSError("no")
        return Snooze(0.0) if asked == 2 else None

    async with working(broker.worker()):
        sent = await again.kiq()
        assert not (await sent.wait_result(timeout=60)).is_err
        await eventually(lambda: asyncio.sleep(0, len(told)), 6)
    outcomes = [event.outcome if isinstance(event, JobEnded) else "started" for event in told]
    assert outcomes == ["started", "retrying", "started", "snoozed", "started", "succeeded"]


async def test_exception_types_choose_whether_it_is_tried_again(broker: LedgerBroker) -> None:
    @broker.task(retry_on=ConnectionError, retry_delay=0.0, max_retries=2)
    async def choosy(kind: str) -> None:
        raise {"broken": BrokenPipeError, "key": KeyError}[kind]

    @broker.task(discard_on=[ValueError], retry_delay=0.0, max_retries=2)
    async def strict(kind: str) -> None:
        raise {"unicode": UnicodeError, "key": KeyError}[kind]

    async with working(broker.worker()):
        sent = {name: await task.kiq(name) for task, name in [(choosy, "broken"), (choosy, "key")]}
        assert (await ended(broker.ledger, sent["broken"].task_id)).attempt == 3
        assert (await ended(broker.ledger, sent["key"].task_id)).attempt == 1
        assert (await ended(broker.ledger, (await strict.kiq("unicode")).task_id)).attempt == 1
        assert (await ended(broker.ledger, (await strict.kiq("key")).task_id)).attempt == 3


@pytest.mark.parametrize("timeout", [0.05, timedelta(milliseconds=50), "0.05"])
async def test_a_timeout_ends_an_async_task(broker: LedgerBroker, timeout: Any) -> None:
    @broker.task(timeout=timeout)
    async def declared() -> None:
        await asyncio.Event().wait()

    @broker.task
    async def linger() -> None:
        await asyncio.Event().wait()

    async with working(broker.worker()):
        of_the_call = await linger.kicker().with_labels(timeout=timeout).kiq()
        for sent in (await declared.kiq(), of_the_call):
            job = await ended(broker.ledger, sent.task_id)
            assert job.state is State.FAILED
            assert job.error is not None
            assert job.error.type == "TimeoutError"
            assert job.error.message == "it ran longer than its timeout of 0.05 s"


async def test_a_timeout_is_that_of_the_code_unless_the_call_has_its_own(
    broker: LedgerBroker,
) -> None:
    @broker.task(timeout=0.05)
    async def linger(event: str = "") -> str:
        await asyncio.sleep(0.2 if event else 60)
        return "in time"

    async with working(broker.worker()):
        own = await linger.kicker().with_labels(timeout=30).kiq("short")
        assert (await own.wait_result(timeout=60)).return_value == "in time"
        assert (await (await linger.kiq()).wait_result(timeout=60)).is_err


async def test_a_task_chooses_its_outcome(broker: LedgerBroker) -> None:
    runs = []

    @broker.task
    async def choose(what: str) -> Any:
        runs.append(what)
        if what == "cancel":
            return Cancel("nothing to do")
        return Snooze(0.01) if runs.count(what) < 3 else "done"

    async with working(broker.worker()):
        cancelled = await ended(broker.ledger, (await choose.kiq("cancel")).task_id)
        snoozed = await ended(broker.ledger, (await choose.kiq("snooze")).task_id)
    assert (cancelled.state, cancelled.error) == (
        State.CANCELLED,
        Error("Cancelled", "nothing to do"),
    )
    assert (snoozed.state, snoozed.attempt) == (State.SUCCEEDED, 1)
    assert runs.count("snooze") == 3


class Mute(Exception):
    def __str__(self) -> str:
        raise RuntimeError


ODD = {
    "nul": (lambda: "a\0b", "ResultNotStored"),
    "half a pair": (lambda: "\ud800", "ResultNotStored"),
    "an object": (object, "ResultNotStored"),
    "too deep": (lambda: deep(100_000), "ResultNotStored"),
    "too large": (lambda: "x" * (MOST_RESULT + 1), "ResultNotStored"),
    "a huge number": (lambda: 10**5000, "ResultNotStored"),
    "a snooze of no length": (lambda: Snooze("soon"), "TypeError"),  # type: ignore[arg-type]
    "a snooze for ever": (lambda: Snooze(float("inf")), "ValueError"),
    "nul in an error": (lambda: fail(ValueError("a\0b")), "ValueError"),
    "half a pair in an error": (lambda: fail(ValueError("\ud800")), "ValueError"),
    "an error without words": (lambda: fail(Mute()), "Mute"),
    "the end of the process": (lambda: fail(SystemExit(3)), "SystemExit"),
    "a cancellation nobody ordered": (lambda: fail(asyncio.CancelledError()), "CancelledError"),
}


def deep(levels: int) -> Any:
    nested: list[Any] = []
    for _ in range(levels):
        nested = [nested]
    return nested


def fail(error: BaseException) -> None:
    raise error


async def test_what_cannot_be_stored_fails_its_job_and_no_other(broker: LedgerBroker) -> None:
    @broker.task
    async def odd(what: str) -> Any:
        return ODD[what][0]()

    @broker.task
    async def good(n: int) -> int:
        return n

    for n in range(50):
        await good.kicker().with_task_id(f"good {n}").kiq(n)
    for what in ODD:
        await odd.kicker().with_task_id(what).kiq(what)
    async with working(broker.worker(slots=100)):
        found = {what: await ended(broker.ledger, what) for what in ODD}
        for n in range(50):
            assert (await ended(broker.ledger, f"good {n}")).state is State.SUCCEEDED
    errors = {what: job.error.type if job.error else None for what, job in found.items()}
    assert errors == {what: kind for what, (_, kind) in ODD.items()}
    assert {job.state for job in found.values()} == {State.FAILED}
    error = found["nul"].error
    assert error is not None
    assert "text with the character NUL" in error.message  # and not what PostgreSQL says of it


async def test_an_expired_job_is_not_run(broker: LedgerBroker) -> None:
    runs = []

    @broker.task(expires=0.001)
    async def late() -> None:
        runs.append(1)

    sent = await late.kiq()
    await eventually(lambda: is_past(broker.ledger, sent.task_id))
    async with working(broker.worker()):
        job = await ended(broker.ledger, sent.task_id)
    assert job.error == Error("Cancelled", "it expired before it began")
    assert runs == []


async def is_past(ledger: Ledger, job: str) -> bool:
    async with ledger.database.connection() as connection:
        sql = "select expires_at < clock_timestamp() from horarium.jobs where id = $1"
        return bool(await connection.fetchval(sql, job))


async def test_a_job_of_an_unknown_task_waits_and_is_shown(
    broker: LedgerBroker, ledger: Ledger
) -> None:
    await enqueue(ledger, "a", task="of.another:version")
    async with working(broker.worker()):
        await eventually(lambda: states(ledger, "a"), ["scheduled"])
    job = await ledger.show("a")
    assert (job.attempt, job.state) == (0, State.SCHEDULED)
    assert job.error == Error("UnknownTask", "no worker so far knows the task 'of.another:version'")


async def test_a_row_that_was_put_there_by_hand_fails_alone(
    broker: LedgerBroker, database: Database
) -> None:
    @broker.task("known")
    async def known(a: int) -> int:
        return a

    rows = {
        "no call": "'[1, 2]'",
        "wrong parts": "'{\"args\": 5}'",
        "too many": '\'{"args": [1, 2, 3], "kwargs": {}}\'',
    }
    async with database.connection() as connection:
        for id, arguments in rows.items():
            await connection.execute(
                "insert into horarium.jobs (id, task, state, due_at, arguments) "
                f"values ('{id}', 'known', 'queued', now(), {arguments})"
            )
        await connection.execute(
            "insert into horarium.jobs (id, task, state, due_at, payload) "
            "values ('bytes', 'known', 'queued', now(), 'rubbish')"
        )
    async with working(broker.worker()):
        for id in (*rows, "bytes"):
            job = await ended(broker.ledger, id)
            assert job.state is State.FAILED
            assert job.error is not None
        assert (await (await known.kiq(1)).wait_result(timeout=60)).return_value == 1


async def test_a_delayed_job_begins_when_it_is_due(broker: LedgerBroker) -> None:
    @broker.task(delay=0.3)
    async def later() -> float:
        return time.monotonic()

    async with working(broker.worker()):
        sent = await later.kiq()
        assert not (await (sent).wait_result(timeout=60)).is_err
    job = await broker.ledger.show(sent.task_id)
    assert job.started_at is not None
    # The poll is 10 s: it was the outlook that woke the worker.
    assert timedelta(0) <= job.started_at - job.due_at < timedelta(seconds=3)


async def test_a_worker_needs_no_bell(broker: LedgerBroker, ledger: Ledger) -> None:
    """With its poll alone it finds what nobody told it of."""

    @broker.task("quiet")
    async def quiet() -> None: ...

    broker.settings = msgspec.structs.replace(broker.settings, poll=0.05)
    async with working(broker.worker()), ledger.database.connection() as connection:
        await connection.execute(
            "insert into horarium.jobs (id, task, state, due_at, arguments) values "
            "('a', 'quiet', 'queued', now(), '{\"args\": [], \"kwargs\": {}}')"
        )
        assert (await ended(ledger, "a")).state is State.SUCCEEDED


@pytest.mark.parametrize("delay", [None, 0.001])
async def test_an_idle_worker_looks_seldom(
    broker: LedgerBroker, database: Database, delay: float | None
) -> None:
    """A job that others have locked must not be asked for in a busy loop."""
    asked = 0
    claim = broker.ledger.claim

    async def counted(*given: Any) -> Any:
        nonlocal asked
        asked += 1
        return await claim(*given)

    broker.ledger.claim = counted  # type: ignore[method-assign]
    await broker.ledger.enqueue(NewJob(id="a", task="t", delay=delay))
    locked = await database.connect("locks")
    async with locked.transaction():
        await locked.execute("select from horarium.jobs where id = 'a' for update")
        async with working(broker.worker()):
            began = time.monotonic()
            while time.monotonic() < began + 0.5:
                await asyncio.sleep(0.05)
    await locked.close()
    assert asked < 15
