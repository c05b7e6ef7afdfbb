"""A second, slow and plain reading of the rules, against which the timetable is tested.

It goes through every local time of every day and asks the standard library where it falls. It
shares no code with the timetable: no search, no spans of zones, no parser.
"""

import calendar
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from importlib.resources import files
from itertools import product
from zoneinfo import ZoneInfo

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Listed:
    """What a cron expression lists, written down without an expression."""

    text: str
    seconds: tuple[int, ...]
    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    on_day: Callable[[date], bool]
    sub_daily: bool

    def times(self, day: date) -> Iterator[datetime]:
        """Every listed local time of a day."""
        if self.on_day(day):
            yield from self.every_time(day)

    def every_time(self, day: date) -> Iterator[datetime]:
        """The same as if the day were listed."""
        for hour, minute, second in product(self.hours, self.minutes, self.seconds):
            yield datetime.combine(day, time(hour, minute, second))


@cache
def zone_info(name: str) -> ZoneInfo:
    with files("tzdata").joinpath("zoneinfo", *name.split("/")).open("rb") as data:
        return ZoneInfo.from_file(data, key=name)


def due_in(
    listed: Listed, zone: str, on_gap: str, on_fold: str, start: datetime, end: datetime
) -> list[datetime]:
    """Every due time after the start, up to and with the end."""
    if listed.sub_daily:
        found = real_times(listed, zone_info(zone), start, end)
    else:
        found = wall_times(listed, zone_info(zone), on_gap, on_fold, start, end)
    return sorted({due for due in found if start < due <= end})


def real_times(
    listed: Listed, zone: ZoneInfo, start: datetime, end: datetime
) -> Iterator[datetime]:
    """Minute by minute of real time: does the clock show a listed time?"""
    moment = start.replace(second=0, microsecond=0)
    while moment <= end:
        local = moment.astimezone(zone)
        if (
            local.minute in listed.minutes
            and local.hour in listed.hours
            and listed.on_day(local.date())
        ):
            yield from (moment + timedelta(seconds=second) for second in listed.seconds)
        moment += MINUTE


def wall_times(
    listed: Listed, zone: ZoneInfo, on_gap: str, on_fold: str, start: datetime, end: datetime
) -> Iterator[datetime]:
    """Day by day of the calendar: at which instants does each listed time happen?"""
    day = start.date() - 3 * DAY
    while day <= end.date() + 3 * DAY:
        for local in listed.times(day):
            yield from instants(local, zone, on_gap, on_fold)
        day += DAY


def instants(local: datetime, zone: ZoneInfo, on_gap: str, on_fold: str) -> list[datetime]:
    real = real_instants(local, zone)
    if len(real) == 2:
        return {"first": real[:1], "second": real[1:], "both": real}[on_fold]
    if real:
        return real
    if on_gap == "skip" or not day_exists(local.date(), zone):
        return []
    if on_gap == "shift":
        return [as_utc(local, zone, 0)]
    while not real_instants(local, zone):
        local = local.replace(second=0) + MINUTE
    return real_instants(local, zone)


def real_instants(local: datetime, zone: ZoneInfo) -> list[datetime]:
    """The instants at which the clock shows this: none in a gap, two in a fold."""
    both = {as_utc(local, zone, fold) for fold in (0, 1)}
    return sorted(at for at in both if at.astimezone(zone).replace(tzinfo=None) == local)


def as_utc(local: datetime, zone: ZoneInfo, fold: int) -> datetime:
    return local.replace(tzinfo=zone, fold=fold).astimezone(UTC)


@cache
def day_exists(day: date, zone: ZoneInfo) -> bool:
    midnight = datetime.combine(day, time())
    return any(real_instants(midnight + minute * MINUTE, zone) for minute in range(0, 1440, 5))


def month_days(year: int, month: int) -> list[date]:
    return [date(year, month, n) for n in range(1, calendar.monthrange(year, month)[1] + 1)]


def last_of_month(day: date) -> bool:
    return day == month_days(day.year, day.month)[-1]


def last_workday(day: date) -> bool:
    return day == [d for d in month_days(day.year, day.month) if d.isoweekday() <= 5][-1]


def nearest_workday(number: int) -> Callable[[date], bool]:
    """The Monday to Friday nearest to a day of the month, in that month."""

    def on_day(day: date) -> bool:
        month = month_days(day.year, day.month)
        if number > len(month):
            return False
        workdays = [d for d in month if d.isoweekday() <= 5]
        return day == min(workdays, key=lambda d: abs(d.day - number))

    return on_day


def nth_weekday(weekday: int, number: int) -> Callable[[date], bool]:
    """The first, second ... of a weekday in its month; 0 is Sunday, number -1 the last."""

    def on_day(day: date) -> bool:
        alike = [d for d in month_days(day.year, day.month) if d.isoweekday() % 7 == weekday]
        return day in (alike[-1:] if number == -1 else alike[number - 1 : number])

    return on_day
