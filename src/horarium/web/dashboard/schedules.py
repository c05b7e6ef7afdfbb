"""The pages `GET /schedules` and `GET /schedules/{id}` for browsers; programs get JSON there."""

from collections.abc import Sequence
from typing import Any

from litestar import Request, Response

from horarium.application import Horarium
from horarium.engine import (
    DueTime,
    Firing,
    InvalidTimetable,
    Kept,
    ScheduleState,
    Which,
    acts,
    compiled,
    explain_schedule,
    find,
    firings,
    last_firings,
    preview,
    standing,
    worded,
)
from horarium.web.dashboard.asked import Listing, asked
from horarium.web.dashboard.timetable import Condition, health, lines, when
from horarium.web.pages import html, wants_html
from horarium.web.wording import number, shortened

FIRINGS, DUE_TIMES, ACTS = 30, 6, 10
Asking = Request[Any, Any, Any]


class SchedulesAsked(Listing, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the address asks for; the same words as those of the API."""

    state: ScheduleState | None = None
    origin: str | None = None
    task: str | None = None
    text: str | None = None
    retired: bool = False


async def schedules_page(request: Asking) -> Response[Any] | None:
    """The list as a page, where a browser asks."""
    if not wants_html(request):
        return None
    app: Horarium = request.app.state.horarium
    asking = asked(request, SchedulesAsked)
    which = Which(
        state=asking.state, task=asking.task, text=asking.text, retired=asking.retired,
        origin=asking.origin,  # type: ignore[arg-type]  # one that there is not finds nothing
    )  # fmt: skip
    found = await find(app.book, which, page=asking.page, count=asking.count)
    seen = await _condition(app, found.items)
    return html(
        request,
        "schedules.html",
        asked=asking,
        lines=lines(found.items, seen),
        total=number(found.total),
        more=found.total > asking.page * asking.count,
        states=("active", "paused", "parked", "ended", "retired"),
        summary=await app.health(),
    )


async def schedule_page(request: Asking) -> Response[Any] | None:
    """One schedule as a page, where a browser asks."""
    if not wants_html(request):
        return None
    app: Horarium = request.app.state.horarium
    kept = await app.book.show(request.path_params["id"])
    seen = await _condition(app, [kept])
    zone = kept.schedule.timetable.zone
    found = await firings(app.book, kept.schedule.id, count=FIRINGS)
    return html(
        request,
        "schedule.html",
        kept=kept,
        rule=worded(kept.schedule.timetable.rule),
        zone=zone,
        health=health(kept, seen),
        reasons=await explain_schedule(app.book, kept.schedule.id),
        coming=[(each, *_clocks(each, zone, seen)) for each in _coming(kept, seen)],
        firings=[_firing(each, zone, seen) for each in found],
        acts=[
            (each, when(each.at, zone, seen.now))
            for each in await acts(app.book, kept.schedule.id, count=ACTS)
        ],
    )


async def _condition(app: Horarium, kept: Sequence[Kept]) -> Condition:
    async with app.database.connection() as connection:
        now = await app.book.now(connection)
    proof = await standing(app.book, most=1000)
    return Condition(
        now=now,
        wrong={each.schedule for each in proof.wrong},
        last=await last_firings(app.book, [each.schedule.id for each in kept]),
        knows=lambda task: app.broker.find_task(task) is not None,
    )


def _coming(kept: Kept, seen: Condition) -> list[DueTime]:
    """The next due times; none of a schedule that is out of the timetable or cannot be read."""
    if kept.state not in ("active", "paused"):
        return []
    try:
        return preview(compiled(kept.schedule.timetable), seen.now, DUE_TIMES)
    except InvalidTimetable:
        return []


def _clocks(due: DueTime, zone: str, seen: Condition) -> tuple[str, str]:
    """By the clock of the zone, and by that of UTC where it shows another time."""
    here, utc = when(due.due, zone, seen.now), when(due.due, "UTC", seen.now)
    return here, "" if here == utc else f"{utc} UTC"


def _firing(firing: Firing, zone: str, seen: Condition) -> dict[str, Any]:
    return {
        "at": firing.due_at,
        "due": when(firing.due_at, zone, seen.now),
        "until": "" if firing.due_until is None else when(firing.due_until, zone, seen.now),
        "count": "" if firing.count == 1 else number(firing.count),
        "outcome": str(firing.outcome),
        "reason": shortened(firing.reason, 200),
        "job": firing.job,
    }
