"""What an edit will do, seen before it is made. Pure: values in, values out."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice

import msgspec

from horarium.engine.schedules.firing import Busy, Decided, decide
from horarium.engine.schedules.schedule import Kept, Schedule, check, completed, course_of, same

MOST = 10_000
"""Due times of each version that a plan looks at."""


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """The difference that an edit makes to the due times of the next days.

    Attributes:
        changes: the definition is another one; without, nothing happens.
        appear, vanish: due times that only the new, or only the present version has.
        stay: how many both have.
        until: how far was looked; less than was asked for where there are very many.
        first: what has come due already, which the present version decides before the change.
    """

    changes: bool
    appear: tuple[datetime, ...]
    vanish: tuple[datetime, ...]
    stay: int
    until: datetime
    first: tuple[Decided, ...]


def plan(
    kept: Kept | None, schedule: Schedule, now: datetime, span: timedelta = timedelta(days=7)
) -> Plan:
    """What putting this schedule would do; `kept` is what the book has under its id.

    Raises:
        InvalidInput: it cannot be kept.
    """
    schedule = completed(schedule, None if kept is None else kept.schedule, now)
    check(schedule)
    runs = kept is not None and kept.state == "active"
    until, before = now + span, set[datetime]()
    if kept is not None and runs:
        before, until = _due_times(kept.schedule, now, until)
    after, until = _due_times(schedule, now, until)
    before = {each for each in before if each <= until}
    return Plan(
        changes=kept is None or kept.state == "retired" or not same(kept.schedule, schedule),
        appear=tuple(sorted(after - before)),
        vanish=tuple(sorted(before - after)),
        stay=len(before & after),
        until=until,
        first=tuple(_pending(kept, now)) if kept is not None and runs else (),
    )


def _due_times(
    schedule: Schedule, now: datetime, until: datetime
) -> tuple[set[datetime], datetime]:
    found = list(islice(course_of(schedule).due_between(now, until), MOST))
    return set(found), found[-1] if len(found) == MOST else until


def _pending(kept: Kept, now: datetime) -> Iterator[Decided]:
    yield from decide(kept.schedule, kept.decided_until, now, Busy(), ahead=True).firings
