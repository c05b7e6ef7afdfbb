"""A draft: a schedule as people write it, in the API, in a file, on the command line.

The same words as in the ``schedule`` label, with the zone and the intervals by their own names.
"""

import difflib
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
from msgspec import Meta
from msgspec.structs import asdict
from uuid_utils.compat import uuid7

from horarium.engine.broker.calls import scheduled
from horarium.engine.broker.parameters import parameters_of
from horarium.engine.schedules.edition import Edition
from horarium.engine.schedules.schedule import (
    DAY,
    CatchUp,
    Origin,
    Overlap,
    Schedule,
    check,
    completed,
    decided_until_of,
    usual_overlap,
)
from horarium.engine.schedules.timetable import (
    At,
    Calendar,
    Cron,
    Every,
    OnFold,
    OnGap,
    Rule,
    Timetable,
)
from horarium.errors import InvalidInput

if TYPE_CHECKING:
    from horarium.engine.broker.broker import LedgerBroker

Instant = Annotated[datetime, Meta(tz=True)]
Name = Annotated[str, Meta(min_length=1, max_length=255)]
NOTHING = Meta(examples=[None])
"""What a sample of a body has in the place of a field that it does not need."""
Whole = Annotated[int, Meta(ge=0)]

RESERVED = frozenset({"apply", "forecast", "plan", "preview", "proof"})
"""Words that stand in the place of an id in the API's paths."""


class Interval(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Elapsed time (seconds to hours, which add up) or calendar time (one of the others)."""

    seconds: Whole = 0
    minutes: Whole = 0
    hours: Whole = 0
    days: Whole = 0
    weeks: Whole = 0
    months: Whole = 0
    anchor: Annotated[
        Instant | None, Meta(description="The first due time; null: when it is first recorded")
    ] = None


class CalendarDraft(
    Calendar, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True
):
    """Which local days count: those of `weekdays` and, where it is given, of `keep_to`, but none
    of `leave_out`. A due time on any other day is left out (skip) or moves to the same local time
    of the next or the previous day that counts.
    """


class RuleDraft(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A timetable: exactly one of cron, every and at, and what bounds and moves its due times.
    `jitter` is in seconds.
    """

    cron: Annotated[str | None, Meta(examples=["0 9 * * mon-fri"])] = None
    every: Annotated[Interval | None, NOTHING] = None
    at: Annotated[Instant | None, NOTHING] = None
    zone: Annotated[str, Meta(examples=["Europe/Moscow"])] = "UTC"
    starts_at: Annotated[Instant | None, NOTHING] = None
    ends_at: Annotated[Instant | None, NOTHING] = None
    max_firings: Annotated[int | None, NOTHING] = None
    jitter: Annotated[float, Meta(ge=0, examples=[30.0])] = 0.0
    on_gap: OnGap = "first_valid"
    on_fold: OnFold = "first"
    calendar: Annotated[CalendarDraft | None, NOTHING] = None


class Draft(RuleDraft, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A schedule to be put into the book.

    `labels` are those of each job, such as queue and priority. Without `overlap` it is skip, or
    buffer_all where everything is caught up. `catch_up_window` is in seconds.
    """

    task: Annotated[Name, Meta(examples=["horarium.reports:build"])]
    id: Annotated[Name | None, Meta(examples=["weekday-report"])] = None
    args: Annotated[list[Any], Meta(examples=[["orders"]])] = []
    kwargs: dict[str, Any] = {}
    labels: Annotated[dict[str, Any], Meta(examples=[{"queue": "reports", "priority": 5}])] = {}
    overlap: Overlap | None = None
    catch_up: CatchUp = CatchUp.LATEST
    catch_up_window: Annotated[float, Meta(examples=[DAY])] = DAY


class Drafts(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Schedules that belong together, each with its id. `set` names them: with `prune` what was
    applied under this name before and is left out now is retired.
    """

    schedules: list[Draft]
    set: Annotated[Name | None, Meta(examples=["nightly"])] = None
    prune: bool = False


def edition_of(broker: "LedgerBroker", drafts: Drafts, origin: Origin) -> Edition:
    """The edition that drafts ask for.

    Raises:
        InvalidInput: one of them cannot be kept; the field begins with its place.
    """
    schedules = []
    for number, draft in enumerate(drafts.schedules):
        place = f"schedules[{number}]"
        if draft.id is None:
            raise InvalidInput(f"{place}.id", "it is missing; what is applied again needs its id")
        try:
            schedules.append(drafted(broker, draft))
        except InvalidInput as error:
            raise InvalidInput(f"{place}.{error.field}", error.reason) from None
    return Edition(schedules=schedules, origin=origin, app=drafts.set, prune=drafts.prune)


def drafted(broker: "LedgerBroker", draft: Draft, id: str | None = None) -> Schedule:
    """The schedule that a draft asks for.

    Args:
        id: of the schedule; without it the draft's own, else a new one.

    Raises:
        InvalidInput: it cannot be kept, or nobody here knows its task.
    """
    id = id or draft.id or str(uuid7())
    if id in RESERVED:
        raise InvalidInput("id", f"{id!r} has a meaning of its own in the API; take another id")
    task = broker.find_task(draft.task)
    if task is None:
        raise InvalidInput("task", _unknown(broker, draft.task))
    parameters = parameters_of(task)
    schedule = Schedule(
        id=id,
        timetable=timetable_of(draft, id),
        overlap=draft.overlap or usual_overlap(draft.catch_up),
        catch_up=draft.catch_up,
        catch_up_window=draft.catch_up_window,
        **scheduled(draft.task, task.labels, draft.labels, draft.args, draft.kwargs, parameters),
    )
    check(completed(schedule, None, datetime.fromtimestamp(0).astimezone()))
    return schedule


def timetable_of(draft: RuleDraft, key: str = "") -> Timetable:
    """The timetable of a draft.

    Args:
        key: the id by which ``H`` and jitter spread.

    Raises:
        InvalidInput: it has no rule, or more than one.
    """
    return Timetable(
        rule=_rule(draft),
        zone=draft.zone,
        starts_at=draft.starts_at,
        ends_at=draft.ends_at,
        max_firings=draft.max_firings,
        jitter=timedelta(seconds=min(draft.jitter, 1e9)),
        on_gap=draft.on_gap,
        on_fold=draft.on_fold,
        calendar=None if draft.calendar is None else Calendar(**asdict(draft.calendar)),
        key=key,
    )


def tried(draft: RuleDraft, id: str, now: datetime) -> tuple[Timetable, datetime]:
    """The timetable that a rule would have, put into the book now, and after when it would be due.

    Args:
        id: of the schedule that it would be.

    Raises:
        InvalidInput: it has no rule, or more than one.
    """
    schedule = Schedule(id=id, task="preview", timetable=timetable_of(draft, id))
    timetable = completed(schedule, None, now).timetable
    return timetable, decided_until_of(timetable, now)


def _rule(draft: RuleDraft) -> Rule:
    given = [name for name in ("cron", "every", "at") if getattr(draft, name) is not None]
    if len(given) != 1:
        named = " and ".join(given) or "none of them"
        raise InvalidInput("cron", f"give exactly one of cron, every and at, not {named}")
    if draft.cron is not None:
        return Cron(draft.cron)
    if draft.every is not None:
        return Every(**msgspec.structs.asdict(draft.every))
    assert draft.at is not None  # noqa: S101 - one of the three is given
    return At(draft.at)


def _unknown(broker: "LedgerBroker", task: str) -> str:
    known = broker.task_names
    near = difflib.get_close_matches(task, known, n=3, cutoff=0.5)
    hint = f"; did you mean {' or '.join(near)}?" if near else f"; there is {', '.join(known)}"
    return f"there is no task {task[:100]!r} in this application{hint[:500]}"
