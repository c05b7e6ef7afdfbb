"""What a schedule says about time: its rule, its zone, its bounds and its choices.

These are data only. `validate` says whether they can be kept, `compiled` makes them work.
"""

from datetime import datetime, timedelta
from typing import Literal, TypeAlias

import msgspec

from horarium.engine.schedules.timetable.calendar import Calendar

OnGap: TypeAlias = Literal["first_valid", "shift", "skip"]
OnFold: TypeAlias = Literal["first", "second", "both"]


class Cron(msgspec.Struct, frozen=True, tag="cron"):
    """A cron expression: five fields, six with seconds first, or an alias such as `@daily`."""

    expression: str


class Every(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="every"):
    """An interval from an anchor.

    Seconds, minutes and hours add up and are elapsed time. Days, weeks and months are calendar
    time in the zone and stand alone: 09:00 stays 09:00, and a month that is too short for the
    anchor's day takes its last day.

    The anchor is the first due time; its fractions of a second are dropped. Without an anchor
    the interval has no beginning: it is counted from 1970-01-01 00:00, in UTC for elapsed time
    and in the zone for calendar time; weeks begin on Monday.
    """

    seconds: int = 0
    minutes: int = 0
    hours: int = 0
    days: int = 0
    weeks: int = 0
    months: int = 0
    anchor: datetime | None = None


class At(msgspec.Struct, frozen=True, tag="at"):
    """One instant."""

    instant: datetime


Rule: TypeAlias = Cron | Every | At


class Timetable(msgspec.Struct, frozen=True, omit_defaults=True):
    """A rule and everything else that decides its due times.

    `starts_at` and `ends_at` are the first and the last instant that may be due.
    `max_firings` counts due times from `starts_at` or the anchor. `jitter` delays the firing of
    a due time, not the due time. `key` is the stable id of the schedule: `H` and jitter spread
    schedules by it.
    """

    rule: Rule
    zone: str = "UTC"
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    max_firings: int | None = None
    jitter: timedelta = timedelta(0)
    on_gap: OnGap = "first_valid"
    on_fold: OnFold = "first"
    calendar: Calendar | None = None
    key: str = ""
