"""Workers over HTTP."""

from litestar import get

from horarium.engine import Member, roster
from horarium.shop import Page
from horarium.web.api.parameters import App, PageNumber, PageSize, page_of, refuses


class Workers(Page[Member], frozen=True):
    """A page of workers; `total` counts those of all pages."""


@get("/workers", tags=["Operation"], summary="List workers", responses=refuses())
async def list_workers(app: App, page: PageNumber = 1, count: PageSize = 100) -> Workers:
    """Workers that live, and those that stopped within the last day: the queues that they listen to
    (none named: all), their slots, how many jobs they run, and until when their lease holds.
    """
    return page_of(Workers, await roster(app.database), page, count)


ROUTES = [list_workers]
