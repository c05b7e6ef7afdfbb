"""Queues over HTTP: what waits in each, pausing and resuming."""

from typing import Annotated

import msgspec
from litestar import get, post
from litestar.params import JSONBody, PathParameter

from horarium.engine import Queue
from horarium.shop import Page
from horarium.web.api.parameters import App, PageNumber, PageSize, page_of, refuses

Name = Annotated[str, PathParameter(description="The queue's name.")]


class Queues(Page[Queue], frozen=True):
    """A page of queues; `total` counts those of all pages."""


class Pause(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why a queue is paused."""

    note: (
        Annotated[str, msgspec.Meta(max_length=1000, examples=["the mail server is down"])] | None
    ) = None


@get("/queues", tags=["Operation"], summary="List queues", responses=refuses())
async def list_queues(app: App, page: PageNumber = 1, count: PageSize = 100) -> Queues:
    """Every queue that is paused, has unfinished jobs, or is one that a live worker names: its jobs
    by state, since when the one that waits longest could have run, and how many workers listen.
    """
    return page_of(Queues, await app.queues.all(), page, count)


@get("/queues/{name:str}", tags=["Operation"], summary="Read a queue", responses=refuses(404))
async def read_queue(app: App, name: Name) -> Queue:
    """One queue. One that no job, worker or pause names is 404."""
    return await app.queues.show(name)


@post(
    "/queues/{name:str}/pause",
    tags=["Operation"],
    summary="Pause a queue",
    status_code=200,
    responses=refuses(404, body=True),
)
async def pause_queue(app: App, name: Name, data: JSONBody[Pause]) -> Queue:
    """Hand out no more jobs of a queue; what runs, runs on, and new jobs wait. It need not exist
    yet. One that is paused already gets the new note.
    """
    return await app.queues.pause(name, data.note)


@post(
    "/queues/{name:str}/resume",
    tags=["Operation"],
    summary="Resume a queue",
    status_code=200,
    responses=refuses(404),
)
async def resume_queue(app: App, name: Name) -> Queue:
    """Hand out the jobs of a queue again; its workers are woken. One that is not paused stays as
    it is, one that nobody knows is 404.
    """
    return await app.queues.resume(name)


ROUTES = [list_queues, read_queue, pause_queue, resume_queue]
