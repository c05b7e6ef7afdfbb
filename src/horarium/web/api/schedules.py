"""Schedules over HTTP: making, changing and holding them."""

from typing import Annotated

import msgspec
from litestar import Response, delete, get, post, put
from litestar.params import JSONBody, QueryParameter
from msgspec.structs import replace

from horarium.application import Horarium
from horarium.engine import (
    Act,
    Draft,
    Reason,
    Which,
    acts,
    drafted,
    find,
)
from horarium.engine import Schedule as NewSchedule
from horarium.engine import explain_schedule as reasons_of
from horarium.errors import Conflict, InvalidInput, NotFound
from horarium.owner import current_owner
from horarium.shop import Page
from horarium.web.api.parameters import App, Identity, PageNumber, PageSize, refuses
from horarium.web.api.schedule_shapes import Note, OriginOf, Schedule, StateOf, shown
from horarium.web.dashboard.schedules import schedule_page, schedules_page


class Schedules(Page[Schedule], frozen=True):
    """A page of schedules. `total` counts no more than 100,000."""


class Acts(msgspec.Struct, frozen=True):
    """What was done to a schedule by hand, newest first."""

    items: list[Act]
    page: int
    count: int


class Reasons(msgspec.Struct, frozen=True):
    """What holds a schedule back, the first reason first; none: nothing does."""

    id: str
    reasons: list[Reason]


class Because(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why it is done."""

    note: Note | None = None


class PauseNote(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why a schedule is paused; it is shown wherever the schedule is."""

    note: Note


class Triggered(msgspec.Struct, frozen=True):
    """The job that a trigger made."""

    schedule: str
    job: str


@get(
    "/schedules",
    tags=["Schedules"],
    summary="List schedules",
    responses=refuses(),
    before_request=schedules_page,
    opt={"page": True, "strict": True},
)
async def list_schedules(
    app: App,
    page: PageNumber = 1,
    count: PageSize = 100,
    in_state: StateOf = None,
    task: Annotated[str | None, QueryParameter(description="That call this task.")] = None,
    origin: OriginOf = None,
    text: Annotated[str | None, QueryParameter(description="With this in their id.")] = None,
    retired: Annotated[
        bool, QueryParameter(description="Also those that are no longer in use.")
    ] = False,
) -> Schedules:
    """Schedules that a filter finds, the next due first, then those that are not due. Browsers
    (`Accept: text/html`) get them as a page.
    """
    which = Which(state=in_state, task=task, origin=origin, text=text, retired=retired)
    found = await find(app.book, which, page=page, count=count)
    return Schedules([shown(each) for each in found.items], found.total, page, count)


@post(
    "/schedules", tags=["Schedules"], summary="Create a schedule", responses=refuses(409, body=True)
)
async def create_schedule(app: App, data: JSONBody[Draft]) -> Schedule:
    """Add a schedule; without an id it gets a new one. An instant (`at`) that has passed is run at
    once, within the catch-up window. An id that a schedule has already is refused with 409; one
    that is retired is taken up again.
    """
    schedule = _owned(drafted(app.broker, data), current_owner())
    async with app.database.transaction():
        former = await _retired_version(app, schedule.id)
        if await app.book.put(schedule, "api") != former + 1:
            raise _known(schedule.id)  # somebody else has made it meanwhile
        return shown(await app.book.show(schedule.id))


@get(
    "/schedules/{id:str}",
    tags=["Schedules"],
    summary="Read a schedule",
    responses=refuses(404),
    before_request=schedule_page,
    opt={"page": True, "strict": True},
)
async def read_schedule(app: App, id: Identity) -> Schedule:
    """One schedule: its rule, its call, and where it stands. Retired ones are there too. Browsers
    get a page, with what holds it back, its next due times and its last firings.
    """
    return shown(await app.book.show(id))


@put(
    "/schedules/{id:str}",
    tags=["Schedules"],
    summary="Replace a schedule",
    responses={**refuses(404, 409, body=True)},
)
async def replace_schedule(
    app: App,
    id: Identity,
    data: JSONBody[Draft],
    version: Annotated[
        int | None,
        QueryParameter(ge=1, description="Only if this is the version that is there now."),
    ] = None,
) -> Schedule:
    """Make this the newest version of a schedule. What has come due is decided by the version
    before; one that is paused stays so. The same again changes nothing. An edit to an instant that
    has passed is refused: trigger the schedule instead.
    """
    if data.id not in (None, id):
        raise InvalidInput("id", f"the address says {id!r}; it is the same here, or left out")
    async with app.database.transaction():
        kept = await app.book.show(id)
        if kept.state == "retired":
            raise NotFound(f"there is no schedule {id!r}; it is retired")
        if version is not None and kept.version != version:
            raise Conflict(f"schedule {id!r} is at version {kept.version}, not {version}")
        owner = kept.schedule.owner if current_owner() is not None else None
        await app.book.put(_owned(drafted(app.broker, data, id), owner), "api")
        return shown(await app.book.show(id))


@delete(
    "/schedules/{id:str}",
    tags=["Schedules"],
    summary="Retire a schedule",
    status_code=200,
    responses=refuses(404),
)
async def retire_schedule(
    app: App,
    id: Identity,
    note: Annotated[
        str, QueryParameter(description="Why; it is kept with the schedule.", max_length=1000)
    ] = "retired through the API",
) -> Schedule:
    """Take a schedule out of the timetable for good; its history stays, its jobs run on. One that
    the code declares comes back when a scheduler of that code starts.
    """
    await app.book.retire(id, note)
    return shown(await app.book.show(id))


@post(
    "/schedules/{id:str}/pause",
    tags=["Schedules"],
    summary="Pause a schedule",
    status_code=200,
    responses=refuses(404, body=True),
)
async def pause_schedule(app: App, id: Identity, data: JSONBody[PauseNote]) -> Schedule:
    """Take a schedule out of the timetable until it is resumed. Due times meanwhile are skipped;
    what waits for an earlier job goes on waiting. One that is paused already gets the new note.
    """
    await app.book.pause(id, data.note)
    return shown(await app.book.show(id))


@post(
    "/schedules/{id:str}/resume",
    tags=["Schedules"],
    summary="Resume a schedule",
    status_code=200,
    responses=refuses(404, body=True),
)
async def resume_schedule(app: App, id: Identity, data: JSONBody[Because]) -> Schedule:
    """Put a paused or parked schedule back; what came due meanwhile is recorded as skipped. One
    that is neither stays as it is.
    """
    await app.book.resume(id, data.note)
    return shown(await app.book.show(id))


@post(
    "/schedules/{id:str}/trigger",
    tags=["Schedules"],
    summary="Run a schedule now",
    status_code=202,
    responses=refuses(404, body=True),
)
async def trigger_schedule(app: App, id: Identity, data: JSONBody[Because]) -> Response[Triggered]:
    """Run a schedule's call now, beside its timetable; also of one that is paused or retired."""
    job = await app.book.trigger(id, data.note)
    return Response(Triggered(id, job), status_code=202)


@get(
    "/schedules/{id:str}/acts",
    tags=["Schedules"],
    summary="What was done by hand",
    responses=refuses(404),
)
async def list_schedule_acts(
    app: App, id: Identity, page: PageNumber = 1, count: PageSize = 20
) -> Acts:
    """Who paused, resumed, triggered or retired a schedule, when and why, newest first."""
    return Acts(await acts(app.book, id, page=page, count=count), page, count)


@get(
    "/schedules/{id:str}/explanation",
    tags=["Schedules"],
    summary="Why a schedule does not run",
    responses=refuses(404),
)
async def explain_schedule(app: App, id: Identity) -> Reasons:
    """Why a schedule does not run just now, in order, and what would change it."""
    return Reasons(id, await reasons_of(app.book, id))


def _owned(schedule: NewSchedule, owner: str | None) -> NewSchedule:
    """The schedule, of this owner where it names none."""
    return replace(schedule, owner=schedule.owner or owner)


async def _retired_version(app: Horarium, id: str) -> int:
    """The version of a retired schedule, 0 where there was none under this id."""
    try:
        kept = await app.book.show(id)
    except NotFound:
        return 0
    if kept.state != "retired":
        raise _known(id)
    return kept.version


def _known(id: str) -> Conflict:
    return Conflict(f"there is a schedule {id!r} already; replace it instead (PUT)")


ROUTES = [
    list_schedules, create_schedule, read_schedule, replace_schedule, retire_schedule,
    pause_schedule, resume_schedule, trigger_schedule, list_schedule_acts, explain_schedule,
]  # fmt: skip
