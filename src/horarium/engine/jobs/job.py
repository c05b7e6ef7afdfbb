"""The values of the ledger: what is asked for, what a worker holds, what can be looked at.

A *job* is one enqueued call of a task. Its id is TaskIQ's ``task_id``: any string of 1 to 255
characters; a UUIDv7 where the caller gives none, so that ids sort by time.
"""

from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec
from uuid_utils.compat import uuid7

from horarium.engine.jobs.composition import After

DEFAULT_QUEUE = "default"


class State(StrEnum):
    """Where a job stands. The first five are unfinished, the last three are final."""

    SCHEDULED = "scheduled"
    QUEUED = "queued"
    RUNNING = "running"
    RETRYING = "retrying"
    WAITING = "waiting"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def final(self) -> bool:
        return self in FINAL


FINAL = frozenset({State.SUCCEEDED, State.FAILED, State.CANCELLED})


class UniqueKey(msgspec.Struct, frozen=True, kw_only=True):
    """Under which key a call is unique; see `horarium.engine.jobs.uniqueness`.

    Attributes:
        states: in which the job that was recorded under the key is there.
        period: seconds from its enqueue for which it is there at most; `None`: no bound.
        debounce: where it has not begun, it takes over this call's arguments and due time.
    """

    key: str
    states: tuple[State, ...]
    period: float | None = None
    debounce: bool = False


class Enqueued(msgspec.Struct, frozen=True):
    """The answer to an enqueue: the job that is in the ledger now; true where it is new."""

    id: str
    is_new: bool

    def __bool__(self) -> bool:
        return self.is_new


class NewJob(msgspec.Struct, frozen=True, kw_only=True):
    """A job to be enqueued.

    Attributes:
        arguments: JSON ``{"args": [...], "kwargs": {...}}``, or `None` where `payload` is given.
        payload: the message in the user's own serialisation, never read by the engine.
        labels: JSON object of TaskIQ labels that have no column of their own.
        due_at: not before this instant; `None`: as soon as possible.
        delay: seconds from the database's now; counts only where `due_at` is not given.
        expires_after: seconds after which a job that has not begun is cancelled.
        schedule, fired_for: the schedule and its due time that made this job.
        unique: the key under which it is not enqueued twice.
        limits: JSON of its `Limits`, `None` where it has none.
        after: the jobs that it waits for.
    """

    task: str
    id: str = msgspec.field(default_factory=lambda: str(uuid7()))
    queue: str = DEFAULT_QUEUE
    priority: int = 0
    arguments: bytes | None = b'{"args":[],"kwargs":{}}'
    payload: bytes | None = None
    labels: bytes | None = None
    due_at: datetime | None = None
    delay: float | None = None
    expires_after: float | None = None
    owner: str | None = None
    schedule: str | None = None
    fired_for: datetime | None = None
    unique: UniqueKey | None = None
    limits: bytes | None = None
    after: After | None = None


class Claim(msgspec.Struct, frozen=True, gc=False):
    """A job that a worker holds: one attempt, which nobody else may finish.

    The fields are the columns of `claim.sql` and `admit.sql`, in their order.

    Attributes:
        worker: the lease under which it is held; a worker that lost it goes on under another.
        expired: it did not begin in time and is not to be run.
        limits: JSON of its `Limits`; before the gate has let it through, it is a mere candidate.
        cancelling: its cancellation was ordered during an earlier attempt; it is not to be run.
    """

    id: str
    task: str
    attempt: int
    worker: int
    queue: str
    priority: int
    due_at: datetime
    started_at: datetime
    arguments: bytes | None
    payload: bytes | None
    labels: bytes | None
    owner: str | None
    schedule: str | None
    fired_for: datetime | None
    expired: bool
    cancelling: bool
    limits: bytes | None = None


class Error(msgspec.Struct, frozen=True, omit_defaults=True):
    """Why an attempt did not succeed: the exception's type, its message, its traceback; and what it
    was made from (`args`), where that is not the message alone and can be written as JSON.
    """

    type: str
    message: str
    traceback: str | None = None
    module: str | None = None
    args: tuple[str | int | float | bool | None, ...] | None = None


class Mark(msgspec.Struct, frozen=True, kw_only=True):
    """How far an attempt has come, as it told last; see `horarium.engine.jobs.mark`.

    Attributes:
        fraction: from 0 to 1; `None`: it has not said.
        note, state: words for people.
        meta: JSON data of the task's own, such as TaskIQ's `ProgressTracker` keeps.
        number: how often the attempt has told.
        updated_at: when it was written, by the database's clock; `None`: it is not written yet.
    """

    fraction: float | None = None
    note: str | None = None
    state: str | None = None
    meta: Any = None
    number: int = 0
    updated_at: datetime | None = None


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """A job as the ledger shows it, unfinished or from history.

    `progress` is what its newest attempt told last.
    """

    id: str
    task: str
    queue: str
    priority: int
    state: State
    due_at: datetime
    enqueued_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    attempt: int
    worker: int | None
    owner: str | None
    schedule: str | None
    fired_for: datetime | None
    arguments: msgspec.Raw | None
    labels: msgspec.Raw | None
    result: msgspec.Raw | None
    error: Error | None
    batch: str | None = None
    progress: Mark | None = None

    @property
    def took(self) -> float | None:
        """Seconds from the start of the last attempt to its end."""
        if self.started_at is None or self.finished_at is None:
            return None
        return (self.finished_at - self.started_at).total_seconds()

    @property
    def result_expired(self) -> bool:
        """It succeeded, and its result has been forgotten; one of nothing is a JSON null."""
        return self.state is State.SUCCEEDED and self.result is None


def arguments(*args: Any, **kwargs: Any) -> bytes:
    """Arguments of a call, as the JSON that `NewJob.arguments` takes."""
    return msgspec.json.encode({"args": args, "kwargs": kwargs})
