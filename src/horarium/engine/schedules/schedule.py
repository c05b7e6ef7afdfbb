"""A schedule: a timetable, the call it makes, and what happens when due times collide or pass."""

from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Literal

import msgspec

from horarium.engine.jobs.job import DEFAULT_QUEUE
from horarium.engine.jobs.limits import Limits
from horarium.engine.jobs.storable import check_name, has_nul
from horarium.engine.schedules.timetable import (
    At,
    Course,
    Cron,
    Every,
    InvalidTimetable,
    Timetable,
    compiled,
)
from horarium.errors import InvalidInput

DAY = 86_400.0
LONGEST_WINDOW = 36_525 * DAY
MOST_ARGUMENTS = 2**20
"""Bytes of arguments, and of labels, that a schedule may have; each of its jobs carries them."""


class Overlap(StrEnum):
    """What a due time does that comes while an earlier job of its schedule has not finished."""

    SKIP = "skip"
    BUFFER_ONE = "buffer_one"
    BUFFER_ALL = "buffer_all"
    CANCEL_OTHER = "cancel_other"
    ALLOW = "allow"


class CatchUp(StrEnum):
    """Which of the due times that passed while no scheduler ran are run afterwards."""

    NONE = "none"
    LATEST = "latest"
    ALL = "all"


Origin = Literal["code", "api", "command line"]
ScheduleState = Literal["active", "paused", "ended", "parked", "retired"]


class Schedule(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a schedule is; the part that has versions.

    Attributes:
        arguments: JSON ``{"args": [...], "kwargs": {...}}`` of each call.
        labels: JSON object of labels of each call.
        limits: those of each job.
        catch_up_window: seconds; due times that passed longer ago are missed.
        job_id: of the job of each due time, one after the other; `None`: each has a new one.
    """

    id: str
    task: str
    timetable: Timetable
    arguments: msgspec.Raw = msgspec.Raw(b'{"args":[],"kwargs":{}}')
    labels: msgspec.Raw = msgspec.Raw(b"{}")
    queue: str = DEFAULT_QUEUE
    priority: int = 0
    owner: str | None = None
    limits: Limits | None = None
    overlap: Overlap = Overlap.SKIP
    catch_up: CatchUp = CatchUp.LATEST
    catch_up_window: float = DAY
    job_id: str | None = None


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """A schedule with where it stands."""

    schedule: Schedule
    origin: Origin
    version: int
    state: ScheduleState
    note: str | None
    fired: int
    decided_until: datetime
    next_due_at: datetime | None
    next_fire_at: datetime | None
    created_at: datetime
    updated_at: datetime


def course_of(schedule: Schedule) -> Course:
    """The due times of a schedule.

    Raises:
        InvalidInput: its timetable has none, or says what it may not.
    """
    timetable = schedule.timetable
    if not timetable.jitter and not (
        isinstance(timetable.rule, Cron) and "h" in timetable.rule.expression.lower()
    ):
        # The id spreads nothing: all schedules with this rule share one course.
        timetable = msgspec.structs.replace(timetable, key="")
    try:
        return compiled(timetable)
    except InvalidTimetable as error:
        raise InvalidInput(error.field, error.reason) from None


def unreadable(id: str, task: str) -> Schedule:
    """What stands for a definition that cannot be read: it can be shown, but not run."""
    return Schedule(id=id, task=task, timetable=Timetable(Cron("(unreadable)"), key=id))


def completed(schedule: Schedule, former: Schedule | None, now: datetime) -> Schedule:
    """The schedule with what its maker left open.

    Jitter and ``H`` spread by its id. An interval without an anchor is counted from when it was
    first recorded; `former` is what was recorded, and the same interval keeps that anchor.
    """
    timetable = schedule.timetable
    if not timetable.key:
        timetable = msgspec.structs.replace(timetable, key=schedule.id)
    rule = timetable.rule
    if isinstance(rule, Every) and rule.anchor is None:
        anchor = _former_anchor(rule, former) or now.replace(microsecond=0)
        timetable = msgspec.structs.replace(
            timetable, rule=msgspec.structs.replace(rule, anchor=anchor)
        )
    return msgspec.structs.replace(schedule, timetable=timetable)


def usual_overlap(catch_up: CatchUp) -> Overlap:
    """What overlap is where nobody says: due times that are all caught up must not push each other
    out.
    """
    return Overlap.BUFFER_ALL if catch_up is CatchUp.ALL else Overlap.SKIP


def decided_until_of(timetable: Timetable, now: datetime) -> datetime:
    """From when a new schedule's due times count: an instant may have passed already."""
    match timetable.rule:
        case Every(anchor=datetime() as anchor):
            eve = anchor - timedelta.resolution
            return min(now, eve) if anchor > now - timedelta(seconds=1) else now
        case At(instant):
            return min(now, instant.astimezone(UTC) - timedelta.resolution)
        case _:
            return now


def refuse_passed(schedule: Schedule, former: Schedule, now: datetime) -> None:
    """Refuse an edit to another instant that has passed: nothing would ever come of it.

    Raises:
        InvalidInput: it is one.
    """
    rule = schedule.timetable.rule
    if isinstance(rule, At) and rule.instant <= now and rule != former.timetable.rule:
        raise InvalidInput(
            "at",
            f"{rule.instant:%Y-%m-%d %H:%M:%S %z} has passed, and only a new schedule runs what "
            "has; trigger this one to run it now",
        )


def same(one: Schedule, other: Schedule) -> bool:
    """Whether two definitions say the same, however their JSON is written."""
    return _plain(one) == _plain(other)


def check(schedule: Schedule) -> Course:
    """Refuse a schedule that cannot be kept; returns its due times.

    Raises:
        InvalidInput: with the field and the reason.
    """
    check_name("schedule_id", schedule.id)
    check_name("task", schedule.task)
    check_name("queue", schedule.queue)
    for field, name in (("owner", schedule.owner), ("job_id", schedule.job_id)):
        if name is not None:
            check_name(field, name)
    if not -32768 <= schedule.priority <= 32767:
        raise InvalidInput("priority", f"{schedule.priority} is outside -32768..32767")
    if not 0 <= schedule.catch_up_window <= LONGEST_WINDOW:
        raise InvalidInput(
            "catch_up_window", f"it takes seconds, 0 to {LONGEST_WINDOW:.0f}, a hundred years"
        )
    if schedule.job_id is not None and schedule.overlap in (Overlap.ALLOW, Overlap.CANCEL_OTHER):
        raise InvalidInput(
            "overlap", f"{schedule.overlap} may want two jobs at once, and a task_id names only one"
        )
    _check_json("arguments", schedule.arguments)
    _check_json("labels", schedule.labels)
    return course_of(schedule)


def _former_anchor(rule: Every, former: Schedule | None) -> datetime | None:
    before = None if former is None else former.timetable.rule
    if isinstance(before, Every) and msgspec.structs.replace(before, anchor=None) == rule:
        return before.anchor
    return None


def _plain(schedule: Schedule) -> tuple[Schedule, Any, Any]:
    bare = msgspec.structs.replace(schedule, arguments=msgspec.Raw(), labels=msgspec.Raw())
    return bare, msgspec.json.decode(schedule.arguments), msgspec.json.decode(schedule.labels)


def _check_json(field: str, value: msgspec.Raw) -> None:
    if len(value) > MOST_ARGUMENTS:
        raise InvalidInput(
            field,
            f"{len(value):,} bytes are too many for a schedule; it takes {MOST_ARGUMENTS:,}. "
            "Store the data and pass its key instead",
        )
    try:
        msgspec.json.decode(value, type=dict[str, Any])
    except msgspec.DecodeError as error:
        raise InvalidInput(field, f"it takes a JSON object: {error}") from None
    if has_nul(bytes(value)):
        raise InvalidInput(field, "it has the character NUL, which PostgreSQL cannot keep")
