"""The journal over HTTP: what was finished on a day, of the asking account or of everybody."""

import asyncio
import datetime as dt
from collections.abc import AsyncIterator, Callable
from functools import partial
from pathlib import Path
from typing import Annotated, Any, BinaryIO, TypeVar
from urllib.parse import quote

import msgspec
from litestar import Request, get
from litestar.exceptions import HTTPException
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import PathParameter
from litestar.response import Stream

from horarium import journal
from horarium.accounts import Role
from horarium.application import Horarium
from horarium.errors import InvalidInput, NotFound
from horarium.shop import Page
from horarium.web.api.parameters import App, PageNumber, PageSize, checked_day, refuses
from horarium.web.entrance import visitor_of
from horarium.web.paths import root_of

Found = TypeVar("Found")
Day = Annotated[str, PathParameter(description="The day, such as 2010-12-01.")]
Owner = Annotated[
    str, PathParameter(description="The owner's name; `~nobody`: jobs that have no owner.")
]
File = Annotated[
    str, PathParameter(description="As an index names it; `index.jsonl` is the index itself.")
]
KIND = "application/jsonl"


class OwnersDay(msgspec.Struct, frozen=True):
    """A day of an owner: by the clocks of `zone`, and how many jobs were finished in it. `owner` is
    null for jobs that have none. `final`: the day was over when it was written.
    """

    owner: str | None
    day: dt.date
    zone: str
    starts_at: dt.datetime
    ends_at: dt.datetime
    jobs: int
    final: bool
    written_at: dt.datetime
    href: str


class JournalDay(Page[OwnersDay], frozen=True):
    """A page of owners; `total` counts those of all pages."""


class Finished(msgspec.Struct, frozen=True):
    """A job that was finished on a day. `updated_at` is when; `href` leads to all of it."""

    id: str
    task: str
    state: str
    attempts: int
    updated_at: dt.datetime
    file: str
    href: str


class JournalIndex(msgspec.Struct, frozen=True, kw_only=True):
    """A day of an owner, and a page of what was finished in it, in the order of the jobs' ids."""

    owner: str | None
    day: dt.date
    zone: str
    starts_at: dt.datetime
    ends_at: dt.datetime
    final: bool
    note: str
    succeeded: int
    failed: int
    cancelled: int
    items: list[Finished]
    total: int
    page: int
    count: int


@get("/journal/{date:str}", tags=["Journal"], summary="Journal of a day", responses=refuses(404))
async def read_journal_day(
    request: Request[Any, Any, Any],
    app: App,
    date: Day,
    page: PageNumber = 1,
    count: PageSize = 100,
) -> JournalDay:
    """Whose jobs were finished that day, and how many: of the asking account; of everybody,
    if it is an admin's or the server asks nobody who they are.
    """
    day = _day(date)
    owner = _own(request)
    async with app.database.connection() as connection:
        found, total = await journal.owners_of(connection, day, owner, page=page, count=count)
    items = [
        OwnersDay(**msgspec.structs.asdict(each), href=_href(request, day, each.owner))
        for each in found
    ]
    return JournalDay(items, total, page, count)


@get(
    "/journal/{date:str}/{owner:str}",
    tags=["Journal"],
    summary="Journal of an owner",
    responses=refuses(404),
)
async def read_journal(
    request: Request[Any, Any, Any],
    app: App,
    date: Day,
    owner: Owner,
    page: PageNumber = 1,
    count: PageSize = 100,
) -> JournalIndex:
    """What an owner's jobs came to on a day, one page at a time. Another's journal is an admin's to
    read: 403.
    """
    day = _day(date)
    name = _allowed(request, owner)
    look = partial(journal.read_index, _root(app), day, name, page=page, count=count)
    index = await _found(app, day, name, look)
    header = msgspec.structs.asdict(index.header)
    total = header.pop("jobs")
    items = [
        Finished(
            **msgspec.structs.asdict(each), href=_href(request, day, header["owner"], each.file)
        )
        for each in index.entries
    ]
    return JournalIndex(**header, items=items, total=total, page=page, count=count)


@get(
    "/journal/{date:str}/{owner:str}/{file:str}",
    tags=["Journal"],
    summary="File of a journal",
    media_type=KIND,
    responses={
        200: ResponseSpec(bytes, generate_examples=False, media_type=KIND, description="The file"),
        **refuses(404),
    },
)
async def read_journal_file(
    request: Request[Any, Any, Any], app: App, date: Day, owner: Owner, file: File
) -> Stream:
    """A file of the journal as it was written: JSON, one value on each line. That of a job has a
    line for the job and one for each of its runs.
    """
    day = _day(date)
    name = _allowed(request, owner)
    opened = await _found(app, day, name, partial(journal.open_file, _root(app), day, name, file))
    headers = {"Content-Disposition": f'attachment; filename="{file}"'}
    return Stream(_pieces(opened), media_type=KIND, headers=headers)


async def _found(app: Horarium, day: dt.date, owner: str, look: Callable[[], Found]) -> Found:
    """What is in the folder here; where it is missing, that it is on another machine, if it is."""
    try:
        return await asyncio.to_thread(look)
    except NotFound:
        async with app.database.connection() as connection:
            said = await journal.elsewhere(connection, _root(app), day, owner)
        if said is None:
            raise
        raise NotFound(said) from None


async def _pieces(file: BinaryIO) -> AsyncIterator[bytes]:
    try:
        while content := await asyncio.to_thread(file.read, 2**16):
            yield content
    finally:
        file.close()


def _day(text: str) -> dt.date:
    try:
        return checked_day("date", msgspec.convert(text, dt.date))
    except msgspec.ValidationError:
        reason = f"{text[:60]!r} is no day; it takes a date such as 2010-12-01"
        raise InvalidInput("date", reason) from None


def _own(request: Request[Any, Any, Any]) -> str | None:
    """The one owner whose journal may be read; `None`: everybody's."""
    visitor = visitor_of(request)
    return None if visitor is None or visitor.role.may(Role.ADMIN) else visitor.name


def _allowed(request: Request[Any, Any, Any], owner: str) -> str:
    own = _own(request)
    if own is not None and owner != own:
        detail = f"the journal of {owner[:100]} is not yours, {own}; an admin may read it"
        raise HTTPException(detail=detail, status_code=403)
    return journal.owner_of(owner)


def _root(app: Horarium) -> Path:
    if app.journal is None:
        raise NotFound("this application was made without the built-in tasks, and has no journal")
    return app.journal.folder


def _href(
    request: Request[Any, Any, Any], day: dt.date, owner: str | None, file: str | None = None
) -> str:
    parts = (str(day), owner or journal.NOBODY, *(() if file is None else (file,)))
    return "/".join([f"{root_of(request)}/journal", *(quote(part, safe="~") for part in parts)])


ROUTES = [read_journal_day, read_journal, read_journal_file]
