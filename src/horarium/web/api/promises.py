"""Promises over HTTP: which reports are to be ready by when, and whether they will be."""

from litestar import get

from horarium.reports import Promise
from horarium.shop import Page
from horarium.web.api.parameters import App, PageNumber, PageSize, page_of, refuses


class Promises(Page[Promise], frozen=True):
    """A page of promises; `total` counts those of all pages."""


@get("/reports/promises", tags=["Reports"], summary="Promises of reports", responses=refuses())
async def list_promises(app: App, page: PageNumber = 1, count: PageSize = 100) -> Promises:
    """How the promises stand that reports are ready by a time (`HORARIUM_READY_BY`, `ready_by`): of
    each report that has one the newest period that has ended, and those that are still open,
    newest first. It is judged now, whether a scheduler runs or not.
    """
    every = sorted(await app.promises(), key=lambda each: (each.starts_at, each.report))[::-1]
    return page_of(Promises, every, page, count)


ROUTES = [list_promises]
