"""Why has this job not run? One ordered answer, and what would change it.

Pure: `explain` takes the facts of one instant and gives findings, what holds the job back first.
A job that is due and queued may be held by several things at once; all of them are named, in the
order in which they have to be cleared away.
"""

from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum
from typing import assert_never

import msgspec

from horarium.engine.jobs.job import Error, State
from horarium.engine.jobs.outcome import UNKNOWN_TASK

MOST_AHEAD = 10_000
"""Jobs that go first are counted up to here."""


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What decides whether a job runs, as of `now`.

    Attributes:
        ahead: queued jobs of the queue that go first, up to `MOST_AHEAD`.
        concurrency, alike: how many jobs may run under the key of its limit, and how many do.
        postponed: the rate of its key was used up when it came.
        workers, slots, busy: of the live workers that listen to the queue.
        waits_for: how many jobs have yet to end before it is queued; `None`: it follows none.
        awaits: some of those, each in words.
        worker_lost: the worker that has the job has gone, or its lease has lapsed.
    """

    now: datetime
    id: str
    task: str
    queue: str
    priority: int
    state: State
    due_at: datetime
    expires_at: datetime | None
    started_at: datetime | None
    finished_at: datetime | None
    attempt: int
    worker: int | None
    cancelling: bool
    error: Error | None
    concurrency: int | None
    alike: int
    postponed: bool
    waits_for: int | None = None
    awaits: list[str] = []
    paused_at: datetime | None
    note: str | None
    ahead: int
    workers: int
    slots: int
    busy: int
    worker_name: str | None
    worker_lost: bool | None


class Reason(StrEnum):
    """A kind of finding."""

    PAUSED = "queue paused"
    NOT_DUE = "not due"
    RETRY = "retry later"
    SNOOZED = "snoozed"
    UNKNOWN_TASK = "unknown task"
    NO_WORKER = "no worker"
    BEHIND = "behind others"
    NO_SLOT = "no free slot"
    EXPIRED = "expired"
    CANCELLING = "being cancelled"
    LIMITED = "limit reached"
    FOLLOWS = "waits for jobs"
    READY = "ready"
    RUNNING = "running"
    LOST = "worker lost"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Finding(msgspec.Struct, frozen=True):
    """Something that holds a job back, or what became of it.

    Attributes:
        why: a sentence.
        remedy: what would change it; `None`: nothing has to be done.
    """

    reason: Reason
    why: str
    remedy: str | None = None


class Explanation(msgspec.Struct, frozen=True):
    """The answer: findings in the order in which they matter, at least one."""

    id: str
    task: str
    queue: str
    state: State
    now: datetime
    findings: list[Finding]


def explain(facts: Facts) -> Explanation:
    """Why the job has not run, or what became of it."""
    return Explanation(
        facts.id, facts.task, facts.queue, facts.state, facts.now, list(_findings(facts))
    )


def _findings(facts: Facts) -> Iterator[Finding]:
    match facts.state:
        case State.SCHEDULED | State.RETRYING:
            yield _later(facts)
            yield from _obstacles(facts)
        case State.QUEUED:
            found = [*_ordered_away(facts), *_obstacles(facts), *_queueing(facts)]
            yield from found or [_ready()]
        case State.WAITING:
            yield _waiting(facts) if facts.waits_for is None else _following(facts, facts.waits_for)
            yield from _obstacles(facts)
        case State.RUNNING:
            yield _running(facts)
        case State.SUCCEEDED | State.FAILED | State.CANCELLED:
            yield _ended(facts)
        case _:
            assert_never(facts.state)


def _later(facts: Facts) -> Finding:
    """A job whose time has not come, or has only just."""
    when = _when(facts.due_at, facts.now)
    error = facts.error
    if error is not None and error.type == UNKNOWN_TASK:
        return Finding(
            Reason.UNKNOWN_TASK,
            f"No worker that had it knows the task {facts.task!r}; it is looked at again {when}.",
            f"Start a worker whose application declares the task, or {_cancel(facts)}.",
        )
    if facts.postponed and facts.due_at > facts.now:
        return Finding(
            Reason.LIMITED,
            f"As many jobs of its key have started as its rate allows; its turn comes {when}.",
            "A higher rate_limit of the task.",
        )
    if facts.state is State.RETRYING:
        return Finding(
            Reason.RETRY,
            f"Attempt {facts.attempt} failed with {_error(error)}; it is run again {when}.",
        )
    if error is not None and error.type == "Snoozed":
        return Finding(Reason.SNOOZED, f"It was put off: {error.message}. It is due {when}.")
    if facts.due_at <= facts.now:
        return Finding(Reason.READY, f"It became due {when}; a worker is about to queue it.")
    return Finding(Reason.NOT_DUE, f"It is due {when}.")


def _waiting(facts: Facts) -> Finding:
    allowed = "" if facts.concurrency is None else f"; {facts.concurrency:,} may"
    return Finding(
        Reason.LIMITED,
        f"It waits for others of its key to end: {facts.alike:,} run{allowed}.",
        "A higher concurrency_limit of the task.",
    )


def _following(facts: Facts, count: int) -> Finding:
    named = "; ".join(facts.awaits)
    more = f"; and {count - len(facts.awaits):,} more" if 0 < len(facts.awaits) < count else ""
    return Finding(
        Reason.FOLLOWS,
        f"It waits for {count:,} {_jobs(count)} to end: {named or 'just ending'}{more}.",
        "horarium job explain, of those; or " + _cancel(facts),
    )


def _ordered_away(facts: Facts) -> Iterator[Finding]:
    """A queued job that is not going to run however soon it is claimed."""
    if facts.cancelling:
        yield Finding(
            Reason.CANCELLING,
            "It was cancelled while a worker ran it, and that worker was lost; the next one that "
            "claims it ends it.",
        )
    if facts.expires_at is not None and facts.expires_at <= facts.now:
        yield Finding(
            Reason.EXPIRED,
            f"It expired {_when(facts.expires_at, facts.now)}; the next worker that claims it "
            "ends it as cancelled.",
            "Enqueue it anew, with more time.",
        )


def _obstacles(facts: Facts) -> Iterator[Finding]:
    """What keeps a queue's jobs from any worker."""
    if facts.paused_at is not None:
        note = f" ({facts.note})" if facts.note else ""
        yield Finding(
            Reason.PAUSED,
            f"The queue {facts.queue!r} is paused since {_text(facts.paused_at)}{note}.",
            f"horarium queue resume {facts.queue}",
        )
    if facts.workers == 0:
        yield Finding(
            Reason.NO_WORKER,
            f"No live worker listens to the queue {facts.queue!r}.",
            f"horarium worker --queues {facts.queue}",
        )


def _queueing(facts: Facts) -> Iterator[Finding]:
    """What a queued job waits for where workers listen."""
    if facts.ahead:
        more = " at least" if facts.ahead >= MOST_AHEAD else ""
        yield Finding(
            Reason.BEHIND,
            f"It waits behind{more} {facts.ahead:,} {_jobs(facts.ahead)} of its queue that have a "
            "higher priority or were due before.",
            "More workers, or a higher priority for jobs like this one.",
        )
    if 0 < facts.slots <= facts.busy:
        yield Finding(
            Reason.NO_SLOT,
            f"All {facts.slots:,} slots of the {facts.workers:,} workers that listen are taken.",
            "More workers, or a higher --concurrency.",
        )


def _ready() -> Finding:
    return Finding(Reason.READY, "Nothing holds it back: a worker is about to claim it.")


def _running(facts: Facts) -> Finding:
    name = facts.worker_name or facts.worker
    since = "" if facts.started_at is None else f" since {_text(facts.started_at)}"
    if facts.worker_lost:
        return Finding(
            Reason.LOST,
            f"Worker {name} has it{since}, but has stopped answering; any live worker takes the "
            "job back and queues it again.",
            None if facts.workers else f"horarium worker --queues {facts.queue}",
        )
    if facts.cancelling:
        return Finding(
            Reason.CANCELLING, f"It runs on worker {name}{since}, and was asked to stop."
        )
    return Finding(Reason.RUNNING, f"It runs on worker {name}{since}, attempt {facts.attempt}.")


def _ended(facts: Facts) -> Finding:
    when = "" if facts.finished_at is None else f" {_when(facts.finished_at, facts.now)}"
    again = f"horarium job retry {facts.id}"
    if facts.state is State.SUCCEEDED:
        return Finding(Reason.SUCCEEDED, f"It has run: it succeeded{when}.")
    if facts.state is State.CANCELLED:
        because = facts.error.message if facts.error and facts.error.message else "no reason given"
        return Finding(Reason.CANCELLED, f"It was cancelled{when}: {because}.", again)
    return Finding(
        Reason.FAILED,
        f"Attempt {facts.attempt} failed{when} with {_error(facts.error)}, and none is left.",
        again,
    )


def _cancel(facts: Facts) -> str:
    return f"horarium job cancel {facts.id}"


def _error(error: Error | None) -> str:
    return "an error that was not kept" if error is None else f"{error.type}: {error.message}"


def _jobs(count: int) -> str:
    return "job" if count == 1 else "jobs"


def _when(instant: datetime, now: datetime) -> str:
    seconds = (instant - now).total_seconds()
    if abs(seconds) < 1:
        return "now"
    amount = _amount(abs(seconds))
    return f"at {_text(instant)} (in {amount})" if seconds > 0 else f"{amount} ago"


def _amount(seconds: float) -> str:
    for unit, size in (("days", 86400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"


def _text(instant: datetime) -> str:
    return f"{instant:%Y-%m-%d %H:%M:%S} {instant.tzname() or ''}".strip()
