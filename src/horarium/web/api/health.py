"""Whether the server lives, and whether everything behind it is ready."""

import msgspec
from litestar import get

from horarium import __version__
from horarium.web.api.parameters import App, refuses
from horarium.web.problems import NotReady, ReadinessProblem


class Alive(msgspec.Struct, frozen=True):
    """The server answers; what stands behind it was not asked."""

    status: str = "ok"
    name: str = "horarium"
    version: str = __version__


class Ready(msgspec.Struct, frozen=True):
    """Every part is ready. `scheduler_lag` is in seconds; null: nothing is due.

    `degraded`: due times of `unproved` schedules are unexplained or doubled, and
    /schedules/proof/standing says which; `parked` schedules cannot be run as they stand, and
    /schedules?state=parked says which and why; or `reports_late` periods are not ready although
    that was promised, and /reports/promises says which. Requests are served all the same.
    """

    status: str
    database: bool
    migrated: bool
    scheduler_lag: float | None
    unproved: int
    parked: int
    reports_late: int
    reports_at_risk: int


@get(
    "/health",
    tags=["Health"],
    summary="Is it alive",
    responses=refuses(public=True),
    opt={"public": True},
)
async def read_liveness() -> Alive:
    """Whether the process answers. It asks nothing of the database."""
    return Alive()


@get(
    "/health/ready",
    tags=["Health"],
    summary="Is it ready",
    responses=refuses(document=ReadinessProblem, public=True),
    opt={"public": True},
)
async def read_readiness(app: App) -> Ready:
    """Whether the database answers, its schema is this version's, and due schedules are decided.
    Otherwise 503, which says which part is not ready.
    """
    found = await app.health()
    if not found.ready:
        raise NotReady(found)
    return Ready(
        status="degraded" if found.unproved or found.parked or found.reports_late else "ready",
        database=found.database,
        migrated=found.migrated,
        scheduler_lag=found.scheduler_lag,
        unproved=found.unproved,
        parked=found.parked,
        reports_late=found.reports_late,
        reports_at_risk=found.reports_at_risk,
    )


ROUTES = [read_liveness, read_readiness]
