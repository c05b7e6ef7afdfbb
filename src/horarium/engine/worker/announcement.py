"""What a worker tells the subscribers of events."""

from horarium.engine.jobs.job import Claim
from horarium.engine.jobs.outcome import (
    Cancelled,
    Failed,
    GivenBack,
    Outcome,
    Snoozed,
    Succeeded,
)
from horarium.engine.worker.lease import Rescued
from horarium.events import JobEnded, JobRescued, JobStarted


def started(claim: Claim) -> JobStarted:
    return JobStarted(id=claim.id, task=claim.task, queue=claim.queue, attempt=claim.attempt)


def ended(claim: Claim, outcome: Outcome, took: float) -> JobEnded:
    failed = outcome if isinstance(outcome, Failed) else None
    return JobEnded(
        id=claim.id,
        task=claim.task,
        queue=claim.queue,
        attempt=claim.attempt,
        outcome=word(outcome),
        took=took,
        error=None if failed is None else f"{failed.error.type}: {failed.error.message}",
        retry_after=None if failed is None else failed.retry_after,
    )


def taken_back(job: Rescued) -> JobRescued:
    return JobRescued(
        id=job.id,
        task=job.task,
        attempt=job.attempt,
        worker=job.worker,
        times=job.times,
        given_up=job.given_up,
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
