"""The endless row of due times of a rule, before starts_at, ends_at and max_firings cut it.

`first(at)` is the first due time from that instant on, `last(at)` the last one up to it, and
`count(start, end)` the number from start to before end. Instants are seconds from 1970 UTC.
"""

from typing import Protocol

from horarium.engine.schedules.timetable.calendar import Keeping
from horarium.engine.schedules.timetable.clock_change import Window, window
from horarium.engine.schedules.timetable.clock_times import DAY
from horarium.engine.schedules.timetable.days import FIRST_DAY, HORIZON_DAYS, LAST_DAY
from horarium.engine.schedules.timetable.pattern import Pattern
from horarium.engine.schedules.timetable.rules import OnFold, OnGap
from horarium.engine.schedules.timetable.zone import Zone

FIRST = FIRST_DAY * DAY
LAST = LAST_DAY * DAY
HORIZON = HORIZON_DAYS * DAY
REACH = 2 * DAY
"""A local time read as UTC is never further than this from its instant."""

NOWHERE = Window(0, 0, 0, 0, 0, (), enters_by_fold=False, leaves_by_fold=False)


class Series(Protocol):
    def first(self, at: int) -> int | None: ...
    def last(self, at: int) -> int | None: ...
    def count(self, start: int, end: int) -> int: ...


class LocalSeries:
    """The instants of a pattern of local times in a zone."""

    def __init__(self, pattern: Pattern, zone: Zone, on_gap: OnGap, on_fold: OnFold) -> None:
        self.pattern = pattern
        self.zone = zone
        self.on_gap: OnGap = on_gap
        self.on_fold: OnFold = on_fold
        self._windows: dict[int, Window] = {}
        self._recent = NOWHERE

    def first(self, at: int) -> int | None:
        at = max(at, FIRST)
        end = min(at + HORIZON, LAST)
        while at < end:
            here = self.window(at)
            local = self.pattern.first(max(at + here.offset, here.low))
            found = None if local is None or local >= here.high else local - here.offset
            if here.substitutes:
                found = earliest(found, [it for it in here.substitutes if it >= at])
            if found is not None:
                return found
            if here.leaves_by_fold:
                at = here.end  # what was before this instant by the clock may come again
            elif local is None:
                return None
            else:
                at = max(here.end, local - REACH)
        return None

    def last(self, at: int) -> int | None:
        at = min(at, LAST)
        end = max(at - HORIZON, FIRST)
        while at > end:
            here = self.window(at)
            local = self.pattern.last(min(at + here.offset, here.high - 1))
            found = None if local is None or local < here.low else local - here.offset
            if here.substitutes:
                found = latest(found, [it for it in here.substitutes if it <= at])
            if found is not None:
                return found
            if here.enters_by_fold:
                at = here.start - 1
            elif local is None:
                return None
            else:
                at = min(here.start - 1, local + REACH)
        return None

    def count(self, start: int, end: int) -> int:
        count = 0
        at = max(start, FIRST)
        end = min(end, LAST)
        while at < end:
            here = self.window(at)
            count += self._count_in(here, at, min(end, here.end))
            at = here.end
        return count

    def window(self, at: int) -> Window:
        """What of the pattern happens around this instant."""
        recent = self._recent
        if recent.start <= at < recent.end:
            return recent
        span = self.zone.span(at)
        here = self._windows.get(span.start)
        if here is None:
            here = window(span, self.pattern, self.on_gap, self.on_fold)
            self._windows[span.start] = here
        self._recent = here
        return here

    def _count_in(self, here: Window, start: int, end: int) -> int:
        low, high = max(start + here.offset, here.low), min(end + here.offset, here.high)
        added = {at for at in here.substitutes if start <= at < end}
        locals_added = (at + here.offset for at in added)
        twice = sum(self.pattern.count(at, at + 1) for at in locals_added if low <= at < high)
        return self.pattern.count(low, high) + len(added) - twice


def earliest(found: int | None, others: list[int]) -> int | None:
    return min(others if found is None else [found, *others], default=None)


def latest(found: int | None, others: list[int]) -> int | None:
    return max(others if found is None else [found, *others], default=None)


class ElapsedSeries:
    """Every so many seconds from an anchor, whatever clocks show."""

    def __init__(self, interval: int, anchor: int) -> None:
        self.interval = interval
        self.anchor = anchor

    def first(self, at: int) -> int:
        return at + (self.anchor - at) % self.interval

    def last(self, at: int) -> int:
        return at - (at - self.anchor) % self.interval

    def count(self, start: int, end: int) -> int:
        return max(0, (self.last(end - 1) - self.first(start)) // self.interval + 1)


class KeptSeries:
    """Those of an elapsed series that fall on local days which a calendar keeps."""

    def __init__(self, series: ElapsedSeries, zone: Zone, keeping: Keeping) -> None:
        self.series = series
        self.zone = zone
        self.keeping = keeping

    def first(self, at: int) -> int | None:
        found = self.series.first(max(at, FIRST))
        end = min(found + HORIZON, LAST)
        while found < end:
            span = self.zone.span(found)
            today = (found + span.offset) // DAY
            if self.keeping.keeps(today):
                return found
            kept = self.keeping.first(today)
            if kept is None and span.after >= span.offset:
                return None
            kept_start = span.end if kept is None else kept * DAY - span.offset
            found = self.series.first(min(span.end, kept_start))
        return None

    def last(self, at: int) -> int | None:
        found = self.series.last(min(at, LAST))
        end = max(found - HORIZON, FIRST)
        while found > end:
            span = self.zone.span(found)
            today = (found + span.offset) // DAY
            if self.keeping.keeps(today):
                return found
            kept = self.keeping.last(today)
            if kept is None and span.before <= span.offset:
                return None
            kept_end = span.start if kept is None else (kept + 1) * DAY - span.offset
            found = self.series.last(max(span.start, kept_end) - 1)
        return None

    def count(self, start: int, end: int) -> int:
        count = 0
        at = max(start, FIRST)
        end = min(end, LAST)
        while at < end:
            span = self.zone.span(at)
            today = (at + span.offset) // DAY
            until = min(span.end, end, (today + 1) * DAY - span.offset)
            if self.keeping.keeps(today):
                count += self.series.count(at, until)
            at = until
        return count
