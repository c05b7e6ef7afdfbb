"""Days of the journal: spans of time that follow each other, whatever becomes of an owner's zone.
Pure.

A day is a local day of the owner's zone (`horarium.reports.period`), as long as the zone stays.
When it changes, local days would overlap or leave a gap, and an end would be in two days or in
none. So the next day begins where the last one ended, takes its name from the zone of now, and ends
with that zone's day. A name that is taken already is continued: that day becomes longer.
"""

from datetime import date, datetime

import msgspec

from horarium.reports.period import period_at, period_of


class Span(msgspec.Struct, frozen=True):
    """From `starts_at` to before `ends_at`: what is called `day` by the clocks of `zone`."""

    day: date
    zone: str
    starts_at: datetime
    ends_at: datetime


def next_span(written_until: datetime, zone: str, last: Span | None) -> Span:
    """The day to be written next.

    Args:
        written_until: up to here each end has its day.
        last: the newest day that was written, whole or not.
    """
    period = period_at(written_until, "day", zone)
    if last is None or last.day < period.day:
        # Whoever is new, or was away, begins with a whole day.
        starts_at = period.starts_at if last is None else max(period.starts_at, last.ends_at)
        return Span(period.day, zone, starts_at, period.ends_at)
    return Span(last.day, zone, min(last.starts_at, written_until), period.ends_at)


def span_of(day: date, zone: str, before: datetime | None, after: datetime | None) -> Span:
    """A day that is asked for by name and was never written.

    Args:
        before, after: where the nearest written days end and begin; the day keeps between them.

    Raises:
        InvalidInput: the zone has no such day.
    """
    period = period_of(day, "day", zone)
    starts_at = period.starts_at if before is None else max(period.starts_at, before)
    ends_at = period.ends_at if after is None else min(period.ends_at, after)
    return Span(day, zone, starts_at, max(starts_at, ends_at))
