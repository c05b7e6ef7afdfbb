"""The proof: what should have happened to every due time, compared with what was recorded.

A proof recomputes the due times of a span from the recorded versions of each schedule and lays the
firings beside them. Each due time must have exactly one outcome: one without is *unexplained*, and
so is a record of an instant that was not due; one with two, or with two jobs, is *doubled*. Due
times after `decided_until` are *pending*: nobody has decided them yet, or the schedule is paused.
A backfill may record instants that no version had due at the time; they stand *beside*. So do
those that former zone data had due, and the present does not: that was compared while it was there.

All of it is pure; `proving` reads what it takes. It never goes through the due times of a row one
by one, so that a month's pause of an every-second schedule costs no more than a day's.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

import msgspec

from horarium.engine.schedules.firing import Outcome
from horarium.engine.schedules.schedule import Schedule, course_of
from horarium.engine.schedules.timetable import Course
from horarium.errors import InvalidInput

_MOST_DETAILS = 10
_TICK = timedelta(microseconds=1)


class Version(msgspec.Struct, frozen=True):
    """A rule, and the due times it answers for: after `start`, up to and with `end`."""

    schedule: Schedule
    start: datetime
    end: datetime | None = None


class Recorded(msgspec.Struct, frozen=True):
    """A firing, or a row of them, as it stands in the book."""

    due_at: datetime
    outcome: Outcome
    reason: str = "due"
    count: int = 1
    due_until: datetime | None = None

    @property
    def last(self) -> datetime:
        return self.due_until or self.due_at


class History(msgspec.Struct, frozen=True, kw_only=True):
    """All that is recorded of one schedule for a span, each list in the order of time.

    Attributes:
        former_zone_data_until: due times up to it were computed with zone data that is no longer
            there, so that those of a zone with clock changes cannot be computed again.
    """

    schedule: str
    versions: Sequence[Version]
    firings: Sequence[Recorded]
    decided_until: datetime
    doubled_jobs: Sequence[datetime] = ()
    former_zone_data_until: datetime | None = None


class Proof(msgspec.Struct, frozen=True, kw_only=True):
    """The due times of one schedule in a span, counted by what became of them.

    Attributes:
        waiting: buffered: they run when an earlier job of the schedule has ended.
        pending: have not been decided.
        beside: backfilled, though no version had them due at the time.
        details: a sentence each for the first of what is unexplained or doubled.
    """

    schedule: str
    expected: int = 0
    enqueued: int = 0
    waiting: int = 0
    skipped: int = 0
    missed: int = 0
    pending: int = 0
    beside: int = 0
    unexplained: int = 0
    doubled: int = 0
    details: tuple[str, ...] = ()

    @property
    def holds(self) -> bool:
        return not self.unexplained and not self.doubled


def compare(history: History, start: datetime, end: datetime) -> Proof:
    """What should have happened, beside what did."""
    tally = _Tally()
    if any(_lenient(history, part) for v in history.versions for part in _parts(history, v)):
        tally.forgiven_until = history.former_zone_data_until or tally.forgiven_until
    try:
        for version in history.versions:
            for part in _parts(history, version):
                tally.lenient = _lenient(history, part)
                _compare_version(tally, history, part, start, end)
    except InvalidInput as error:
        tally.blame("unexplained", 1, f"a version cannot be read any more: {error}")
    tally.lenient = False
    tally.strangers(
        firing
        for firing in history.firings
        if start < firing.due_at <= end and firing.due_at not in tally.matched
    )
    for due_at in history.doubled_jobs:
        tally.blame("doubled", 1, f"{due_at:%Y-%m-%d %H:%M:%S} UTC has more than one job")
    return Proof(schedule=history.schedule, details=tuple(tally.details), **tally.counts)


class _Tally:
    """Counts by the names of `Proof`, and sentences for what is wrong."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.details: list[str] = []
        self.matched: set[datetime] = set()
        self.lenient = False
        self.forgiven_until = datetime.min.replace(tzinfo=UTC)

    def blame(self, what: str, count: int, sentence: str) -> None:
        if self.lenient and what == "unexplained":
            self.counts["beside"] += count
        elif count:
            self.counts[what] += count
            if len(self.details) < _MOST_DETAILS:
                self.details.append(sentence)

    def strangers(self, firings: Iterator[Recorded]) -> None:
        """Firings that no version had due."""
        for firing in firings:
            if firing.reason == "backfill" or firing.due_at <= self.forgiven_until:
                self.counts["beside"] += 1
            else:
                sentence = f"{_at(firing.due_at)} was {firing.outcome}, but was not due"
                self.blame("unexplained", firing.count, sentence)


def _parts(history: History, version: Version) -> Iterator[Version]:
    """A version before and since the present zone data came into use."""
    change = history.former_zone_data_until
    whole = change is None or version.schedule.timetable.zone == "UTC" or change <= version.start
    if whole or change is None or (version.end is not None and version.end <= change):
        yield version
    else:
        yield Version(version.schedule, version.start, change)
        yield Version(version.schedule, change, version.end)


def _lenient(history: History, part: Version) -> bool:
    """Whether the due times of a part of a version cannot be computed again."""
    change = history.former_zone_data_until
    zoned = part.schedule.timetable.zone != "UTC"
    return zoned and change is not None and part.end is not None and part.end <= change


_COUNTED = {
    Outcome.ENQUEUED: "enqueued",
    Outcome.BUFFERED: "waiting",
    Outcome.SKIPPED: "skipped",
    Outcome.MISSED: "missed",
}


def _compare_version(
    tally: _Tally, history: History, version: Version, start: datetime, end: datetime
) -> None:
    course = course_of(version.schedule)
    start, end = max(start, version.start), end if version.end is None else min(end, version.end)
    until = min(end, max(start, history.decided_until))
    tally.counts["expected"] += course.count_between(start, end) if start < end else 0
    reached = start
    for firing in history.firings:
        first, last = max(firing.due_at, start + _TICK), min(firing.last, end)
        if first > last:
            continue
        due = course.count_between(first - _TICK, last)
        if not due and firing.count == 1:
            continue  # another version's, or a stranger
        _compare_firing(tally, course, firing, first, last, reached, until)
        reached = max(reached, last)
    _gap(tally, course, reached, until)
    ahead = max(reached, until)
    tally.counts["pending"] += course.count_between(ahead, end) if ahead < end else 0


def _compare_firing(
    tally: _Tally,
    course: Course,
    firing: Recorded,
    first: datetime,
    last: datetime,
    reached: datetime,
    until: datetime,
) -> None:
    if first <= reached:
        again = course.count_between(first - _TICK, min(last, reached))
        tally.blame("doubled", again, f"{_at(first)} has more than one outcome")
    elif reached < until:
        _gap(tally, course, reached, min(first - _TICK, until))
    if reached < first - _TICK and until < first:
        ahead = max(reached, until)
        tally.counts["pending"] += course.count_between(ahead, first - _TICK)
    tally.matched.add(firing.due_at)
    due = course.count_between(first - _TICK, last)
    tally.counts[_COUNTED[firing.outcome]] += due
    if (first, last) == (firing.due_at, firing.last):
        sentence = f"the row from {_at(first)} counts {firing.count}, and its rule has {due}"
        tally.blame("unexplained", abs(firing.count - due), sentence)


def _gap(tally: _Tally, course: Course, start: datetime, end: datetime) -> None:
    missing = course.count_between(start, end) if start < end else 0
    first = course.next_due(start) if missing else None
    if first is not None:
        more = f" and {missing - 1:,} more" if missing > 1 else ""
        tally.blame("unexplained", missing, f"{_at(first)}{more} was due, and has no outcome")


def _at(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"
