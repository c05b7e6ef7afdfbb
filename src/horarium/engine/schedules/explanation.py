"""Why has this schedule not run? One ordered answer, and what would change it.

`explain` is pure: it takes where the schedule stands and what stands in its way.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

import msgspec

from horarium.database import statement
from horarium.engine.jobs.outcome import UNKNOWN_TASK
from horarium.engine.schedules.book import Book
from horarium.engine.schedules.schedule import Kept

LATE = timedelta(seconds=10)


class Reason(msgspec.Struct, frozen=True):
    """One thing that holds a schedule back, and what would change it."""

    why: str
    remedy: str


class Obstacles(msgspec.Struct, frozen=True, kw_only=True):
    """What is under way for a schedule: its oldest unfinished job, and who could run that.

    Attributes:
        waiting: firings that wait for that job to end.
        listened: a worker that is alive takes from the queue.
    """

    now: datetime
    job: str | None = None
    job_state: str | None = None
    job_queue: str | None = None
    job_started_at: datetime | None = None
    job_due_at: datetime | None = None
    job_error: str | None = None
    waiting: int = 0
    listened: bool = True


async def explain_schedule(book: Book, id: str) -> list[Reason]:
    """Why a schedule does not run just now, the first reason first; empty: nothing holds it back.

    Raises:
        NotFound: there is no such schedule.
    """
    kept = await book.show(id)
    async with book.database.connection() as connection:
        row = await connection.fetchrow(
            statement(__package__, "explain"), id, book.ledger.clock(), kept.schedule.queue
        )
    values = dict(row)
    if values["job_error"] is not None:
        error = msgspec.json.decode(values["job_error"])
        values["job_error"] = f"{error.get('type')}: {error.get('message')}"
    return list(explain(kept, Obstacles(**values)))


def explain(kept: Kept, obstacles: Obstacles) -> Iterator[Reason]:
    """What holds a schedule back, in the order in which it would have to be changed."""
    yield from _of_state(kept)
    yield from _of_time(kept, obstacles.now)
    yield from _of_job(kept, obstacles)
    if obstacles.waiting:
        yield Reason(
            f"{obstacles.waiting} of its due times wait for that job to end",
            "they run by themselves, one after the other",
        )


def _of_state(kept: Kept) -> Iterator[Reason]:
    note = f": {kept.note}" if kept.note else ""
    match kept.state:
        case "paused":
            since = f"{kept.decided_until:%Y-%m-%d %H:%M} UTC"
            yield Reason(f"it is paused since {since}{note}", "resume it")
        case "parked":
            yield Reason(f"it cannot be run as it stands{note}", "put a mended version of it")
        case "retired":
            yield Reason(f"it is retired{note}", "put it again")
        case "ended":
            yield Reason("it has no due time left", "change its rule or its end")
        case "active":
            pass


def _of_time(kept: Kept, now: datetime) -> Iterator[Reason]:
    if kept.next_fire_at is None:
        return
    if kept.next_fire_at > now:
        jitter = " with its jitter" if kept.next_fire_at != kept.next_due_at else ""
        yield Reason(
            f"it is not due until {kept.next_fire_at:%Y-%m-%d %H:%M:%S} UTC{jitter}",
            "trigger it to run it now",
        )
    elif now - kept.next_fire_at > LATE:
        late = (now - kept.next_fire_at).total_seconds()
        yield Reason(
            f"it is due for {late:,.0f} s and no scheduler has decided it",
            "start a scheduler: horarium scheduler",
        )


def _of_job(kept: Kept, obstacles: Obstacles) -> Iterator[Reason]:
    job, queue = obstacles.job, obstacles.job_queue or kept.schedule.queue
    if job is not None and obstacles.job_state == "running":
        yield Reason(
            f"its job {job} runs since {obstacles.job_started_at:%Y-%m-%d %H:%M:%S} UTC",
            "wait for it, or cancel it",
        )
    elif job is not None and obstacles.job_state == "retrying":
        yield Reason(
            f"its job {job} failed with {obstacles.job_error} and is tried again at "
            f"{obstacles.job_due_at:%Y-%m-%d %H:%M:%S} UTC",
            "mend the task, or cancel the job",
        )
    elif job is not None and (obstacles.job_error or "").startswith(f"{UNKNOWN_TASK}:"):
        yield Reason(
            f"no worker that has tried its job {job} knows the task {kept.schedule.task!r}",
            "start a worker whose code has the task, or retire the schedule",
        )
    elif job is not None:
        yield Reason(f"its job {job} is {obstacles.job_state} in queue {queue!r}", "wait for it")
    if not obstacles.listened:
        yield Reason(
            f"no worker that is alive takes from queue {queue!r}",
            "start one: horarium worker",
        )
