"""Clock changes: at which instants do the local times of a pattern happen?

A pattern lists local times: 02:30 every day. A zone's clock runs evenly for a span of months and
is then set forward or back.

- Set forward from 02:00 to 03:00, the clock never shows 02:30: a *gap*. `on_gap` says what stands
  for the times in it: `first_valid` the instant at which the gap ends (03:00), `shift` as much
  later as the clock was set forward (03:30), `skip` nothing.
- Set back from 03:00 to 02:00, it shows 02:30 twice: a *fold*. `on_fold` takes the `first`, the
  `second` or `both` of the two instants.

The zone's history is cut into spans with one offset each. Inside a span, local time and UTC differ
by a constant and the pattern's local times can be searched as plain numbers. All that is special
stands at the borders, so a span with a pattern is a *window* with three properties:

- `low` and `high`: the local times that are taken in this span. After a fold, `first` takes the
  repeated ones in the span before and starts above them in the span after; `second` ends below
  them in the span before; `both` takes everything.
- `substitutes`: the instants in this span that stand for local times in the gap before it. They
  may coincide with a listed time (03:00 is in the pattern too) and are then one due time.

A sub-daily rule, one that counts every real hour, is the same thing with `skip` and `both`: it
happens at exactly those instants whose local time is listed.

A whole local day that was skipped, such as 30 December 2011 in Samoa, does not exist: nothing on
it was due, and nothing stands for it under any `on_gap`. A gap of hours is an hour lost by a day
that was lived; a gap of a day is a date that was not. So a daily rule happens exactly once for
each local day that exists. The only gaps longer than seven hours in the zone data are such days.

Borders never come close to each other: no zone changes its clock twice within a few days, and a
substitute never reaches beyond its span. A test reads the whole zone data to keep it so.
"""

import msgspec

from horarium.engine.schedules.timetable.clock_times import DAY
from horarium.engine.schedules.timetable.pattern import Pattern
from horarium.engine.schedules.timetable.rules import OnFold, OnGap
from horarium.engine.schedules.timetable.zone import Span


class Window(msgspec.Struct, frozen=True, gc=False):
    """What of a pattern happens in one span. `low`, `high` are local, all else are instants.

    `leaves_by_fold` and `enters_by_fold`: the local times at that border come twice.
    """

    start: int
    end: int
    offset: int
    low: int
    high: int
    substitutes: tuple[int, ...]
    enters_by_fold: bool
    leaves_by_fold: bool


def window(span: Span, pattern: Pattern, on_gap: OnGap, on_fold: OnFold) -> Window:
    enters = max(span.before, span.offset) if on_fold == "first" else span.offset
    leaves = min(span.after, span.offset) if on_fold == "second" else span.offset
    return Window(
        start=span.start,
        end=span.end,
        offset=span.offset,
        low=span.start + enters,
        high=span.end + leaves,
        substitutes=substitutes(span, pattern, on_gap),
        enters_by_fold=span.before > span.offset,
        leaves_by_fold=span.after < span.offset,
    )


def substitutes(span: Span, pattern: Pattern, on_gap: OnGap) -> tuple[int, ...]:
    """The instants that stand for the local times lost by the change into this span, rising."""
    if on_gap == "skip" or span.before >= span.offset:
        return ()
    lost = (local for start, end in gap(span) for local in pattern.within(start, end))
    return tuple(dict.fromkeys(substitute(span, local, on_gap) for local in lost))


def substitute(span: Span, lost: int, on_gap: OnGap) -> int:
    """The instant that stands for a local time in the gap before the span."""
    return lost - span.before if on_gap == "shift" else span.start


def gap(span: Span) -> list[tuple[int, int]]:
    """The local times skipped by the change into this span, without days skipped whole."""
    start, end = span.start + span.before, span.start + span.offset
    first_midnight, last_midnight = -(-start // DAY) * DAY, end // DAY * DAY
    if first_midnight >= last_midnight:
        return [(start, end)]
    return [(start, first_midnight), (last_midnight, end)]
