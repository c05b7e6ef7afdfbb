"""Zones, and the spans of time in which a zone's clock runs evenly.

Zone data comes from the `tzdata` package (`horarium.zones`).
"""

from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import msgspec

from horarium.engine.schedules.timetable.clock_times import DAY
from horarium.engine.schedules.timetable.days import EPOCH
from horarium.engine.schedules.timetable.invalid import InvalidTimetable
from horarium.zones import suggestion, zone_info, zone_names

EPOCH_INSTANT = datetime(1970, 1, 1, tzinfo=UTC)


class Span(msgspec.Struct, frozen=True, gc=False):
    """From `start` to before `end` the local time is UTC plus `offset`. All are seconds.

    `before` and `after` are the offsets of the neighbours: a clock change stands at the start or
    the end where they differ. A span also ends with the year, where nothing need change.
    """

    start: int
    end: int
    offset: int
    before: int
    after: int


class Zone:
    """A zone's spans, found year by year as they are asked for."""

    def __init__(self, info: ZoneInfo) -> None:
        self._info = info
        self._years: dict[int, tuple[Span, ...]] = {}

    def span(self, instant: int) -> Span:
        """The span that holds the instant, in seconds from 1970 UTC."""
        year = date.fromordinal(instant // DAY + EPOCH).year
        spans = self._years.get(year)
        if spans is None:
            spans = self._years[year] = self._spans(year)
        if len(spans) > 1:
            return next(span for span in spans if instant < span.end)
        return spans[0]

    def _spans(self, year: int) -> tuple[Span, ...]:
        start = (date(year, 1, 1).toordinal() - EPOCH) * DAY
        end = (date(year + 1, 1, 1).toordinal() - EPOCH) * DAY
        starts = [start, *self._changes(start, end)]
        offsets = [self._offset(at) for at in (start - 1, *starts, end)]
        return tuple(
            Span(at, until, offset, before, after)
            for at, until, before, offset, after in zip(
                starts, [*starts[1:], end], offsets[:-2], offsets[1:-1], offsets[2:], strict=True
            )
        )

    def _changes(self, start: int, end: int) -> list[int]:
        """The instants after the start and before the end at which the offset changes.

        One look a day finds them all: no zone changes its clock twice in a day.
        """
        changes = []
        before = self._offset(start)
        for at in range(start, end, DAY):
            offset = self._offset(at + DAY - 1)
            if offset != before:
                changes.append(self._first_with(offset, at - 1, at + DAY - 1))
            before = offset
        return changes

    def _first_with(self, offset: int, low: int, high: int) -> int:
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (low, middle) if self._offset(middle) == offset else (middle, high)
        return high

    def _offset(self, instant: int) -> int:
        local = (EPOCH_INSTANT + timedelta(seconds=instant)).astimezone(self._info)
        offset = local.utcoffset()
        assert offset is not None  # noqa: S101 - a ZoneInfo always has one
        return offset.days * DAY + offset.seconds


@cache
def zone(name: str) -> Zone:
    """The zone of this IANA name; an unknown one is refused with names that come close."""
    if name not in zone_names():
        raise InvalidTimetable("zone", f"'{name}' is not a zone{suggestion(name)}")
    return Zone(zone_info(name))
