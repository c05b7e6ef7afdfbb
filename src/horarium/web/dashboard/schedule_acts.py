"""What the page of a schedule does: it runs it now, pauses it, or resumes it."""

from typing import Annotated, Any, Literal

import msgspec
from litestar import Request, Response

from horarium.web.api.parameters import App, Identity
from horarium.web.dashboard.acting import act, by_whom, own_form, way_back
from horarium.web.pages import see, segment

_PATH = "/dashboard/schedules/{id:str}"


class ScheduleAct(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which button it was, and what was noted beside it."""

    act: Literal["trigger", "pause", "resume"]
    note: Annotated[str, msgspec.Meta(max_length=500)] | None = None


@act(_PATH)
async def act_on_schedule(request: Request[Any, Any, Any], app: App, id: Identity) -> Response[str]:
    """Do what the button says, as the API would."""
    form = await own_form(request, ScheduleAct)
    by = by_whom(request)
    note = f"{form.note} ({by})" if form.note else by
    match form.act:
        case "trigger":
            await app.book.trigger(id, note)
            # Nothing above it changes: the job is shown there.
            return see(request, f"{_page(id)}#acts")
        case "pause":
            await app.book.pause(id, note)
        case "resume":
            await app.book.resume(id, note)
    return see(request, _page(id))


@way_back(_PATH)
async def schedule_again(request: Request[Any, Any, Any], id: Identity) -> Response[str]:
    """To the page that has the buttons."""
    return see(request, _page(id))


def _page(id: str) -> str:
    return f"/schedules/{segment(id)}"


ROUTES = [act_on_schedule, schedule_again]
