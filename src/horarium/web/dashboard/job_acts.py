"""What the page of a job does: it cancels it, or has it run again."""

from typing import Any, Literal

import msgspec
from litestar import Request, Response

from horarium.web.api.cancellation import cancelled
from horarium.web.api.parameters import App, Identity
from horarium.web.dashboard.acting import act, by_whom, own_form, way_back
from horarium.web.pages import see, segment

_PATH = "/dashboard/jobs/{job_id:str}"


class JobAct(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which button it was."""

    act: Literal["cancel", "retry"]


@act(_PATH)
async def act_on_job(request: Request[Any, Any, Any], app: App, job_id: Identity) -> Response[str]:
    """Do what the button says, as the API would."""
    form = await own_form(request, JobAct)
    if form.act == "cancel":
        await cancelled(app, job_id, f"cancelled {by_whom(request)}")
    else:
        await app.ledger.run_again(job_id)
    return see(request, _page(job_id))


@way_back(_PATH)
async def job_again(request: Request[Any, Any, Any], job_id: Identity) -> Response[str]:
    """To the page that has the buttons."""
    return see(request, _page(job_id))


def _page(job_id: str) -> str:
    return f"/jobs/{segment(job_id)}"


ROUTES = [act_on_job, job_again]
