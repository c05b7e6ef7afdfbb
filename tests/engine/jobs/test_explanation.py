"""Why a job has not run: every finding, their order, and the facts that they come from."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from workplace import Claimer, NewClaimer, enqueue, eventually, states, working

from horarium.database import Database
from horarium.engine import Error, Ledger, LedgerBroker, Queues, State
from horarium.engine.jobs import gate
from horarium.engine.jobs.explanation import MOST_AHEAD, Facts, Reason, explain
from horarium.engine.jobs.outcome import Cancelled, Failed, Succeeded
from horarium.errors import NotFound

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
READY = Facts(
    now=NOW, id="a", task="send", queue="mail", priority=0, state=State.QUEUED, due_at=NOW,
    expires_at=None, started_at=None, finished_at=None, attempt=0, worker=None, cancelling=False,
    error=None, paused_at=None, note=None, ahead=0, workers=1, slots=10, busy=0, worker_name=None,
    worker_lost=None, concurrency=None, alike=0, postponed=False,
)  # fmt: skip
PAUSED = {"paused_at": NOW - timedelta(days=1), "note": "the server is down"}
ERROR = Error("ValueError", "no such order")


def found(**facts: Any) -> list[tuple[Reason, str]]:
    explanation = explain(msgspec.structs.replace(READY, **facts))
    assert explanation.findings
    return [(each.reason, each.why) for each in explanation.findings]


@pytest.mark.parametrize(
    ("facts", "reason", "words"),
    [
        ({}, Reason.READY, "Nothing holds it back"),
        (PAUSED, Reason.PAUSED, "'mail' is paused since 2026-02-28 12:00:00 UTC (the server is"),
        ({"workers": 0, "slots": 0}, Reason.NO_WORKER, "No live worker listens to the queue"),
        ({"ahead": 1}, Reason.BEHIND, "behind 1 job of"),
        ({"ahead": MOST_AHEAD}, Reason.BEHIND, "behind at least 10,000 jobs of"),
        ({"busy": 10}, Reason.NO_SLOT, "All 10 slots of the 1 workers"),
        ({"expires_at": NOW}, Reason.EXPIRED, "It expired now"),
        ({"cancelling": True}, Reason.CANCELLING, "the next one that claims it ends it"),
        (
            {"state": State.SCHEDULED, "due_at": NOW + timedelta(minutes=5)},
            Reason.NOT_DUE,
            "It is due at 2026-03-01 12:05:00 UTC (in 5 min).",
        ),
        (
            {"state": State.SCHEDULED, "due_at": NOW - timedelta(seconds=3)},
            Reason.READY,
            "It became due 3 s ago;",
        ),
        (
            {"state": State.SCHEDULED, "error": Error("Snoozed", "the task chose to wait")},
            Reason.SNOOZED,
            "the task chose to wait",
        ),
        (
            {"state": State.SCHEDULED, "error": Error("UnknownTask", "…")},
            Reason.UNKNOWN_TASK,
            "No worker that had it knows the task 'send'",
        ),
        (
            {
                "state": State.RETRYING, "error": ERROR, "attempt": 2,
                "due_at": NOW + timedelta(hours=3),
            },
            Reason.RETRY,
            "Attempt 2 failed with ValueError: no such order; it is run again at 2026-03-01 15:00",
        ),
        (
            {"state": State.WAITING, "concurrency": 3, "alike": 3},
            Reason.LIMITED,
            "others of its key to end: 3 run; 3 may",
        ),
        (
            {"state": State.SCHEDULED, "postponed": True, "due_at": NOW + timedelta(minutes=5)},
            Reason.LIMITED,
            "as its rate allows; its turn comes at 2026-03-01 12:05",
        ),
        (
            {"state": State.RUNNING, "worker": 7, "started_at": NOW, "attempt": 1},
            Reason.RUNNING,
            "It runs on worker 7 since 2026-03-01 12:00:00 UTC, attempt 1.",
        ),
        (
            {"state": State.RUNNING, "worker": 7, "worker_name": "host:1", "worker_lost": True},
            Reason.LOST,
            "Worker host:1 has it, but has stopped answering",
        ),
        (
            {"state": State.RUNNING, "worker": 7, "cancelling": True},
            Reason.CANCELLING,
            "asked to stop",
        ),
        ({"state": State.SUCCEEDED, "finished_at": NOW}, Reason.SUCCEEDED, "it succeeded now"),
        (
            {"state": State.FAILED, "error": ERROR, "attempt": 3, "finished_at": NOW},
            Reason.FAILED,
            "Attempt 3 failed now with ValueError: no such order, and none is left.",
        ),
        (
            {"state": State.CANCELLED, "error": Error("Cancelled", "withdrawn")},
            Reason.CANCELLED,
            "It was cancelled: withdrawn.",
        ),
        ({"state": State.CANCELLED}, Reason.CANCELLED, "no reason given"),
    ],
)  # fmt: skip
def test_each_finding(facts: dict[str, Any], reason: Reason, words: str) -> None:
    first, says = found(**facts)[0]
    assert first is reason
    assert words in says


def test_findings_are_in_the_order_in_which_they_have_to_be_cleared_away() -> None:
    reasons = [
        reason for reason, _ in found(**PAUSED, expires_at=NOW, cancelling=True, ahead=5, busy=10)
    ]
    assert reasons == [
        Reason.CANCELLING, Reason.EXPIRED, Reason.PAUSED, Reason.BEHIND, Reason.NO_SLOT,
    ]  # fmt: skip
    later = [reason for reason, _ in found(state=State.RETRYING, error=ERROR, workers=0, **PAUSED)]
    assert later == [Reason.RETRY, Reason.PAUSED, Reason.NO_WORKER]


def test_a_remedy_can_be_typed() -> None:
    for facts, command in (
        (PAUSED, "horarium queue resume mail"),
        ({"workers": 0}, "horarium worker --queues mail"),
        ({"state": State.FAILED}, "horarium job retry a"),
    ):
        finding = explain(msgspec.structs.replace(READY, **facts)).findings[0]
        assert finding.remedy == command


async def reasons(ledger: Ledger, id: str) -> list[Reason]:
    return [each.reason for each in (await ledger.explain(id)).findings]


async def test_facts_of_a_job_through_its_life(
    database: Database, ledger: Ledger, claimer: NewClaimer
) -> None:
    with pytest.raises(NotFound, match="'a'"):
        await ledger.explain("a")
    await enqueue(ledger, "a", queue="mail")
    await enqueue(ledger, "b", queue="mail")
    await enqueue(ledger, "high", queue="mail", priority=5)
    await enqueue(ledger, "elsewhere", priority=9)
    assert await reasons(ledger, "high") == [Reason.NO_WORKER]
    worker: Claimer = await claimer()
    assert await reasons(ledger, "high") == [Reason.READY]
    assert "behind 2 jobs" in (await ledger.explain("b")).findings[0].why
    await Queues(database).pause("mail", "why")
    assert await reasons(ledger, "b") == [Reason.PAUSED, Reason.BEHIND]
    await Queues(database).resume("mail")
    high, a = await worker.claim(2, ["mail"])
    assert (high.id, a.id) == ("high", "a")
    assert await reasons(ledger, "a") == [Reason.RUNNING]
    await worker.finish(high, Failed(Error("E", "e"), retry_after=60.0))
    assert await reasons(ledger, "high") == [Reason.RETRY]
    await worker.finish(a, Succeeded(b"1"))
    assert await reasons(ledger, "a") == [Reason.SUCCEEDED]
    (b,) = await worker.claim(1, ["mail"])
    await worker.connection.execute("update horarium.workers set lease_until = now()")
    assert await reasons(ledger, "b") == [Reason.LOST]
    await worker.finish(b, Cancelled("enough"))
    assert await reasons(ledger, "b") == [Reason.CANCELLED]


async def test_a_full_worker_and_one_of_other_queues(ledger: Ledger, claimer: NewClaimer) -> None:
    worker = await claimer()
    await worker.connection.execute("update horarium.workers set slots = 1")
    await enqueue(ledger, "a", "b")
    await worker.claim_one()
    assert await reasons(ledger, "b") == [Reason.NO_SLOT]
    await worker.connection.execute("update horarium.workers set queues = '{mail}'")
    assert await reasons(ledger, "b") == [Reason.NO_WORKER]


async def test_a_job_that_waits_under_its_limit(ledger: Ledger, claimer: NewClaimer) -> None:
    limits = b'{"concurrency_key":"k","concurrency":1}'
    worker = await claimer()
    await enqueue(ledger, "a", "b", limits=limits)
    await gate.admit(worker.connection, worker.worker, await worker.claim(), ledger.clock)
    (finding,) = (await ledger.explain("b")).findings
    assert finding.reason is Reason.LIMITED
    assert "1 run; 1 may" in finding.why


async def test_an_unknown_task_is_named_as_such(broker: LedgerBroker) -> None:
    await enqueue(broker.ledger, "a", task="gone")
    async with working(broker.worker()):
        await eventually(lambda: states(broker.ledger, "a"), ["scheduled"])
        assert await reasons(broker.ledger, "a") == [Reason.UNKNOWN_TASK]
