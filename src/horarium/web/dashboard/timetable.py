"""The page of schedules: each with its rule, next due time, last firing, and how it fares. Pure.

What has to be looked at stands first in words and in colour: parked, wrong by the standing proof,
late, a task that this code does not have; then what is merely held.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta

import msgspec

from horarium.builtin_tasks import HOUSEKEEPING
from horarium.engine import Firing, Kept, worded
from horarium.web.wording import minute, number, shortened

LATE = timedelta(seconds=60)


class Health(msgspec.Struct, frozen=True):
    """How a schedule fares: `grade` is good, calm, warn or bad; `why` says more, where there is."""

    grade: str
    word: str
    why: str = ""


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """A schedule in the list."""

    id: str
    task: str
    rule: str
    zone: str
    health: Health
    next: str
    next_at: datetime | None
    last: str
    last_at: datetime | None
    outcome: str
    count: str
    fired: str


class Condition(msgspec.Struct, frozen=True, kw_only=True):
    """What bears on all schedules of a page.

    Attributes:
        wrong: ids that the standing proof has something against.
        last: the newest firing of each.
        knows: whether this code has a task.
    """

    now: datetime
    wrong: Collection[str]
    last: Mapping[str, Firing]
    knows: Callable[[str], bool]


def lines(kept: Sequence[Kept], seen: Condition) -> list[Line]:
    """The list, in the order that it is given in."""
    return [_line(each, seen) for each in kept]


def health(kept: Kept, seen: Condition) -> Health:
    """How a schedule fares; the worst first."""
    note = shortened(kept.note or "", 200)
    if kept.state == "parked":
        return Health("bad", "parked", note)
    if kept.schedule.id in seen.wrong:
        return Health("bad", "unproved", "due times without their one outcome")
    if kept.state in ("paused", "retired", "ended"):
        return Health("warn" if kept.state == "paused" else "calm", kept.state, note)
    if not seen.knows(kept.schedule.task):
        return Health("warn", "task unknown", "the code that serves this page has no such task")
    if kept.next_fire_at is not None and seen.now - kept.next_fire_at > LATE:
        return Health("bad", "late", "it is due, and no scheduler has decided it")
    return Health("good", "active", "")


def is_internal(kept: Kept) -> bool:
    """Whether Horarium keeps a schedule for itself: one of its own code, for its housekeeping."""
    return kept.origin == "code" and kept.schedule.task in HOUSEKEEPING


def _line(kept: Kept, seen: Condition) -> Line:
    zone = kept.schedule.timetable.zone
    last = seen.last.get(kept.schedule.id)
    return Line(
        id=kept.schedule.id,
        task=kept.schedule.task,
        rule=worded(kept.schedule.timetable.rule),
        zone=zone,
        health=health(kept, seen),
        next="" if kept.next_due_at is None else when(kept.next_due_at, zone, seen.now),
        next_at=kept.next_due_at,
        last="" if last is None else when(last.due_until or last.due_at, zone, seen.now),
        last_at=None if last is None else last.due_until or last.due_at,
        outcome="" if last is None else str(last.outcome),
        count="" if last is None or last.count == 1 else f"{number(last.count)} due times",
        fired=number(kept.fired),
    )


def when(at: datetime, zone: str, now: datetime) -> str:
    """By the clock of the schedule's zone; with the year where that is not near."""
    far = abs(at - now) >= timedelta(days=180)
    try:
        return minute(at, zone, year=far)
    except (KeyError, ValueError):  # a zone that is no longer known
        return minute(at, "UTC", year=far) + " UTC"
