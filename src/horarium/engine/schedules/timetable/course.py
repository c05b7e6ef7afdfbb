"""A timetable made ready: its due times in both directions, within its bounds.

A due time is the nominal one. Jitter does not move it: it delays the firing, and `fires_at` says
to when. So the key of a firing and the span that it covers stay the same when jitter is changed,
a report covers whole periods, and due times rise strictly because the rule's do. A firing is
never delayed to the next due time or beyond, so firings keep the order of their due times.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Protocol

from horarium.engine.schedules.timetable.rules import Timetable
from horarium.engine.schedules.timetable.series import FIRST, HORIZON, LAST, Series
from horarium.engine.schedules.timetable.spread import spread
from horarium.engine.schedules.timetable.zone import EPOCH_INSTANT

TICK = timedelta(microseconds=1)
SECOND = timedelta(seconds=1)
LONGEST_STEP = SECOND * 2**28  # eight years


class Row(Protocol):
    """The due times of a rule without bounds: strictly after, strictly before, in (start, end]."""

    def after(self, moment: datetime) -> datetime | None: ...
    def before(self, moment: datetime) -> datetime | None: ...
    def count(self, start: datetime, end: datetime) -> int: ...


class Repeated:
    """The row of a series, which knows whole seconds only."""

    def __init__(self, series: Series) -> None:
        self.series = series

    def after(self, moment: datetime) -> datetime | None:
        found = self.series.first(whole_seconds(moment) + 1)
        if found is None or found > LAST:
            return None
        return EPOCH_INSTANT + timedelta(seconds=found)

    def before(self, moment: datetime) -> datetime | None:
        found = self.series.last(whole_seconds(moment) - (moment.microsecond == 0))
        if found is None or found < FIRST:
            return None
        return EPOCH_INSTANT + timedelta(seconds=found)

    def count(self, start: datetime, end: datetime) -> int:
        return self.series.count(whole_seconds(start) + 1, whole_seconds(end) + 1)


class Once:
    """The row of a single instant."""

    def __init__(self, instant: datetime) -> None:
        self.instant = instant.astimezone(UTC)

    def after(self, moment: datetime) -> datetime | None:
        return self.instant if moment < self.instant else None

    def before(self, moment: datetime) -> datetime | None:
        return self.instant if self.instant < moment else None

    def count(self, start: datetime, end: datetime) -> int:
        return int(start < self.instant <= end)


class Course:
    """The due times of one timetable. Made once by `compiled`, asked often."""

    def __init__(
        self, timetable: Timetable, row: Row, begins: datetime | None, ends: datetime | None
    ) -> None:
        self.timetable = timetable
        self.row = row
        self.begins = begins
        self.ends = ends
        self._eve = None if begins is None else begins - TICK
        self._morrow = None if ends is None else ends + TICK

    def next_due(self, after: datetime) -> datetime | None:
        """The first due time strictly after the instant."""
        if self._eve is not None and after < self._eve:
            after = self._eve
        found = self.row.after(after)
        if found is None or (self.ends is not None and found > self.ends):
            return None
        return found

    def upcoming(self, after: datetime) -> tuple[datetime | None, datetime | None]:
        """The next due time, and when it fires; `None` twice where there is no more."""
        due = self.next_due(after)
        return due, None if due is None else self.fires_at(due)

    def previous_due(self, before: datetime) -> datetime | None:
        """The last due time strictly before the instant."""
        if self._morrow is not None and before > self._morrow:
            before = self._morrow
        found = self.row.before(before)
        if found is None or (self.begins is not None and found < self.begins):
            return None
        return found

    def due_between(self, start: datetime, end: datetime) -> Iterator[datetime]:
        """Every due time after the start, up to and with the end."""
        due = self.next_due(start)
        while due is not None and due <= end:
            yield due
            due = self.next_due(due)

    def count_between(self, start: datetime, end: datetime) -> int:
        """How many `due_between` gives, without going through them."""
        if self._eve is not None and start < self._eve:
            start = self._eve
        if self.ends is not None and end > self.ends:
            end = self.ends
        return self.row.count(start, end) if start < end else 0

    def covers(self, due: datetime) -> tuple[datetime, datetime]:
        """The span from the due time before, though the bounds may leave that out, to this one.

        Empty, from `due` to `due`, where there is none before: for `At`, and for the first day
        of a calendar that keeps to certain dates.
        """
        before = self.row.before(due)
        return due if before is None else before, due

    def fires_at(self, due: datetime) -> datetime:
        """When to fire this due time: later by its jitter, and before the next one."""
        room = self.timetable.jitter
        if not room:
            return due
        following = self.row.after(due)
        if following is not None:
            room = min(room, following - due - TICK)
        moment = due.astimezone(UTC).isoformat()
        return due + TICK * spread(room // TICK + 1, self.timetable.key, "jitter", moment)


def nth_due(row: Row, after: datetime, number: int) -> datetime | None:
    """The due time with this number after the instant; None where a hundred years have fewer."""
    at, step = after, SECOND
    while number > (passed := row.count(at, at + step)):
        at, number, step = at + step, number - passed, min(step * 2, LONGEST_STEP)
        if at - after > timedelta(seconds=HORIZON):
            return None
    while step > SECOND:
        step //= 2
        if number > (passed := row.count(at, at + step)):
            at, number = at + step, number - passed
    return row.after(at)


def whole_seconds(moment: datetime) -> int:
    since = moment - EPOCH_INSTANT
    return since.days * 86_400 + since.seconds
