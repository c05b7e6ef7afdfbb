"""The page `GET /`: the newest report or a chosen day, the last jobs, the next firings."""

from enum import StrEnum
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, get
from litestar.params import QueryParameter

from horarium import __version__
from horarium.web.api.parameters import App, refuses
from horarium.web.dashboard.sight import look
from horarium.web.dashboard.view import view
from horarium.web.pages import html, wants_html


class JobsShown(StrEnum):
    """Which of the last jobs the page shows."""

    OTHERS = "others"
    ALL = "all"


class Index(msgspec.Struct, frozen=True):
    """What answers here; browsers get the dashboard."""

    name: str = "horarium"
    version: str = __version__


@get("/", tags=["Pages"], summary="Dashboard", responses=refuses(), opt={"page": True})
async def dashboard(
    request: Request[Any, Any, Any],
    app: App,
    date: Annotated[
        str | None, QueryParameter(description="The day to show; without it the newest.")
    ] = None,
    jobs: Annotated[
        JobsShown,
        QueryParameter(description="Which of the last jobs: Horarium's own housekeeping too?"),
    ] = JobsShown.OTHERS,
) -> Response[Any]:
    """The dashboard for browsers (`Accept: text/html`), else name and version as JSON."""
    if not wants_html(request):
        return Response(Index(), headers={"Vary": "Accept"})
    seen = await look(app, date, all_jobs=jobs is JobsShown.ALL)
    status = 200 if seen.refusal is None else seen.refusal.status
    return html(request, "dashboard.html", status=status, page=view(seen))
