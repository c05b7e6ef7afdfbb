"""Which local days does a rule have? Days are numbers: 0 is 1970-01-01, a Thursday.

`first(day)` is the first of them from that day on, `last(day)` the last of them up to that day,
`count(first, last)` their number in that span with both ends.
"""

from datetime import date
from typing import Protocol

EPOCH = date(1970, 1, 1).toordinal()
FIRST_YEAR = 101
LAST_YEAR = 9800
FIRST_DAY = date(FIRST_YEAR, 1, 1).toordinal() - EPOCH
LAST_DAY = date(LAST_YEAR, 12, 31).toordinal() - EPOCH
HORIZON_DAYS = 36_525
"""A search looks this far, a hundred years. What does not come within them is never."""

MONTH_LENGTHS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def day_number(day: date) -> int:
    return day.toordinal() - EPOCH


def month_length(year: int, month: int) -> int:
    leap = month == 2 and year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    return MONTH_LENGTHS[month - 1] + leap


class Days(Protocol):
    def first(self, day: int) -> int | None: ...
    def last(self, day: int) -> int | None: ...
    def count(self, first: int, last: int) -> int: ...


class EveryDays:
    """Every so many days from a day, to both sides."""

    def __init__(self, interval: int, anchor: int) -> None:
        self.interval = interval
        self.anchor = anchor

    def first(self, day: int) -> int:
        return day + (self.anchor - day) % self.interval

    def last(self, day: int) -> int:
        return day - (day - self.anchor) % self.interval

    def count(self, first: int, last: int) -> int:
        return max(0, (self.last(last) - self.first(first)) // self.interval + 1)


class EveryMonths:
    """The same day every so many months; the last day of a month that is too short."""

    def __init__(self, interval: int, anchor: date) -> None:
        self.interval = interval
        self.anchor = anchor.year * 12 + anchor.month - 1
        self.day = anchor.day

    def first(self, day: int) -> int:
        month = self._month_of(day)
        month += (self.anchor - month) % self.interval
        found = self._day_in(month)
        return found if found >= day else self._day_in(month + self.interval)

    def last(self, day: int) -> int:
        month = self._month_of(day)
        month -= (month - self.anchor) % self.interval
        found = self._day_in(month)
        return found if found <= day else self._day_in(month - self.interval)

    def count(self, first: int, last: int) -> int:
        months = self._month_of(self.last(last)) - self._month_of(self.first(first))
        return max(0, months // self.interval + 1)

    def _month_of(self, day: int) -> int:
        on = date.fromordinal(day + EPOCH)
        return on.year * 12 + on.month - 1

    def _day_in(self, index: int) -> int:
        year, month = divmod(index, 12)
        day = min(self.day, month_length(year, month + 1))
        return date(year, month + 1, day).toordinal() - EPOCH
