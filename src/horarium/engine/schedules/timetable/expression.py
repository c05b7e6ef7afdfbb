"""A whole cron expression, read once: which days, which times of day, and is it sub-daily?

Day-of-month and day-of-week follow Vixie cron to the letter. A day field whose text begins with
`*` is unrestricted, `*/2` and `*,5` too. If one of the two is unrestricted, a day must be in
both of them; if both are restricted, a day in either will do. So `0 0 29 2 */7` is a 29 February
that is a Sunday, and `0 0 29 2 0` is every 29 February and every Sunday in February.
"""

from datetime import date
from functools import lru_cache

import msgspec

from horarium.engine.schedules.timetable.clock_times import ClockTimes
from horarium.engine.schedules.timetable.days import EPOCH, HORIZON_DAYS, month_length
from horarium.engine.schedules.timetable.field import HOUR, MINUTE, MONTH, SECOND, values
from horarium.engine.schedules.timetable.invalid import InvalidTimetable
from horarium.engine.schedules.timetable.month_days import (
    DayOfMonth,
    DayOfWeek,
    day_of_month,
    day_of_week,
)

ALIASES = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}
LONGEST = 1000
LENGTHS = {
    month: (28, 29) if month == 2 else (month_length(2001, month),) for month in range(1, 13)
}


class Expression(msgspec.Struct, frozen=True):
    """`sub_daily`: the hour field is `*` or `*/n`, so every real hour counts."""

    days: "CronDays"
    times: ClockTimes
    sub_daily: bool


class CronDays:
    """The days of a cron expression."""

    def __init__(
        self, months: tuple[int, ...], of_month: DayOfMonth, of_week: DayOfWeek, *, either: bool
    ) -> None:
        self.months = frozenset(months)
        self.of_month = of_month
        self.of_week = of_week
        self.either = either
        self._masks: dict[int, int] = {}

    def first(self, day: int) -> int | None:
        on = date.fromordinal(day + EPOCH)
        rest = self._mask(on.year, on.month) >> on.day
        if rest:
            return day + (rest & -rest).bit_length() - 1
        start, year, month = day - on.day + 1, on.year, on.month
        for _ in range(HORIZON_DAYS // 30):
            start += month_length(year, month)
            year, month = (year, month + 1) if month < 12 else (year + 1, 1)
            mask = self._mask(year, month)
            if mask:
                return start + (mask & -mask).bit_length() - 2
        return None

    def last(self, day: int) -> int | None:
        on = date.fromordinal(day + EPOCH)
        mask = self._mask(on.year, on.month) & ((2 << on.day) - 1)
        start, year, month = day - on.day + 1, on.year, on.month
        for _ in range(HORIZON_DAYS // 30):
            if mask:
                return start + mask.bit_length() - 2
            year, month = (year, month - 1) if month > 1 else (year - 1, 12)
            start -= month_length(year, month)
            mask = self._mask(year, month)
        return None

    def count(self, first: int, last: int) -> int:
        if first > last:
            return 0
        return (
            self._count_until(last, since := date.fromordinal(first + EPOCH))
            - (self._mask(since.year, since.month) & ((1 << since.day) - 1)).bit_count()
        )

    def ever(self) -> bool:
        """Is there any such day in any year?"""
        shapes = ((m, n, w) for m in self.months for n in LENGTHS[m] for w in range(7))
        return any(self._shape(month, length, weekday) for month, length, weekday in shapes)

    def _count_until(self, last: int, since: date) -> int:
        """Those from the first of a month to a day."""
        until = date.fromordinal(last + EPOCH)
        year, month, count = since.year, since.month, 0
        while (year, month) < (until.year, until.month):
            count += self._mask(year, month).bit_count()
            year, month = (year, month + 1) if month < 12 else (year + 1, 1)
        return count + (self._mask(year, month) & ((2 << until.day) - 1)).bit_count()

    def _mask(self, year: int, month: int) -> int:
        index = year * 12 + month
        mask = self._masks.get(index)
        if mask is None:
            weekday = date(year, month, 1).isoweekday() % 7
            mask = self._masks[index] = self._shape(month, month_length(year, month), weekday)
        return mask

    def _shape(self, month: int, length: int, first_weekday: int) -> int:
        if month not in self.months:
            return 0
        of_month = self.of_month.mask(length, first_weekday)
        of_week = self.of_week.mask(length, first_weekday)
        return of_month | of_week if self.either else of_month & of_week


def expression(text: str, key: str) -> Expression:
    """Read a cron expression, or refuse it with the field and the reason."""
    second, minute, hour, month_day, month, weekday = fields(text)
    clock = ClockTimes(
        hours=values(HOUR, hour, key),
        minutes=values(MINUTE, minute, key),
        seconds=values(SECOND, second, key),
    )
    # Without an H (or a thu) in them the key changes nothing.
    spread = "h" in f"{month_day}{month}{weekday}".lower()
    days = _days(month_day, month, weekday, key if spread else "")
    return Expression(days, clock, sub_daily=is_sub_daily(hour))


@lru_cache(1024)
def _days(month_day: str, month: str, weekday: str, key: str) -> CronDays:
    """Shared: most expressions have the same few days, such as all of them."""
    days = CronDays(
        values(MONTH, month, key),
        day_of_month(month_day, key),
        day_of_week(weekday, key),
        either=not month_day.startswith("*") and not weekday.startswith("*"),
    )
    if not days.ever():
        which = f"'{month_day}' with month '{month}' and day-of-week '{weekday}'"
        raise InvalidTimetable("day-of-month", f"{which} is a day that never comes")
    return days


def fields(text: str) -> list[str]:
    """The six fields, seconds first."""
    if len(text) > LONGEST:
        raise InvalidTimetable("expression", f"it has more than {LONGEST} characters")
    given = alias(text.strip()).split()
    if len(given) == 5:
        return ["0", *given]
    if len(given) == 6:
        return given
    raise InvalidTimetable(
        "expression",
        f"'{text}' has {len(given)} fields, and takes 5, or 6 with seconds first, such as "
        "'0 9 * * mon-fri'",
    )


def alias(text: str) -> str:
    if not text.startswith("@"):
        return text
    if text.lower() not in ALIASES:
        raise InvalidTimetable("expression", f"'{text}' is not one of {', '.join(ALIASES)}")
    return ALIASES[text.lower()]


def is_sub_daily(hour: str) -> bool:
    return hour == "*" or (hour.startswith("*/") and "," not in hour)
