"""How the API shows a schedule."""

from datetime import datetime
from typing import Annotated, Any

import msgspec
from litestar.params import QueryParameter

from horarium.engine import (
    At,
    Calendar,
    CatchUp,
    Cron,
    Every,
    Kept,
    OnFold,
    OnGap,
    Origin,
    Overlap,
    ScheduleState,
)

Note = Annotated[
    str, msgspec.Meta(min_length=1, max_length=1000, examples=["the warehouse takes stock"])
]
StateOf = Annotated[
    ScheduleState | None,
    QueryParameter(name="state", description="In this state."),
]
OriginOf = Annotated[Origin | None, QueryParameter(description="Made by this.")]


class Schedule(msgspec.Struct, frozen=True, kw_only=True):
    """A schedule: its rule, its call, and where it stands.

    `jitter` and `catch_up_window` are in seconds. `decided_until`: every due time up to and with it
    has its firing recorded. `next_fire_at` is `next_due_at` with its jitter.
    """

    id: str
    task: str
    cron: str | None
    every: dict[str, Any] | None
    at: datetime | None
    zone: str
    starts_at: datetime | None
    ends_at: datetime | None
    max_firings: int | None
    jitter: float
    on_gap: OnGap
    on_fold: OnFold
    calendar: Calendar | None
    args: list[Any]
    kwargs: dict[str, Any]
    labels: dict[str, Any]
    queue: str
    priority: int
    owner: str | None
    overlap: Overlap
    catch_up: CatchUp
    catch_up_window: float
    origin: Origin
    version: int
    state: ScheduleState
    note: str | None
    fired: int
    decided_until: datetime
    next_due_at: datetime | None
    next_fire_at: datetime | None
    created_at: datetime
    updated_at: datetime


def shown(kept: Kept) -> Schedule:
    """A schedule as the API shows it."""
    schedule, timetable = kept.schedule, kept.schedule.timetable
    call = msgspec.json.decode(schedule.arguments)
    rule = timetable.rule
    where = {name: getattr(kept, name) for name in _STANDING}
    bounds = {name: getattr(timetable, name) for name in _BOUNDS}
    policy = {name: getattr(schedule, name) for name in _POLICY}
    return Schedule(
        cron=rule.expression if isinstance(rule, Cron) else None,
        every=_interval(rule) if isinstance(rule, Every) else None,
        at=rule.instant if isinstance(rule, At) else None,
        jitter=timetable.jitter.total_seconds(),
        args=call.get("args", []),
        kwargs=call.get("kwargs", {}),
        labels=msgspec.json.decode(schedule.labels),
        **where,
        **bounds,
        **policy,
    )


_STANDING = (
    "origin", "version", "state", "note", "fired", "decided_until", "next_due_at", "next_fire_at",
    "created_at", "updated_at",
)  # fmt: skip
_BOUNDS = ("zone", "starts_at", "ends_at", "max_firings", "on_gap", "on_fold", "calendar")
_POLICY = (
    "id", "task", "queue", "priority", "owner", "overlap", "catch_up", "catch_up_window",
)  # fmt: skip


def _interval(rule: Every) -> dict[str, Any]:
    """What is not nothing of an interval."""
    return {name: value for name, value in msgspec.structs.asdict(rule).items() if value}
