"""Days to leave out or to keep to, and what becomes of a due time on a day that is left out."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from datetime import date
from typing import Literal, TypeAlias

import msgspec

from horarium.engine.schedules.timetable.days import (
    FIRST_DAY,
    HORIZON_DAYS,
    LAST_DAY,
    Days,
    day_number,
)
from horarium.engine.schedules.timetable.invalid import InvalidTimetable

Weekday: TypeAlias = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
OnExcluded: TypeAlias = Literal["skip", "next", "previous"]

EVERY_DAY: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
BUSINESS_DAYS = EVERY_DAY[:5]
THURSDAY = 3  # the weekday of day 0


class Calendar(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Which local days count, and what happens to a due time on a day that does not.

    A day is kept if it is not in `leave_out`, its weekday is in `weekdays`, and it is in
    `keep_to` where that is given. A due time on any other day is left out (`skip`), or moves to
    the same local time of the next or the previous kept day. Two that move onto the same
    instant are one firing.

    Any collection of days will do; they are kept in order, so that equal calendars are equal
    texts as well.
    """

    leave_out: tuple[date, ...] = ()
    keep_to: tuple[date, ...] | None = None
    weekdays: tuple[Weekday, ...] = EVERY_DAY
    on_excluded: OnExcluded = "skip"

    def __post_init__(self) -> None:
        ordered = msgspec.structs.force_setattr
        ordered(self, "leave_out", tuple(sorted(set(self.leave_out))))
        if self.keep_to is not None:
            ordered(self, "keep_to", tuple(sorted(set(self.keep_to))))
        ordered(self, "weekdays", tuple(sorted(set(self.weekdays), key=weekday_order)))

    @classmethod
    def business_days(
        cls, holidays: Iterable[date] = (), on_excluded: OnExcluded = "skip"
    ) -> "Calendar":
        """Monday to Friday without the holidays."""
        return cls(leave_out=tuple(holidays), weekdays=BUSINESS_DAYS, on_excluded=on_excluded)


def weekday_order(weekday: str) -> tuple[int, str]:
    return (EVERY_DAY.index(weekday) if weekday in EVERY_DAY else 7), weekday


class Keeping:
    """A calendar made ready: is a day kept, and which is the nearest kept one?"""

    def __init__(self, calendar: Calendar) -> None:
        week = EVERY_DAY[THURSDAY:] + EVERY_DAY[:THURSDAY]
        self.weekdays = tuple(weekday in calendar.weekdays for weekday in week)
        self.left_out = frozenset(map(day_number, calendar.leave_out))
        self.only: list[int] | None = None
        if calendar.keep_to is not None:
            self.only = [day for day in map(day_number, calendar.keep_to) if self.keeps(day)]
        if not any(self.weekdays) or self.only == []:
            raise InvalidTimetable("calendar", "it leaves out every day")

    def keeps(self, day: int) -> bool:
        if self.only is not None:
            at = bisect_left(self.only, day)
            return at < len(self.only) and self.only[at] == day
        return self.weekdays[day % 7] and day not in self.left_out

    def first(self, day: int) -> int | None:
        """The first kept day from this day on."""
        if self.only is not None:
            return next(iter(self.only[bisect_left(self.only, day) :]), None)
        end = min(day + HORIZON_DAYS, LAST_DAY)
        return next((d for d in range(day, end) if self.keeps(d)), None)

    def last(self, day: int) -> int | None:
        """The last kept day up to this day."""
        if self.only is not None:
            return next(reversed(self.only[: bisect_right(self.only, day)]), None)
        end = max(day - HORIZON_DAYS, FIRST_DAY)
        return next((d for d in range(day, end, -1) if self.keeps(d)), None)


class Kept:
    """The days of a pattern that a calendar keeps."""

    def __init__(self, days: Days, keeping: Keeping) -> None:
        self.days = days
        self.keeping = keeping

    def first(self, day: int) -> int | None:
        found, end = self.days.first(day), day + HORIZON_DAYS
        while found is not None and found < end:
            kept = self.keeping.first(found)
            if kept is None or kept == found:
                return kept
            found = self.days.first(kept)
        return None

    def last(self, day: int) -> int | None:
        found, end = self.days.last(day), day - HORIZON_DAYS
        while found is not None and found > end:
            kept = self.keeping.last(found)
            if kept is None or kept == found:
                return kept
            found = self.days.last(kept)
        return None

    def count(self, first: int, last: int) -> int:
        return count_one_by_one(self, first, last)


class MovedOn:
    """The days of a pattern, each that is left out moved on to the next kept day.

    A kept day is one of them if it, or a left-out day since the kept day before it, is in the
    pattern.
    """

    def __init__(self, days: Days, keeping: Keeping) -> None:
        self.days = days
        self.keeping = keeping

    def first(self, day: int) -> int | None:
        before = self.keeping.last(day - 1)
        since = max(day - HORIZON_DAYS, FIRST_DAY) if before is None else before + 1
        found = self.days.first(since)
        return None if found is None else self.keeping.first(found)

    def last(self, day: int) -> int | None:
        kept = self.keeping.last(day)
        found = None if kept is None else self.days.last(kept)
        return None if found is None else self.keeping.first(found)

    def moved_from(self, day: int) -> int | None:
        """The left-out day that this kept day stands for; None where it stands for itself."""
        found = self.days.last(day)
        return None if found == day else found

    def count(self, first: int, last: int) -> int:
        return count_one_by_one(self, first, last)


class MovedBack:
    """The mirror of `MovedOn`: each left-out day moved back to the kept day before it."""

    def __init__(self, days: Days, keeping: Keeping) -> None:
        self.days = days
        self.keeping = keeping

    def first(self, day: int) -> int | None:
        kept = self.keeping.first(day)
        found = None if kept is None else self.days.first(kept)
        return None if found is None else self.keeping.last(found)

    def last(self, day: int) -> int | None:
        after = self.keeping.first(day + 1)
        until = min(day + HORIZON_DAYS, LAST_DAY) if after is None else after - 1
        found = self.days.last(until)
        return None if found is None else self.keeping.last(found)

    def moved_from(self, day: int) -> int | None:
        """The left-out day that this kept day stands for; None where it stands for itself."""
        found = self.days.first(day)
        return None if found == day else found

    def count(self, first: int, last: int) -> int:
        return count_one_by_one(self, first, last)


def count_one_by_one(days: Days, first: int, last: int) -> int:
    count = 0
    day = days.first(first)
    while day is not None and day <= last:
        count += 1
        day = days.first(day + 1)
    return count
