"""Workers over HTTP."""

from litestar import get
from litestar.di import NamedDependency
from litestar.params import SkipValidation

from horarium.application import Horarium
from horarium.engine import Member, roster
from horarium.shop import Page
from horarium.web.api.parameters import PageNumber, PageSize, refuses

App = NamedDependency[SkipValidation[Horarium]]


class Workers(Page[Member], frozen=True):
    """A page of workers; `total` counts those of all pages."""


@get("/workers", tags=["Operation"], summary="List workers", responses=refuses())
async def list_workers(app: App, page: PageNumber = 1, count: PageSize = 100) -> Workers:
    """Workers that live, and those that stopped within the last day: the queues that they listen to
    (none named: all), their slots, how many jobs they run, and until when their lease holds.
    """
    every = await roster(app.database)
    return Workers(every[(page - 1) * count : page * count], len(every), page, count)


ROUTES = [list_workers]
