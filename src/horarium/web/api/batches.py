"""Batches over HTTP: how far compositions have come, and cancelling them."""

from datetime import datetime
from typing import Annotated

import msgspec
from litestar import delete, get
from litestar.params import PathParameter, QueryParameter

from horarium.engine import Batch, BatchCancellation, BatchKind, Filter, State
from horarium.shop import Page
from horarium.web.api.jobs import Jobs, page_of_jobs
from horarium.web.api.parameters import App, PageNumber, PageSize, refuses

BatchId = Annotated[str, PathParameter(description="The batch's id.")]


class Batches(Page[Batch], frozen=True):
    """A page of batches, newest first; `total` counts those of all pages."""


class BatchProgress(msgspec.Struct, frozen=True, kw_only=True):
    """A batch, and how far it has come.

    `done` counts its jobs that have ended, whatever they ended with; `share` is that of `total`, 0
    to 1. `states` counts those that are still kept. `ended_at` is null until all have ended.
    """

    id: str
    kind: BatchKind
    name: str | None
    owner: str | None
    total: int
    created_at: datetime
    done: int
    share: float
    states: dict[State, int]
    ended_at: datetime | None


@get("/batches", tags=["Jobs"], summary="List batches", responses=refuses())
async def list_batches(
    app: App,
    owner: Annotated[str | None, QueryParameter(description="Of this owner.")] = None,
    page: PageNumber = 1,
    count: PageSize = 10,
) -> Batches:
    """Chains, groups and chords that were enqueued, newest first."""
    found, total = await app.batches.page(owner=owner, page=page, count=count)
    return Batches(found, total, page, count)


@get("/batches/{batch_id:str}", tags=["Jobs"], summary="Read a batch", responses=refuses(404))
async def read_batch(app: App, batch_id: BatchId) -> BatchProgress:
    """One batch, how many of its jobs are in each state, and how many have ended."""
    batch, progress = await app.batches.show(batch_id)
    values = msgspec.structs.asdict(batch) | msgspec.structs.asdict(progress)
    return BatchProgress(**values)


@get(
    "/batches/{batch_id:str}/jobs",
    tags=["Jobs"],
    summary="Jobs of a batch",
    responses=refuses(404),
)
async def list_batch_jobs(
    app: App,
    batch_id: BatchId,
    in_state: Annotated[
        State | None, QueryParameter(name="state", description="In this state.")
    ] = None,
    page: PageNumber = 1,
    count: PageSize = 10,
) -> Jobs:
    """The jobs of a batch, a page at a time: unfinished ones first, then the newest that ended."""
    await app.batches.show(batch_id)
    return await page_of_jobs(app, Filter(batch=batch_id, state=in_state), page, count)


@delete(
    "/batches/{batch_id:str}",
    tags=["Jobs"],
    summary="Cancel a batch",
    status_code=200,
    responses=refuses(404),
)
async def cancel_batch(
    app: App,
    batch_id: BatchId,
    reason: Annotated[
        str, QueryParameter(description="Why; it is kept with each job.", max_length=1000)
    ] = "its batch was cancelled through the API",
    running: Annotated[
        bool, QueryParameter(description="Ask the jobs that run to stop, too.")
    ] = False,
) -> BatchCancellation:
    """End every job of a batch that has not begun. Those that run, run on, unless `running` asks
    them to stop. A batch that has ended stays as it is: both counts are 0.
    """
    return await app.batches.cancel(batch_id, reason, running=running)


ROUTES = [list_batches, read_batch, list_batch_jobs, cancel_batch]
