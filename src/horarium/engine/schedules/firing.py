"""What becomes of due times. Pure: values in, values out.

A *firing* is one due time of one schedule and its one recorded outcome. `decide` takes a schedule,
up to when its due times have been decided, and now; it returns a firing for every due time in
between. A long row of due times that are not run is one firing with a count.

Due times that are no older than `ON_TIME` are run as they come. Older ones passed while no
scheduler ran: the schedule's catch-up policy says which of them are run all the same.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import islice

import msgspec

from horarium.engine.schedules.schedule import CatchUp, Overlap, Schedule, course_of
from horarium.engine.schedules.timetable import Course

ON_TIME = timedelta(seconds=10)
MOST_AT_ONCE = 1000
"""Firings of one schedule that one step decides; the rest follows in the next step."""

_TICK = timedelta(microseconds=1)


class Outcome(StrEnum):
    """What became of a due time."""

    ENQUEUED = "enqueued"
    BUFFERED = "buffered"
    SKIPPED = "skipped"
    MISSED = "missed"


class Decided(msgspec.Struct, frozen=True, kw_only=True):
    """A due time, or a row of them, and what becomes of it.

    Attributes:
        due_until: the last of a row of `count` due times; `None` where it is one.
        covers: the half-open span from the previous due time to this one.
        not_before: when its job may run, where the jitter has not passed yet.
        cancels: unfinished jobs of the schedule are to be cancelled first.
    """

    due_at: datetime
    outcome: Outcome
    reason: str
    due_until: datetime | None = None
    count: int = 1
    covers: tuple[datetime, datetime] | None = None
    not_before: datetime | None = None
    cancels: bool = False


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """All firings of one step, and where the schedule stands after it.

    Attributes:
        complete: nothing that has come is left for a further step.
    """

    firings: list[Decided]
    complete: bool
    decided_until: datetime
    next_due_at: datetime | None
    next_fire_at: datetime | None


class Busy(msgspec.Struct, frozen=True):
    """What a schedule has under way: unfinished jobs, and firings that wait for them.

    Only whether there are any matters; a count from the database may stop at 1.
    """

    jobs: int = 0
    buffered: int = 0


def decide(
    schedule: Schedule, decided_until: datetime, now: datetime, busy: Busy, *, ahead: bool = False
) -> Decision:
    """The firings of the due times after `decided_until` that have come by `now`.

    Args:
        ahead: also of those whose jitter has not passed; their jobs are enqueued for later. So
            the schedule may be changed without losing a due time of its former rule.
    """
    course = course_of(schedule)
    until = now if ahead else _fired_by(course, now)
    coming = _due(schedule, course, decided_until, until, now)
    found = list(islice(coming, MOST_AT_ONCE))
    complete = len(found) < MOST_AT_ONCE
    reached = max(decided_until, until) if complete else found[-1].due_until or found[-1].due_at
    next_due_at, next_fire_at = course.upcoming(reached)
    return Decision(
        firings=_settled(schedule, found, busy),
        complete=complete,
        decided_until=reached,
        next_due_at=next_due_at,
        next_fire_at=next_fire_at,
    )


def passed_over(
    schedule: Schedule, decided_until: datetime, now: datetime, reason: str
) -> Decided | None:
    """One firing for all due times of a span in which the schedule was not to run."""
    return _row(course_of(schedule), decided_until, now, Outcome.SKIPPED, reason)


def without(row: Decided, course: Course, taken: Iterable[datetime]) -> list[Decided]:
    """What is left of a row of due times when some of them get a firing of their own."""
    end = row.due_until or row.due_at
    left: list[Decided] = []
    start = row.due_at - _TICK
    for due_at in [*sorted(each for each in taken if row.due_at <= each <= end), None]:
        until = end if due_at is None else due_at - _TICK
        piece = _row(course, start, until, row.outcome, row.reason)
        if piece is not None:
            left.append(piece)
        start = end if due_at is None else due_at
    return left


def _fired_by(course: Course, moment: datetime) -> datetime:
    """Up to when due times have fired by a moment: each of them, with its jitter, and no other."""
    if not course.timetable.jitter:
        return moment
    last = course.previous_due(moment + _TICK)
    if last is None or course.fires_at(last) <= moment:
        return moment
    return last - _TICK  # the one before has fired: none is delayed to the next due time


def _due(
    schedule: Schedule, course: Course, decided_until: datetime, until: datetime, now: datetime
) -> Iterator[Decided]:
    """Every due time, in order, with what catch-up says of it; overlap comes after.

    How late a due time is counts from when it was to fire, so jitter makes none late.
    """
    fresh_from = max(decided_until, min(until, _fired_by(course, now - ON_TIME)))
    first = course.next_due(decided_until)
    if first is not None and first <= fresh_from:
        yield from _caught_up(schedule, course, decided_until, fresh_from, until, now)
        first = course.next_due(fresh_from)
    while first is not None and first <= until:
        yield _run(course, first, "due", now)
        first = course.next_due(first)


def _caught_up(
    schedule: Schedule,
    course: Course,
    start: datetime,
    end: datetime,
    until: datetime,
    now: datetime,
) -> Iterator[Decided]:
    """The due times that passed while no scheduler ran: those before the window, then the rest."""
    window = max(timedelta(seconds=schedule.catch_up_window), ON_TIME)
    window_from = min(max(start, _fired_by(course, now - window)), end)
    too_old = _row(course, start, window_from, Outcome.MISSED, "outside the catch-up window")
    if too_old is not None:
        yield too_old
    yield from _late(schedule, course, window_from, end, until)


def _late(
    schedule: Schedule, course: Course, start: datetime, end: datetime, until: datetime
) -> Iterator[Decided]:
    """The due times within the window that passed while no scheduler ran."""
    match schedule.catch_up:
        case CatchUp.ALL:
            for due_at in course.due_between(start, end):
                yield _run(course, due_at, "catch-up")
        case CatchUp.NONE:
            row = _row(
                course, start, end, Outcome.MISSED, "no scheduler ran, and it is not caught up"
            )
            if row is not None:
                yield row
        case CatchUp.LATEST:
            yield from _latest(course, start, end, until)


def _latest(course: Course, start: datetime, end: datetime, until: datetime) -> Iterator[Decided]:
    last = course.previous_due(end + _TICK)
    superseded_until = end
    if last is not None and last > start and not _any(course, end, until):
        superseded_until = last - _TICK
    row = _row(course, start, superseded_until, Outcome.SKIPPED, "superseded by a later catch-up")
    if row is not None:
        yield row
    if last is not None and superseded_until < last:
        yield _run(course, last, "catch-up")


def _any(course: Course, start: datetime, end: datetime) -> bool:
    upcoming = course.next_due(start)
    return upcoming is not None and upcoming <= end


def _run(course: Course, due_at: datetime, reason: str, now: datetime | None = None) -> Decided:
    fires_at = course.fires_at(due_at)
    return Decided(
        due_at=due_at,
        outcome=Outcome.ENQUEUED,
        reason=reason,
        covers=course.covers(due_at),
        not_before=fires_at if now is not None and fires_at > now else None,
    )


def _row(
    course: Course, start: datetime, end: datetime, outcome: Outcome, reason: str
) -> Decided | None:
    """One firing for all due times after `start` up to `end`; `None` where there are none."""
    if end <= start:
        return None
    count = course.count_between(start, end)
    first = course.next_due(start)
    if count == 0 or first is None:
        return None
    last = course.previous_due(end + _TICK)
    return Decided(
        due_at=first,
        outcome=outcome,
        reason=reason,
        due_until=last if count > 1 else None,
        count=count,
        covers=course.covers(first) if count == 1 else None,
    )


def _settled(schedule: Schedule, coming: Sequence[Decided], busy: Busy) -> list[Decided]:
    """What overlap makes of the due times that are to run."""
    if schedule.overlap is Overlap.CANCEL_OTHER:
        return _only_last(coming, busy)
    settled = []
    for firing in coming:
        decided, busy = _overlap(schedule, firing, busy)
        settled.append(decided)
    return settled


def _only_last(coming: Sequence[Decided], busy: Busy) -> list[Decided]:
    """Each due time cancels what was before it: of several at once only the last one runs."""
    last = max((n for n, each in enumerate(coming) if each.outcome is Outcome.ENQUEUED), default=-1)
    reason = "a later due time of the schedule came before it could run"
    return [
        msgspec.structs.replace(each, cancels=busy.jobs + busy.buffered > 0)
        if n == last
        else msgspec.structs.replace(each, outcome=Outcome.SKIPPED, reason=reason)
        if each.outcome is Outcome.ENQUEUED
        else each
        for n, each in enumerate(coming)
    ]


def _overlap(schedule: Schedule, firing: Decided, busy: Busy) -> tuple[Decided, Busy]:
    """What a firing does that meets an unfinished job of its schedule, and what is then busy."""
    if firing.outcome is not Outcome.ENQUEUED:
        return firing, busy
    if (busy.jobs == 0 and busy.buffered == 0) or schedule.overlap is Overlap.ALLOW:
        return firing, Busy(busy.jobs + 1, busy.buffered)
    match schedule.overlap:
        case Overlap.BUFFER_ALL:
            return _buffered(firing), Busy(busy.jobs, busy.buffered + 1)
        case Overlap.BUFFER_ONE if busy.buffered == 0:
            return _buffered(firing), Busy(busy.jobs, 1)
        case _:
            reason = "an earlier job of the schedule has not finished"
            skipped = msgspec.structs.replace(firing, outcome=Outcome.SKIPPED, reason=reason)
            return skipped, busy


def _buffered(firing: Decided) -> Decided:
    reason = "waits for the earlier job of the schedule to end"
    return msgspec.structs.replace(firing, outcome=Outcome.BUFFERED, reason=reason)
