"""What became of one attempt: values that a run ends with and the ledger records."""

from datetime import timedelta
from typing import Any

import msgspec

from horarium.engine.jobs.durations import LONGEST, SECONDS
from horarium.engine.jobs.job import Claim, Error


class Again(msgspec.Struct, frozen=True):
    """A changed call for the next attempt, where a middleware or the task sent one.

    The fields are those of `NewJob`.
    """

    arguments: bytes | None
    payload: bytes | None
    labels: bytes | None


class Succeeded(msgspec.Struct, frozen=True):
    """The task returned. `result` is JSON, `None` where there is nothing to keep.

    `expires_after`: seconds for which the result is kept; `None`: as long as the job.
    """

    result: bytes | None = None
    expires_after: float | None = None


class Failed(msgspec.Struct, frozen=True):
    """The attempt failed. `retry_after`: seconds to the next one; `None`: failed for good."""

    error: Error
    retry_after: float | None = None
    again: Again | None = None


class Cancelled(msgspec.Struct, frozen=True):
    """The job ends here, by its own wish or by somebody's order."""

    reason: str


UNKNOWN_TASK = "UnknownTask"
"""The kind of a snooze that waits for a worker which knows the task."""


class Snoozed(msgspec.Struct, frozen=True):
    """Run again after `delay` seconds; the attempt does not count."""

    delay: float
    reason: str = ""
    again: Again | None = None
    kind: str = "Snoozed"


class GivenBack(msgspec.Struct, frozen=True):
    """The worker stopped before the job was done: the job is queued again, unharmed."""


Outcome = Succeeded | Failed | Cancelled | Snoozed | GivenBack


class Held(msgspec.Struct, frozen=True, gc=False):
    """An attempt and what became of it, as a worker reports it."""

    claim: Claim
    outcome: Outcome


class Cancel(msgspec.Struct, frozen=True):
    """Returned by a task: end this job as cancelled, with this reason."""

    reason: str = ""


class Snooze(msgspec.Struct, frozen=True):
    """Returned by a task: run this job again after `delay`, as if it had not begun.

    Attributes:
        delay: seconds or a timedelta; one that is not above 0: as soon as possible.
    """

    delay: float | timedelta


def chosen_by_task(returned: Any) -> Outcome | None:
    """The outcome that a task chose by what it returned, if it chose one.

    Raises:
        TypeError, ValueError: it chose one with a reason or a delay that cannot be used.
    """
    if not isinstance(returned, (Cancel, Snooze)):
        return None
    if isinstance(returned, Cancel):
        return Cancelled(_reason(returned.reason) or "the task chose to cancel")
    return Snoozed(_delay(returned.delay), "the task chose to wait")


def _reason(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"the task returned Cancel with {value!r}; it takes a reason in words")
    return value


def _delay(value: Any) -> float:
    delay = value.total_seconds() if isinstance(value, timedelta) else value
    if isinstance(delay, bool) or not isinstance(delay, int | float):
        raise TypeError(f"the task returned Snooze with {value!r}; it takes {SECONDS}")
    if not delay < LONGEST:
        raise ValueError(
            f"the task returned Snooze with {value!r}; it takes {SECONDS}, below {LONGEST:.0f}"
        )
    return max(0.0, float(delay))
