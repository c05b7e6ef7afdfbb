"""Whether the server lives, and whether everything behind it is ready."""

import msgspec
from litestar import get
from litestar.di import NamedDependency
from litestar.params import SkipValidation

from horarium import __version__
from horarium.application import Horarium
from horarium.web.api.parameters import refuses
from horarium.web.problems import NotReady, ReadinessProblem


class Alive(msgspec.Struct, frozen=True):
    """The server answers; what stands behind it was not asked."""

    status: str = "ok"
    name: str = "horarium"
    version: str = __version__


class Ready(msgspec.Struct, frozen=True):
    """Every part is ready. `scheduler_lag` is in seconds; null: nothing is due.

    `degraded`: due times of `unproved` schedules are unexplained or doubled, and
    /schedules/proof/standing says which. Requests are served all the same.
    """

    status: str
    database: bool
    migrated: bool
    scheduler_lag: float | None
    unproved: int


@get("/health", tags=["Health"], summary="Live", responses=refuses())
async def health() -> Alive:
    """Whether the process answers. It asks nothing of the database."""
    return Alive()


@get(
    "/health/ready", tags=["Health"], summary="Ready", responses=refuses(document=ReadinessProblem)
)
async def ready(app: NamedDependency[SkipValidation[Horarium]]) -> Ready:
    """Whether the database answers, its schema is this version's, and due schedules are decided.
    Otherwise 503, which says which part is not ready.
    """
    found = await app.health()
    if not found.ready:
        raise NotReady(found)
    status = "degraded" if found.unproved else "ready"
    return Ready(status, found.database, found.migrated, found.scheduler_lag, found.unproved)


ROUTES = [health, ready]
