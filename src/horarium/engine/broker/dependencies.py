"""What a task can ask for, as TaskIQ dependencies.

@broker.task
async def book(order: int, connection: JobConnection) -> None: ...

@broker.task(schedule=[{"cron": "0 0 * * *"}])
async def close_day(firing: CurrentFiring) -> None: ...
"""

from datetime import datetime
from typing import Annotated, Any

import msgspec
from taskiq import Context, TaskiqDepends

from horarium.database import Connection
from horarium.engine.broker.progress import ProgressTeller, progress_teller
from horarium.engine.schedules.record import BACKFILL
from horarium.engine.worker.cancellation import CancellationOfJob
from horarium.engine.worker.run import current_run
from horarium.errors import HorariumError


class FiringOfJob(msgspec.Struct, frozen=True):
    """The due time that made a job, and the half-open span of time that it covers.

    Attributes:
        is_backfill: it was backfilled, and not decided when it came.
    """

    schedule: str
    due_at: datetime
    covers_from: datetime
    covers_until: datetime
    is_backfill: bool = False


async def job_connection() -> Connection:
    """The job's transaction: what is written on it commits together with the job's outcome.

    Raises:
        HorariumError: the calling code is not run by a worker.
    """
    run = current_run()
    if run is None:
        raise HorariumError("there is no job here whose transaction could be joined")
    return await run.begin()


def current_firing(context: Context = TaskiqDepends()) -> FiringOfJob | None:
    """The firing that made this job; `None` for a job that was enqueued otherwise."""
    run, labels = current_run(), context.message.labels
    if run is None or run.claim.schedule is None or run.claim.fired_for is None:
        return None
    if "covers_from" not in labels or "covers_until" not in labels:
        return None
    return FiringOfJob(
        schedule=run.claim.schedule,
        due_at=run.claim.fired_for,
        covers_from=datetime.fromisoformat(labels["covers_from"]),
        covers_until=datetime.fromisoformat(labels["covers_until"]),
        is_backfill=bool(labels.get(BACKFILL)),
    )


def current_job_id(context: Context = TaskiqDepends()) -> str:
    """The id of the job that runs."""
    return context.message.task_id


def current_cancellation() -> CancellationOfJob:
    """Whether the job that runs is to stop, for a sync task to ask."""
    return CancellationOfJob(current_run())


Cancellation = Annotated[CancellationOfJob, TaskiqDepends(current_cancellation)]
"""Whether the job is to stop: `.requested`, or `.check()`, which ends the task then."""

Progress = Annotated[ProgressTeller, TaskiqDepends(progress_teller)]
"""Tells how far the job has come: ``await progress(0.4, "note")``; see `ProgressTeller`."""

JobId = Annotated[str, TaskiqDepends(current_job_id)]
"""The id of the job that runs."""

JobConnection = Annotated[Any, TaskiqDepends(job_connection)]
"""An asyncpg connection, inside the job's transaction."""

CurrentFiring = Annotated[FiringOfJob | None, TaskiqDepends(current_firing)]
"""The due time that made this job, or `None`."""
