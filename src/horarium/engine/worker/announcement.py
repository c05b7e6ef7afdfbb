"""What a worker tells the subscribers of events."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from horarium.engine.jobs.dependents import Stopped
from horarium.engine.jobs.job import Claim, Mark
from horarium.engine.jobs.outcome import (
    Cancelled,
    Failed,
    GivenBack,
    Outcome,
    Snoozed,
    Succeeded,
)
from horarium.engine.worker.lease import Rescued
from horarium.engine.worker.losses import lost_too_often
from horarium.events import (
    Events,
    JobCancelled,
    JobEnded,
    JobFailed,
    JobGivenBack,
    JobProgressed,
    JobRescued,
    JobRetried,
    JobSnoozed,
    JobStarted,
    JobSucceeded,
)

_KINDS: Mapping[type[Any], type[JobEnded]] = {
    Succeeded: JobSucceeded,
    Cancelled: JobCancelled,
    Snoozed: JobSnoozed,
    GivenBack: JobGivenBack,
}


def started(claim: Claim) -> JobStarted:
    return JobStarted(**_subject(claim))


def progressed(claim: Claim, mark: Mark) -> JobProgressed:
    return JobProgressed(
        **_subject(claim),
        fraction=mark.fraction,
        note=mark.note,
        state=mark.state,
        number=mark.number,
    )


def tell_rescue(events: Events, job: Rescued) -> None:
    """Publish that a job was taken back and, where it was given up, that it has failed."""
    if events.hears(JobRescued):
        events.publish(JobRescued(**msgspec.structs.asdict(job)))
    if job.given_up and events.hears(JobFailed):
        error = lost_too_often(job.times)
        events.publish(
            JobFailed(
                **_subject(job),
                outcome="failed",
                took=0.0,
                error=f"{error.type}: {error.message}",
            )
        )


def tell_end(events: Events, claim: Claim, outcome: Outcome, took: float) -> None:
    """Publish the end of an attempt, if anybody wants to hear of such.

    Args:
        took: seconds.
    """
    kind = _kind(outcome)
    if not events.hears(kind):
        return
    values: dict[str, Any] = {**_subject(claim), "outcome": word(outcome), "took": took}
    match outcome:
        case Failed(error):
            values |= {"error": f"{error.type}: {error.message}"}
            values |= {"retry_after": outcome.retry_after}
            if kind is JobFailed:
                values |= {"traceback": error.traceback}
        case Snoozed(delay, reason):
            values |= {"error": reason or None, "retry_after": delay}
        case Cancelled(reason):
            values |= {"error": reason or None}
    events.publish(kind(**values))


def tell_stopped(events: Events, jobs: Sequence[Stopped]) -> None:
    """Publish that jobs have ended because others, which they waited for, did not succeed."""
    if not jobs or not events.hears(JobCancelled):
        return
    for job in jobs:
        events.publish(
            JobCancelled(
                **_subject(job),
                outcome="cancelled",
                took=0.0,
                error=job.because,
            )
        )


def word(outcome: Outcome) -> str:
    """The glossary's word for an outcome."""
    match outcome:
        case Succeeded():
            return "succeeded"
        case Failed(retry_after=None):
            return "failed"
        case Failed():
            return "retrying"
        case Cancelled():
            return "cancelled"
        case Snoozed():
            return "snoozed"
        case GivenBack():
            return "given back"


def _kind(outcome: Outcome) -> type[JobEnded]:
    if isinstance(outcome, Failed):
        return JobFailed if outcome.retry_after is None else JobRetried
    return _KINDS[type(outcome)]


def _subject(job: Claim | Rescued | Stopped) -> dict[str, Any]:
    return {
        "id": job.id,
        "task": job.task,
        "queue": job.queue,
        "attempt": job.attempt,
        "owner": job.owner,
    }
