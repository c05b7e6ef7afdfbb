"""What the ledger takes: a job that the table would refuse is refused before, in words."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from horarium.engine.jobs.durations import INSTANT, LONGEST, is_in_range
from horarium.engine.jobs.job import NewJob
from horarium.engine.jobs.storable import check_name, has_nul
from horarium.errors import InvalidInput
from horarium.owner import current_owner

MOST_ARGUMENTS = 8 * 2**20
"""Bytes of arguments that one job may have."""

COLUMNS = (
    "id", "task", "queue", "priority", "arguments", "payload", "labels", "owner", "schedule",
    "fired_for", "state", "due_at", "enqueued_at", "expires_at",
    "limits",
)  # fmt: skip
"""Of the table, in the order of `job_rows`."""


def check(job: NewJob) -> None:
    """Refuse what the table would refuse, in words.

    Raises:
        InvalidInput: a field that the ledger cannot keep.
    """
    if not -32768 <= job.priority <= 32767:
        raise InvalidInput("priority", f"{job.priority} is outside -32768..32767")
    check_name("task_id", job.id)
    check_name("task", job.task)
    check_name("queue", job.queue)
    if job.owner is not None:
        check_name("owner", job.owner)
    for field, text in (("arguments", job.arguments), ("labels", job.labels)):
        if text is not None and has_nul(text):
            raise InvalidInput(
                field, f"{job.task} was given text with the character NUL, which cannot be kept"
            )
    for field, span in (("delay", job.delay), ("expires", job.expires_after)):
        if span is not None and not 0 <= span < LONGEST:
            raise InvalidInput(
                field, f"{span!r} cannot be used; it takes 0 to {LONGEST:.0f} seconds"
            )
    for field, instant in (("eta", job.due_at), ("fired_for", job.fired_for)):
        if instant is not None and not is_in_range(instant):
            raise InvalidInput(field, f"{instant.isoformat()} cannot be used; it takes {INSTANT}")
    size = len(job.arguments or job.payload or b"")
    if size > MOST_ARGUMENTS:
        raise InvalidInput(
            "arguments",
            f"{job.task} was given {size:,} bytes of arguments; a job takes at most "
            f"{MOST_ARGUMENTS:,}. Store the data and pass its key instead",
        )


def refuse_unique(job: NewJob) -> None:
    """Refuse a job that might be there already: many at once, or after others, it cannot be."""
    if job.unique is not None:
        raise InvalidInput(
            "unique",
            f"{job.task}: a unique job can be neither in a composition, nor after others, nor one "
            "of enqueue_many's",
        )


def without_others(jobs: Iterable[NewJob]) -> Iterable[NewJob]:
    """Jobs for a COPY, which records none that waits for others."""
    for job in jobs:
        if job.after is not None:
            raise InvalidInput("after", f"{job.task}: such jobs go through enqueue_many_after")
        yield job


def job_rows(jobs: Iterable[NewJob], now: datetime, queues: set[str]) -> Iterable[tuple[Any, ...]]:
    """Jobs as rows of the table, for many at once; `queues` is given those that they are in."""
    owner = current_owner()
    for job in jobs:
        check(job)
        refuse_unique(job)
        queues.add(job.queue)
        due_at = job.due_at or (now + timedelta(seconds=job.delay) if job.delay else now)
        state = "scheduled" if due_at > now else "queued"
        expires_at = (
            None if job.expires_after is None else now + timedelta(seconds=job.expires_after)
        )
        yield (
            job.id, job.task, job.queue, job.priority, job.arguments, job.payload, job.labels,
            job.owner or owner, job.schedule, job.fired_for, state, due_at, now, expires_at,
            job.limits,
        )  # fmt: skip
