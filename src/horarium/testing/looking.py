"""What has been enqueued and not yet run, as its caller said it."""

from contextlib import suppress
from datetime import datetime
from typing import Any

import msgspec

from horarium.application import Horarium
from horarium.engine import Filter, Job, State, WrongArgument, read_arguments

_UNFINISHED = frozenset(state for state in State if not state.final)
_MOST = 1000


class Sent(msgspec.Struct, frozen=True, kw_only=True):
    """A call that is in the ledger.

    Attributes:
        args, kwargs: as the task takes them; as they were sent where they do not fit it.
        labels: those of the call that have no field of their own.
        due_at: not before this instant.
    """

    id: str
    task: str
    args: list[Any]
    kwargs: dict[str, Any]
    labels: dict[str, Any]
    queue: str
    priority: int
    state: State
    due_at: datetime


async def enqueued(app: Horarium, task: Any = None) -> list[Sent]:
    """The calls that have not ended, oldest first; inside a transaction also what it has enqueued.

    Args:
        task: only calls of this task, or of the task with this name.
    """
    name = getattr(task, "task_name", task)
    jobs = [job for job in await _jobs(app, Filter(task=name)) if job.state in _UNFINISHED]
    return [_sent(app, job) for job in sorted(jobs, key=lambda job: (job.enqueued_at, job.id))]


async def _jobs(app: Horarium, which: Filter) -> list[Job]:
    found: list[Job] = []
    page = 1
    while len(found) == (page - 1) * _MOST:
        found += await app.ledger.jobs(which, page=page, count=_MOST)
        page += 1
    return found


def _sent(app: Horarium, job: Job) -> Sent:
    call = {} if job.arguments is None else msgspec.json.decode(job.arguments)
    args, kwargs = call.get("args", []), call.get("kwargs", {})
    task = app.broker.find_task(job.task)
    if task is not None:
        with suppress(WrongArgument):
            args, kwargs = read_arguments(task, args, kwargs)
    return Sent(
        id=job.id,
        task=job.task,
        args=args,
        kwargs=kwargs,
        labels={} if job.labels is None else msgspec.json.decode(job.labels),
        queue=job.queue,
        priority=job.priority,
        state=job.state,
        due_at=job.due_at,
    )
