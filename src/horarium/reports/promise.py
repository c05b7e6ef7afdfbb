"""The promise of when a report is ready, and whether it will be kept. Pure.

`ready_by` is a local time, such as `06:00`: the period is to be built for good at the first such
time at or after its end, in the report's zone. Or it is a time after the period's end, such as
`+00:30`, as hourly reports need it. What is judged is not only whether that time has passed:

- **late**: it has passed, and the period is not built;
- **at risk**: it will pass, by what such a build takes as a rule; or the build runs for much longer
  than that, or fails again and again, or has not begun although it was due long ago;
- **on time**: none of that;
- **ready**: the period is built, at `ready_at`, which may have been late.
"""

from datetime import UTC, datetime, timedelta
from enum import StrEnum

import msgspec

from horarium.errors import InvalidInput
from horarium.reports.period import Period, local_instant, period_end_day
from horarium.setting_values import READY_BY

FIRST_PATIENCE = timedelta(minutes=1)
MOST_PATIENCE = timedelta(minutes=30)
"""How long after the period's end a build may begin: a tenth of the time, within these bounds."""

_TOO_LONG = 2.0
"""A build that runs for so many times its typical duration runs too long."""

_SHORT = timedelta(minutes=1)
"""What runs for less is never too long."""

_ATTEMPTS = 2
"""Attempts that failed, after which a build is at risk."""


class Promised(StrEnum):
    """How a promise stands."""

    ON_TIME = "on time"
    AT_RISK = "at risk"
    LATE = "late"
    READY = "ready"


class Course(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a period's build.

    Attributes:
        ready_at: when it was built after its end; None: not yet.
        schedule: the state of its schedule, such as `active`; None: it has none.
        job: the state of its job, such as `running`; None: no job was made.
        started_at: when the job's attempt began, of one that runs.
        attempt: the attempts that have begun.
        typical: how many seconds a build takes as a rule; None: nobody knows.
    """

    ready_at: datetime | None = None
    schedule: str | None = None
    job: str | None = None
    job_id: str | None = None
    queue: str | None = None
    started_at: datetime | None = None
    attempt: int = 0
    typical: float | None = None


class Judgement(msgspec.Struct, frozen=True):
    """How a promise stands, why as a sentence, and when the build is expected to end, if anybody
    knows how long it takes.
    """

    state: Promised
    reason: str
    expected_at: datetime | None = None


def checked_ready_by(ready_by: str, every: str) -> str:
    """A promise that can be kept for periods of a kind.

    Raises:
        InvalidInput: it is no time, or a time of day for hourly periods.
    """
    if not READY_BY.fullmatch(ready_by):
        reason = f"{ready_by[:40]!r} is no time; it takes one such as 06:00 or +00:30"
        raise InvalidInput("ready_by", reason)
    if every == "hour" and not ready_by.startswith("+"):
        reason = f"an hourly report takes a time after its end, such as +00:15, not {ready_by}"
        raise InvalidInput("ready_by", reason)
    return ready_by


def deadline(period: Period, ready_by: str) -> datetime:
    """By when a period is to be ready: the promised time at or after its end.

    A local time that a clock change skips is the instant of the change, a repeated one its first.

    Raises:
        InvalidInput: as `checked_ready_by`.
    """
    checked_ready_by(ready_by, period.every)
    hours, minutes = (int(part) for part in ready_by.removeprefix("+").split(":"))
    if ready_by.startswith("+"):
        return period.ends_at + timedelta(hours=hours, minutes=minutes)
    return max(period.ends_at, local_instant(period_end_day(period), hours, minutes, period.zone))


def judge(due_by: datetime, ends_at: datetime, course: Course, now: datetime) -> Judgement:
    """How a promise stands at an instant.

    Args:
        due_by: the deadline.
        ends_at: the period's end, when its build is due.
    """
    if course.ready_at is not None:
        return _ready(due_by, course.ready_at)
    expected = _expected(course, now)
    told = None if course.typical is None else expected
    if now >= due_by:
        return Judgement(Promised.LATE, f"due by {_at(due_by)}: {_where(course, now)}", told)
    risk = _risk(due_by, ends_at, course, now, expected)
    if risk is not None:
        return Judgement(Promised.AT_RISK, risk, told)
    return Judgement(Promised.ON_TIME, _where(course, now), told)


def was_late(due_by: datetime, judged: Promised, ready_at: datetime | None) -> bool:
    """Whether a promise was not kept."""
    return judged == Promised.LATE or (ready_at is not None and ready_at > due_by)


def _ready(due_by: datetime, ready_at: datetime) -> Judgement:
    if ready_at <= due_by:
        return Judgement(Promised.READY, f"built at {_at(ready_at)}", ready_at)
    late = _lasted(ready_at - due_by)
    return Judgement(Promised.READY, f"built at {_at(ready_at)}, {late} late", ready_at)


def _risk(
    due_by: datetime, ends_at: datetime, course: Course, now: datetime, expected: datetime
) -> str | None:
    """Why the deadline is in danger, if it is."""
    where = _where(course, now)
    if course.job in ("failed", "cancelled"):
        return where
    if expected > due_by:
        typical = _lasted(timedelta(seconds=course.typical or 0.0))
        return f"{where}; a build takes {typical}, and {_lasted(due_by - now)} are left"
    if course.job == "retrying" and course.attempt >= _ATTEMPTS:
        return where
    if course.started_at is not None:
        too_long = timedelta(seconds=_TOO_LONG * (course.typical or 0.0))
        if course.typical is not None and now - course.started_at > max(too_long, _SHORT):
            as_a_rule = _lasted(timedelta(seconds=course.typical))
            return f"{where}, longer than the {as_a_rule} that it takes as a rule"
        return None
    return where if now - ends_at > _patience(due_by - ends_at) else None


def _patience(span: timedelta) -> timedelta:
    return min(MOST_PATIENCE, max(FIRST_PATIENCE, span / 10))


def _expected(course: Course, now: datetime) -> datetime:
    """When the build will end, if it goes on or begins now and takes what it takes as a rule."""
    typical = timedelta(seconds=course.typical or 0.0)
    if course.started_at is None:
        return now + typical
    # Of one that runs longer than that, all that is known is that it goes on.
    return max(course.started_at + typical, now)


def _where(course: Course, now: datetime) -> str:
    """How far the build has come."""
    if course.job == "running" and course.started_at is not None:
        return f"running for {_lasted(now - course.started_at)} ({_job(course)})"
    if course.job == "retrying":
        attempts = "1 attempt" if course.attempt == 1 else f"{course.attempt} attempts"
        return f"{attempts} failed, another follows ({_job(course)})"
    if course.job in _ENDS:
        return f"{_ENDS[course.job]} ({_job(course)})"
    if course.job is not None:
        return f"not started: it waits in the queue {course.queue} ({_job(course)})"
    if course.schedule is None:
        return "not started: no schedule builds it"
    if course.schedule != "active":
        return f"not started: its schedule is {course.schedule}"
    return "not started: no scheduler has made its job"


_ENDS = {
    "failed": "its job has failed",
    "cancelled": "its job has been cancelled",
    "succeeded": "its job has ended, and the period is not built for good",
}


def _job(course: Course) -> str:
    return f"job {course.job_id}"


def _at(instant: datetime) -> str:
    return f"{instant.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def _lasted(span: timedelta) -> str:
    """A span in words: 40 s, 12 min, 3 h 20 min."""
    seconds = max(0, round(span.total_seconds()))
    if seconds < 100:
        return f"{seconds} s"
    minutes = round(seconds / 60)
    if minutes < 100:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"
