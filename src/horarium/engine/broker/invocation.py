"""A call that is not sent yet: the leaf of a composition."""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from horarium.engine.jobs.composition import After, OnFailure
from horarium.errors import InvalidInput


class Signature(msgspec.Struct, frozen=True):
    """A task with its arguments, as `task.s(…)` and `task.si(…)` make it.

    Attributes:
        labels: of this call, over those of the declaration.
        immutable: its arguments are all that it takes; no result is put before them.
        task_id: the id of its job; `None`: one is made.
    """

    task: Any
    args: tuple[Any, ...] = ()
    kwargs: Mapping[str, Any] = {}
    labels: Mapping[str, Any] = {}
    immutable: bool = False
    task_id: str | None = None

    def with_labels(self, **labels: Any) -> "Signature":
        """The same call with further labels."""
        return msgspec.structs.replace(self, labels={**self.labels, **labels})

    def with_task_id(self, task_id: str) -> "Signature":
        """The same call under an id of the caller's; it can be sent once."""
        return msgspec.structs.replace(self, task_id=task_id)


def after_jobs(jobs: Iterable[Any], on_failure: str) -> After:
    """What a call is to wait for.

    Args:
        jobs: ids, handles of sent calls, or batches: all that these end with.

    Raises:
        InvalidInput: one is none of these, or the policy is unknown.
    """
    if on_failure not in tuple(OnFailure):
        takes = " and ".join(repr(str(each)) for each in OnFailure)
        raise InvalidInput("on_failure", f"{on_failure!r} cannot be used; it takes {takes}")
    ids = tuple(id for job in jobs for id in _ids(job))
    return After(ids, OnFailure(on_failure))


def _ids(job: Any) -> tuple[str, ...]:
    if isinstance(job, str):
        return (job,)
    ends = getattr(job, "ends", None)
    if isinstance(ends, tuple) and ends:
        return ends
    id = getattr(job, "task_id", None)
    if not isinstance(id, str):
        raise InvalidInput(
            "after", f"{job!r} is no job; it takes ids, handles that kiq() returned, and batches"
        )
    return (id,)
