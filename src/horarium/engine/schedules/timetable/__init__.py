"""The timetable: which due times does a rule have?

Pure: the same timetable and instants give the same answer, on every machine that has the same
`tzdata` package. Instants in and out are aware; those that come out are in UTC. For many
questions about one timetable take its `compiled` course and ask that.
"""

from collections.abc import Iterator
from datetime import datetime

from horarium.engine.schedules.timetable.calendar import (
    BUSINESS_DAYS,
    EVERY_DAY,
    Calendar,
    OnExcluded,
    Weekday,
)
from horarium.engine.schedules.timetable.compilation import compiled
from horarium.engine.schedules.timetable.course import Course
from horarium.engine.schedules.timetable.invalid import CRON_FIELDS, InvalidTimetable
from horarium.engine.schedules.timetable.preview import DueTime
from horarium.engine.schedules.timetable.preview import preview as preview_of
from horarium.engine.schedules.timetable.rules import (
    At,
    Cron,
    Every,
    OnFold,
    OnGap,
    Rule,
    Timetable,
)
from horarium.engine.schedules.timetable.wording import worded
from horarium.zones import zone_data_version, zone_names

__all__ = [
    "BUSINESS_DAYS",
    "CRON_FIELDS",
    "EVERY_DAY",
    "At",
    "Calendar",
    "Course",
    "Cron",
    "DueTime",
    "Every",
    "InvalidTimetable",
    "OnExcluded",
    "OnFold",
    "OnGap",
    "Rule",
    "Timetable",
    "Weekday",
    "compiled",
    "count_between",
    "covers",
    "due_between",
    "fires_at",
    "next_due",
    "preview",
    "previous_due",
    "validate",
    "worded",
    "zone_data_version",
    "zone_names",
]


def validate(timetable: Timetable) -> None:
    """Raise InvalidTimetable, with the field and the reason, if it cannot be kept."""
    compiled(timetable)


def next_due(timetable: Timetable, after: datetime) -> datetime | None:
    """The first due time strictly after the instant."""
    return compiled(timetable).next_due(after)


def previous_due(timetable: Timetable, before: datetime) -> datetime | None:
    """The last due time strictly before the instant."""
    return compiled(timetable).previous_due(before)


def due_between(timetable: Timetable, start: datetime, end: datetime) -> Iterator[datetime]:
    """Every due time after the start, up to and with the end, in order."""
    return compiled(timetable).due_between(start, end)


def count_between(timetable: Timetable, start: datetime, end: datetime) -> int:
    """How many `due_between` gives, without going through them."""
    return compiled(timetable).count_between(start, end)


def covers(timetable: Timetable, due: datetime) -> tuple[datetime, datetime]:
    """The half-open span of time that the firing of this due time answers for."""
    return compiled(timetable).covers(due)


def fires_at(timetable: Timetable, due: datetime) -> datetime:
    """When to fire this due time: at it, or later by its jitter."""
    return compiled(timetable).fires_at(due)


def preview(timetable: Timetable, after: datetime, count: int) -> list[DueTime]:
    """The next due times with local time, firing time, and what moved each of them."""
    return preview_of(compiled(timetable), after, count)
