"""What a worker tells: the truth, and nothing that nobody wants; and what it logs."""

import asyncio
import logging
from typing import Any

import pytest
import structlog
from workplace import ended, eventually, register, states, working

from horarium.database import Connection
from horarium.engine import Cancel, JobConnection, LedgerBroker, Snooze
from horarium.engine.broker.execution import MOST_RESULT
from horarium.engine.worker import log
from horarium.events import (
    Event,
    Events,
    JobCancelled,
    JobEnded,
    JobFailed,
    JobGivenBack,
    JobRetried,
    JobSnoozed,
    JobStarted,
    JobSucceeded,
)

Told = list[Any]


async def test_subscribers_are_asked_for_what_they_want() -> None:
    events = Events()
    assert not events.hears(JobFailed)
    every: Told = []
    failures: Told = []
    events.subscribe(failures.append, JobFailed)
    assert events.hears(JobFailed)
    assert not events.hears(JobSucceeded)
    with events.subscribed(every.append):
        assert events.hears(JobSucceeded)
        failed = JobFailed(id="a", task="t", queue="q", attempt=1, outcome="failed", took=0.0)
        started = JobStarted(id="a", task="t", queue="q", attempt=1)
        for event in (started, failed):
            events.publish(event)
    assert not events.hears(JobSucceeded)
    assert (every, failures) == ([started, failed], [failed])


async def test_a_subscriber_that_raises_harms_nobody() -> None:
    events = Events()
    heard: Told = []

    def fall(event: Event) -> None:
        raise RuntimeError("fell")

    events.subscribe(fall)
    events.subscribe(heard.append)
    with structlog.testing.capture_logs() as lines:
        events.publish(JobStarted(id="a", task="t", queue="q", attempt=1))
    assert len(heard) == 1
    assert lines[0]["event"] == "a subscriber failed"


def of(told: Told, id: str) -> list[JobEnded]:
    return [event for event in told if isinstance(event, JobEnded) and event.id == id]


async def test_each_outcome_is_told(broker: LedgerBroker, told: Told) -> None:
    @broker.task(max_retries=1, retry_delay=0.0)
    async def act(how: str) -> Any:
        match how:
            case "fail":
                raise OSError("no")
            case "cancel":
                return Cancel("enough")
            case "snooze":
                return Snooze(3600.0)
        return 1

    async with working(broker.worker()):
        sent = {how: await act.kiq(how) for how in ("succeed", "fail", "cancel", "snooze")}

        async def kinds() -> dict[str, list[type]]:
            return {how: [type(e) for e in of(told, job.task_id)] for how, job in sent.items()}

        wanted = {
            "succeed": [JobSucceeded],
            "fail": [JobRetried, JobFailed],
            "cancel": [JobCancelled],
            "snooze": [JobSnoozed],
        }
        await eventually(kinds, wanted)
    (_, failed) = of(told, sent["fail"].task_id)
    assert (failed.error, failed.attempt, failed.outcome) == ("OSError: no", 2, "failed")
    assert isinstance(failed, JobFailed)
    assert "OSError: no" in (failed.traceback or "")
    (cancelled,) = of(told, sent["cancel"].task_id)
    assert cancelled.error == "enough"


async def test_jobs_that_end_with_another_are_told(broker: LedgerBroker, told: Told) -> None:
    @broker.task("fail")
    async def fail() -> None:
        raise ValueError("no")

    @broker.task("follow")
    async def follow() -> None: ...

    first = await fail.kiq()
    second = await follow.after(first).with_labels(owner="ada", queue="mail").kiq()
    third = await follow.after(second).kiq()
    other = await follow.after(first, on_failure="continue").kiq()
    async with working(broker.worker()):
        for each in (third, other):
            await ended(broker.ledger, each.task_id)
        await eventually(lambda: asyncio.sleep(0, len(of(told, other.task_id))), 1)
    because = f"it waited for others, and job '{first.task_id}' failed"
    for each, owner, queue in ((second, "ada", "mail"), (third, None, "default")):
        (event,) = of(told, each.task_id)
        assert isinstance(event, JobCancelled)
        assert (event.task, event.owner, event.queue) == ("follow", owner, queue)
        assert (event.error, event.attempt, event.took) == (because, 0, 0.0)
    assert [type(event) for event in of(told, other.task_id)] == [JobSucceeded]


async def test_a_job_that_is_given_back_is_told(broker: LedgerBroker, told: Told) -> None:
    @broker.task
    async def wait() -> None:
        await asyncio.Event().wait()

    worker = broker.worker()
    worker._shutdown = 1.5  # also the time that its last outcome has to be written
    async with working(worker):
        sent = await wait.kiq()
        await eventually(lambda: states(broker.ledger, sent.task_id), ["running"])
    assert [type(event) for event in of(told, sent.task_id)] == [JobGivenBack]


@pytest.mark.parametrize("transaction", [False, True])
async def test_an_outcome_that_was_refused_is_not_told(
    broker: LedgerBroker, told: Told, connection: Connection, transaction: bool
) -> None:
    release = asyncio.Event()

    @broker.task
    async def plain() -> None:
        await release.wait()

    @broker.task
    async def with_rows(connection: JobConnection) -> None:
        await release.wait()

    @broker.task
    async def other() -> None: ...

    async with working(broker.worker()):
        sent = await (with_rows if transaction else plain).kiq()
        await eventually(lambda: states(broker.ledger, sent.task_id), ["running"])
        # As if it had been rescued and claimed by another.
        another = await register(connection)
        await connection.execute(
            "update horarium.jobs set attempt = attempt + 1, worker = $1", another
        )
        release.set()
        await ended(broker.ledger, (await other.kiq()).task_id)
    assert of(told, sent.task_id) == []
    await connection.execute("delete from horarium.jobs")


async def test_a_commit_is_told_after_it(
    broker: LedgerBroker, told: Told, connection: Connection
) -> None:
    await connection.execute(
        "create table public.strict (n int unique deferrable initially deferred)"
    )

    @broker.task
    async def write(connection: JobConnection) -> None:
        await connection.execute("insert into public.strict values (1)")

    async with working(broker.worker()):
        first = await write.kiq()
        await ended(broker.ledger, first.task_id)
        second = await write.kiq()
        await ended(broker.ledger, second.task_id)
        await eventually(lambda: last(told, second.task_id), JobFailed)
    assert [type(event) for event in of(told, first.task_id)] == [JobSucceeded]
    assert [type(event) for event in of(told, second.task_id)] == [JobFailed]


async def last(told: Told, id: str) -> Any:
    return type(of(told, id)[-1]) if of(told, id) else None


async def test_a_result_that_cannot_be_stored_is_told_as_what_became_of_it(
    broker: LedgerBroker, told: Told
) -> None:
    @broker.task
    async def enormous() -> str:
        return "x" * (MOST_RESULT + 1)

    @broker.task
    async def unstorable() -> str:
        return "a\0b"

    async with working(broker.worker()):
        for task in (enormous, unstorable):
            sent = await task.kiq()
            await eventually(lambda id=sent.task_id: last(told, id), JobFailed)
            (event,) = of(told, sent.task_id)
            assert (event.error or "").startswith("ResultNotStored: ")


async def test_failures_are_logged_and_the_last_one_says_so(broker: LedgerBroker) -> None:
    @broker.task(max_retries=1, retry_delay=0.0)
    async def fall() -> None:
        raise OSError("no")

    @broker.task
    async def plain() -> None: ...

    with structlog.testing.capture_logs() as lines:
        async with working(broker.worker()):
            sent = await fall.kiq()
            await ended(broker.ledger, sent.task_id)
            good = await plain.kiq()
            await ended(broker.ledger, good.task_id)
    mine = [line for line in lines if line.get("job") == sent.task_id]
    retried, failed = mine
    assert retried["event"] == "an attempt failed; the job is tried again"
    assert (retried["log_level"], retried["attempt"], retried["error"]) == (
        "error", 1, "OSError: no",
    )  # fmt: skip
    assert failed["event"] == "a job failed for good"
    assert (failed["log_level"], failed["attempt"], failed["task"]) == ("error", 2, fall.task_name)
    assert "OSError: no" in failed["exception"]
    assert [line for line in lines if line.get("job") == good.task_id] == []


async def test_successes_are_logged_for_those_who_look_closely(
    broker: LedgerBroker, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    @broker.task
    async def plain() -> None: ...

    caplog.set_level(logging.DEBUG)
    # Another test's configuration may let only warnings through.
    everything = structlog.wrap_logger(
        structlog.PrintLogger(), wrapper_class=structlog.make_filtering_bound_logger(0)
    )
    monkeypatch.setattr(log, "_log", everything)
    with structlog.testing.capture_logs() as lines:
        async with working(broker.worker()):
            sent = await plain.kiq()
            await ended(broker.ledger, sent.task_id)
    told = [line["event"] for line in lines if line.get("job") == sent.task_id]
    assert told == ["an attempt began", "an attempt ended: succeeded"]


async def test_where_nobody_listens_no_event_is_made(broker: LedgerBroker, told: Told) -> None:
    broker.events.unsubscribe(told.append)
    worker = broker.worker()
    async with working(worker):
        await eventually(lambda: hears(broker, JobFailed))
        # Until it has read that nobody watches from elsewhere.
        await eventually(lambda: hears(broker, JobStarted), False)
        assert not await hears(broker, JobSucceeded)
    assert not broker.events


async def hears(broker: LedgerBroker, kind: type[Event]) -> bool:
    return broker.events.hears(kind)
