"""Days and times of day together: the local times of a rule, before any zone is asked.

A local time is the number of seconds from 1970-01-01 00:00 by the clock on the wall.
"""

from collections.abc import Iterator

from horarium.engine.schedules.timetable.clock_times import DAY, ClockTimes
from horarium.engine.schedules.timetable.days import Days


class Pattern:
    def __init__(self, days: Days, times: ClockTimes) -> None:
        self.days = days
        self.times = times

    def first(self, local: int) -> int | None:
        """The first of them from this local time on."""
        today, time = divmod(local, DAY)
        day = self.days.first(today)
        if day == today:
            found = self.times.first(time)
            if found is not None:
                return day * DAY + found
            day = self.days.first(today + 1)
        return None if day is None else day * DAY + self.times.earliest

    def last(self, local: int) -> int | None:
        """The last of them up to this local time."""
        today, time = divmod(local, DAY)
        day = self.days.last(today)
        if day == today:
            found = self.times.last(time)
            if found is not None:
                return day * DAY + found
            day = self.days.last(today - 1)
        return None if day is None else day * DAY + self.times.latest

    def within(self, start: int, end: int) -> Iterator[int]:
        """Those from the start to before the end."""
        found = self.first(start)
        while found is not None and found < end:
            yield found
            found = self.first(found + 1)

    def count(self, start: int, end: int) -> int:
        """How many there are from the start to before the end."""
        if start >= end:
            return 0
        first_day, first_time = divmod(start, DAY)
        last_day, last_time = divmod(end, DAY)
        count = self.days.count(first_day, last_day - 1) * self.times.count
        if self.days.count(last_day, last_day):
            count += self.times.count_before(last_time)
        if self.days.count(first_day, first_day):
            count -= self.times.count_before(first_time)
        return count
