"""Periods: the spans of time that a report is built for.

A period is half open, `[starts_at, ends_at)`, and counts in the local time of a zone. Periods of
one kind follow each other without gap or overlap, through every clock change:

- A **day** begins once the local day before is over. That is midnight; where clocks skip midnight,
  the first instant after the skip (São Paulo's day of the spring change begins at 01:00); where
  clocks go back over midnight, the second midnight (St. John's did so at 00:01). A day that a zone
  skipped (Samoa had no 30 December 2011) is no period. Days have 23, 24 or 25 hours, as they come.
- A **week** begins with its Monday, a **month** with its first day.
- An **hour** begins where the local clock shows a full hour, and where a clock change takes it to
  another hour. A repeated hour is two periods, a skipped one none. Where clocks change by half an
  hour (Lord Howe), one hour of the year has 30 minutes and one has 90.

Zone data is that of `horarium.zones`, as for schedules. All instants are UTC.
"""

from datetime import UTC, date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

import msgspec

from horarium.errors import InvalidInput
from horarium.zones import no_zone, zone_info, zone_names

Every = Literal["hour", "day", "week", "month"]
EVERY: tuple[Every, ...] = ("hour", "day", "week", "month")

_DAY = timedelta(days=1)
_HOUR = timedelta(hours=1)
_SECOND = timedelta(seconds=1)


class Period(msgspec.Struct, frozen=True):
    """From `starts_at` to before `ends_at`; `day` is its first local day in `zone`."""

    starts_at: datetime
    ends_at: datetime
    day: date
    zone: str
    every: Every = "day"

    @property
    def start(self) -> datetime:
        """The same as `starts_at`: the name that report functions use."""
        return self.starts_at

    @property
    def end(self) -> datetime:
        """The same as `ends_at`."""
        return self.ends_at

    @property
    def label(self) -> str:
        """What it is called: its first day, or the instant that an hour starts at."""
        return f"{self.starts_at:%Y-%m-%dT%H:%M:%SZ}" if self.every == "hour" else str(self.day)


def period_of(day: date, every: Every = "day", zone: str = "UTC") -> Period:
    """The period that a local day lies in; of hours the day's first.

    Raises:
        InvalidInput: there is no such kind or zone, or the zone has no such day.
    """
    info = _zone(zone)
    try:
        if _begin(day, info) == _begin(day + _DAY, info):
            raise InvalidInput("day", f"there is no {day} in {zone}: its clocks skipped that day")
        return _holding(_begin(day, info), day, every, zone)
    except OverflowError as error:
        raise InvalidInput("day", f"{day} is too far away to begin and end in {zone}") from error


def period_at(instant: datetime, every: Every = "day", zone: str = "UTC") -> Period:
    """The period that holds an instant.

    Raises:
        InvalidInput: there is no such kind or zone, or the instant has no UTC offset.
    """
    if instant.tzinfo is None:
        raise InvalidInput("instant", f"{instant.isoformat()} has no UTC offset, such as Z")
    try:
        instant = instant.astimezone(UTC)
        return _holding(instant, _day_at(instant, _zone(zone)), every, zone)
    except OverflowError as error:
        raise InvalidInput("instant", f"{instant.isoformat()} is too far away") from error


def period_before(instant: datetime, every: Every = "day", zone: str = "UTC") -> Period:
    """The last period that had ended at an instant: at 00:00 the day before.

    Raises:
        InvalidInput: as for `period_at`.
    """
    return period_at(period_at(instant, every, zone).starts_at - _SECOND, every, zone)


def checked_zone(zone: str) -> str:
    """The zone, if there is one of that name.

    Raises:
        InvalidInput: there is none.
    """
    return _zone(zone).key


def local_instant(day: date, hour: int, minute: int, zone: str) -> datetime:
    """When a zone's clocks show a time of a day: its first time, or when they skip it.

    Raises:
        InvalidInput: there is no such zone.
    """
    info = _zone(zone)
    local = datetime.combine(day, time(hour, minute), info)
    first, second = local.astimezone(UTC), local.replace(fold=1).astimezone(UTC)
    # zoneinfo's sign of a local time that is skipped: its folds are the wrong way round.
    return _change(second, first, info) if first > second else first


def period_end_day(period: Period) -> date:
    """The local day that begins, or goes on, where a period ends."""
    return _day_at(period.ends_at, _zone(period.zone))


def _holding(instant: datetime, day: date, every: Every, zone: str) -> Period:
    info = _zone(zone)
    if every == "hour":
        return Period(_hour_start(instant, info), _hour_end(instant, info), day, zone, every)
    first, following = _days(day, every)
    return Period(_begin(first, info), _begin(following, info), first, zone, every)


def _days(day: date, every: Every) -> tuple[date, date]:
    """The first day of the period around a day, and of the next one."""
    match every:
        case "day":
            return day, day + _DAY
        case "week":
            monday = day - timedelta(days=day.weekday())
            return monday, monday + timedelta(days=7)
        case "month":
            first = day.replace(day=1)
            return first, (first + timedelta(days=31)).replace(day=1)
    raise InvalidInput("every", f"{every!r} is no period; it takes {', '.join(EVERY)}")


def _day_at(instant: datetime, zone: ZoneInfo) -> date:
    """The day whose period holds the instant: the local date, or the one before it that goes on."""
    day = instant.astimezone(zone).date()
    while _begin(day, zone) > instant:
        day -= _DAY
    return day


def _begin(day: date, zone: ZoneInfo) -> datetime:
    """The first instant after which the day before does not come back."""
    midnight = datetime.combine(day, time(), zone)
    first = midnight.astimezone(UTC)
    second = midnight.replace(fold=1).astimezone(UTC)
    if first > second:  # zoneinfo's sign of a local time that is skipped
        return _change(second, first, zone)
    before = (second - _SECOND).astimezone(zone).date()
    return second if before < day else first


def _hour_start(instant: datetime, zone: ZoneInfo) -> datetime:
    local = instant.astimezone(zone)
    start = instant - (local - local.replace(minute=0, second=0, microsecond=0))
    if _offset(start, zone) == _offset(instant, zone):
        return start
    change = _change(start, instant, zone)
    return change if _begins_hour(change, zone) else _hour_start(change - _SECOND, zone)


def _hour_end(instant: datetime, zone: ZoneInfo) -> datetime:
    local = instant.astimezone(zone)
    end = instant - (local - local.replace(minute=0, second=0, microsecond=0)) + _HOUR
    if _offset(end, zone) == _offset(instant, zone):
        return end
    change = _change(instant, end, zone)
    return change if _begins_hour(change, zone) else _hour_end(change, zone)


def _begins_hour(change: datetime, zone: ZoneInfo) -> bool:
    before, after = (change - _SECOND).astimezone(zone), change.astimezone(zone)
    return (after.minute, after.second) == (0, 0) or before.hour != after.hour


def _change(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """The instant at which the offset of `before` ends, at `after` at the latest."""
    start = before.replace(microsecond=0)
    low, high = 0, int((after - start).total_seconds())
    while high - low > 1:
        middle = (low + high) // 2
        same = _offset(start + middle * _SECOND, zone) == _offset(before, zone)
        low, high = (middle, high) if same else (low, middle)
    return start + high * _SECOND


def _offset(instant: datetime, zone: ZoneInfo) -> timedelta | None:
    return instant.astimezone(zone).utcoffset()


def _zone(name: str) -> ZoneInfo:
    if name not in zone_names():
        raise InvalidInput("zone", no_zone(name))
    return zone_info(name)
