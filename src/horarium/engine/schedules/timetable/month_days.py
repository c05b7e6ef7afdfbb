"""The two day fields of a cron expression, as sets of days of one month.

A month is known by its length and the weekday of its first day (0 is Sunday), and there are only
28 such shapes. A set of days is an integer: bit 15 stands for the 15th.
"""

from collections.abc import Iterable, Iterator

import msgspec

from horarium.engine.schedules.timetable.field import (
    DAY_OF_MONTH,
    DAY_OF_WEEK,
    entries,
    listed,
    value,
    whole_number,
)

SATURDAY = 6
SUNDAY = 0


class DayOfMonth(msgspec.Struct, frozen=True):
    """`1,15`, `L` (the last day), `LW` (the last Monday to Friday), `15W` (nearest to the 15th)."""

    days: frozenset[int]
    last: bool
    last_workday: bool
    nearest: frozenset[int]

    def mask(self, length: int, first_weekday: int) -> int:
        found = {day for day in self.days if day <= length}
        if self.last:
            found.add(length)
        if self.last_workday:
            found.add(nearest_workday(length, length, first_weekday))
        found.update(nearest_workday(d, length, first_weekday) for d in self.nearest if d <= length)
        return mask_of(found)


class DayOfWeek(msgspec.Struct, frozen=True):
    """`1-5`, `5L` (the last Friday of the month), `fri#2` (its second)."""

    weekdays: frozenset[int]
    last: frozenset[int]
    nth: frozenset[tuple[int, int]]

    def mask(self, length: int, first_weekday: int) -> int:
        return mask_of(self._days(length, first_weekday))

    def _days(self, length: int, first_weekday: int) -> Iterator[int]:
        for day in range(1, length + 1):
            weekday = (first_weekday + day - 1) % 7
            is_last = day + 7 > length
            if (
                weekday in self.weekdays
                or (is_last and weekday in self.last)
                or (weekday, (day + 6) // 7) in self.nth
            ):
                yield day


def day_of_month(text: str, key: str) -> DayOfMonth:
    days: set[int] = set()
    nearest: set[int] = set()
    given = list(entries(DAY_OF_MONTH, text))
    last = {entry.upper() for entry in given} & {"L", "LW"}
    for entry in given:
        if entry.upper() in last:
            continue
        if entry.upper().endswith("W"):
            nearest.add(day_before_letter(entry))
        else:
            days.update(listed(DAY_OF_MONTH, entry, key))
    return DayOfMonth(frozenset(days), "L" in last, "LW" in last, frozenset(nearest))


def day_of_week(text: str, key: str) -> DayOfWeek:
    weekdays: set[int] = set()
    last: set[int] = set()
    nth: set[tuple[int, int]] = set()
    for entry in entries(DAY_OF_WEEK, text):
        if "#" in entry:
            nth.add(weekday_and_number(entry))
        elif entry.upper().endswith("L"):
            last.add(weekday_before_letter(entry))
        else:
            weekdays.update(listed(DAY_OF_WEEK, entry, key))
    return DayOfWeek(frozenset(weekdays), frozenset(last), frozenset(nth))


def day_before_letter(entry: str) -> int:
    if not entry[:-1]:
        DAY_OF_MONTH.refuse("'W' needs a day before it, such as '15W'")
    return value(DAY_OF_MONTH, entry, entry[:-1])


def weekday_before_letter(entry: str) -> int:
    if not entry[:-1]:
        DAY_OF_WEEK.refuse("'L' needs a weekday before it, such as '5L'")
    return value(DAY_OF_WEEK, entry, entry[:-1])


def weekday_and_number(entry: str) -> tuple[int, int]:
    weekday, _, number_text = entry.partition("#")
    number = whole_number(number_text)
    if number is None or not 1 <= number <= 5:
        DAY_OF_WEEK.refuse(f"'{entry}' needs a number from 1 to 5 after '#'")
    return value(DAY_OF_WEEK, entry, weekday), number


def nearest_workday(day: int, length: int, first_weekday: int) -> int:
    """Monday to Friday nearest to the day, without leaving the month."""
    weekday = (first_weekday + day - 1) % 7
    if weekday == SATURDAY:
        return day - 1 if day > 1 else day + 2
    if weekday == SUNDAY:
        return day + 1 if day < length else day - 2
    return day


def mask_of(days: Iterable[int]) -> int:
    mask = 0
    for day in days:
        mask |= 1 << day
    return mask
