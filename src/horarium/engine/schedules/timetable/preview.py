"""The next due times as a person wants to see them, with what moved each of them."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone

import msgspec

from horarium.engine.schedules.timetable.calendar import MovedBack, MovedOn
from horarium.engine.schedules.timetable.clock_change import gap, substitute
from horarium.engine.schedules.timetable.clock_times import DAY
from horarium.engine.schedules.timetable.course import Course, Repeated, whole_seconds
from horarium.engine.schedules.timetable.series import LocalSeries
from horarium.engine.schedules.timetable.zone import EPOCH_INSTANT, Span, Zone, zone
from horarium.zones import zone_data_version


class DueTime(msgspec.Struct, frozen=True, kw_only=True):
    """One due time: in UTC, by the clock of its zone, and when it fires.

    `notes` say, one sentence each, how a clock change, a calendar or jitter bears on it.
    `zone_data` is the version of the zone data that it was computed with.
    """

    due: datetime
    local: datetime
    fires_at: datetime
    notes: tuple[str, ...]
    zone_data: str


def preview(course: Course, after: datetime, count: int) -> list[DueTime]:
    """The next due times after the instant, `count` of them or as many as there are."""
    found: list[DueTime] = []
    due = course.next_due(after)
    while due is not None and len(found) < count:
        found.append(due_time(course, due))
        due = course.next_due(due)
    return found


def due_time(course: Course, due: datetime) -> DueTime:
    return DueTime(
        due=due,
        local=local_time(zone(course.timetable.zone), due),
        fires_at=course.fires_at(due),
        notes=tuple(notes(course, due)),
        zone_data=zone_data_version(),
    )


def local_time(where: Zone, due: datetime) -> datetime:
    """The local time with its offset from UTC, free of the zone, so that it can be stored."""
    offset = timedelta(seconds=where.span(whole_seconds(due)).offset)
    return due.astimezone(timezone(offset) if offset else UTC)


def notes(course: Course, due: datetime) -> Iterator[str]:
    row = course.row
    if isinstance(row, Repeated) and isinstance(row.series, LocalSeries):
        yield from clock_notes(row.series, whole_seconds(due))
        yield from calendar_notes(row.series, whole_seconds(due))
    delay = course.fires_at(due) - due
    if delay:
        yield f"fires {delay.total_seconds():.1f} s later, by jitter"


def clock_notes(series: LocalSeries, at: int) -> Iterator[str]:
    span = series.zone.span(at)
    local = at + span.offset
    lost = lost_times(series, span, at)
    if lost:
        more = f" and {len(lost) - 1} more" if len(lost) > 1 else ""
        gap_text = f"{clock(span.start + span.before)} to {clock(span.start + span.offset)}"
        yield f"stands for {clock(lost[0])}{more}: the clock is set forward from {gap_text}"
    if span.before > span.offset and local < span.start + span.before:
        yield f"the second {clock(local)} of two: the clock was set back"
    if span.after < span.offset and local >= span.end + span.after:
        yield f"the first {clock(local)} of two: the clock is set back"


def lost_times(series: LocalSeries, span: Span, at: int) -> list[int]:
    """The local times lost in a gap for which this instant stands."""
    if at not in series.window(at).substitutes:
        return []
    lost = (local for start, end in gap(span) for local in series.pattern.within(start, end))
    return [local for local in lost if substitute(span, local, series.on_gap) == at]


def calendar_notes(series: LocalSeries, at: int) -> Iterator[str]:
    span = series.zone.span(at)
    days = series.pattern.days
    if not isinstance(days, MovedOn | MovedBack):
        return
    for local in lost_times(series, span, at) or [at + span.offset]:
        day = days.moved_from(local // DAY)
        if day is not None:
            yield f"moved from {weekday_and_date(day)}, which the calendar leaves out"


def clock(local: int) -> str:
    moment = EPOCH_INSTANT + timedelta(seconds=local)
    return f"{moment:%H:%M:%S}" if moment.second else f"{moment:%H:%M}"


def weekday_and_date(day: int) -> str:
    return f"{EPOCH_INSTANT + timedelta(days=day):%A %Y-%m-%d}"
