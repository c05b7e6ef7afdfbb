"""`horarium journal`: what was finished on a day, of each owner."""

import datetime as dt
from typing import TYPE_CHECKING, Any

from cyclopts import App

from horarium.cli.options import Flag, Json, PageNumber, PageSize
from horarium.cli.output import console, print_json, print_table
from horarium.errors import NotFound

if TYPE_CHECKING:
    from horarium.application import Horarium
    from horarium.journal import Journal


app = App(name="journal", help="What was finished on a day, of each owner, as files.")


@app.command
def write(
    *, date: dt.date, user: str | None = None, redo: Flag = False, json: Json = False
) -> None:
    """Write a day here and now, into this machine's folder. Writing it again changes nothing.

    A day that is not over is written so far; its end is added when it is.

    Parameters
    ----------
    date
        The day, such as 2026-11-20, by the clocks of each owner's zone.
    user
        Only this owner, ~nobody for jobs that have none; without it everybody.
    redo
        Write files anew that are there already.
    """
    from horarium.cli.opening import work
    from horarium.journal import owner_of, unowned

    async def act(a: "Horarium") -> Any:
        owner = None if user is None else owner_of(user)
        written = await _journal(a).write(date, owner, redo=redo)
        if user is not None or a.settings.journal == "all":
            return written, 0
        zone = await a.zone()
        async with a.database.connection() as connection:
            return written, await unowned(connection, date, zone)

    written, left_out = work(act)
    if json:
        print_json({"days": written, "without_owner": left_out})
        return
    print_table(
        None,
        ("owner", "day", "zone", ">jobs", "state"),
        ((_who(e.owner), e.day, e.zone, e.jobs, _state(e.final)) for e in written),
        "Nobody's journal is written: there are no accounts, and no job with an owner has ended.",
    )
    if left_out:
        jobs = "1 job has" if left_out == 1 else f"{left_out:,} jobs have"
        console().print(
            f"{jobs} no owner and no journal; HORARIUM_JOURNAL=all writes one for them too.",
            markup=False,
        )


@app.command
def show(
    *,
    date: dt.date | None = None,
    user: str | None = None,
    page: PageNumber = 1,
    count: PageSize = 31,
    json: Json = False,
) -> None:
    """Show which days were written; of one day whose; of one owner and day what was finished.

    Parameters
    ----------
    date
        The day.
    user
        The owner; ~nobody for jobs that have none.
    """
    from horarium.cli.opening import work

    if date is None:
        _show_days(work(lambda a: _days(a, user, page, count)), json=json)
    elif user is None:
        _show_owners(work(lambda a: _owners(a, date, page, count)), json=json)
    else:
        _show_index(work(lambda a: _index(a, date, user, page, count)), json=json)


async def _days(a: "Horarium", user: str | None, page: int, count: int) -> Any:
    from horarium.journal import days, owner_of

    async with a.database.connection() as connection:
        owner = None if user is None else owner_of(user)
        return await days(connection, owner, page=page, count=count)


async def _owners(a: "Horarium", day: dt.date, page: int, count: int) -> Any:
    from horarium.journal import owners_of

    async with a.database.connection() as connection:
        return (await owners_of(connection, day, page=page, count=count))[0]


async def _index(a: "Horarium", day: dt.date, user: str, page: int, count: int) -> Any:
    from horarium.journal import folder_name, owner_of, read_index

    journal, owner = _journal(a), owner_of(user)
    index = read_index(journal.folder, day, owner, page=page, count=count)
    return index, journal.folder / str(day) / folder_name(owner)


def _show_days(found: Any, *, json: bool) -> None:
    if json:
        print_json(found)
        return
    print_table(
        None,
        ("day", ">owners", ">jobs", "state"),
        ((each.day, each.owners, each.jobs, _state(each.final)) for each in found),
        "No day has been written yet; each is when it is over, and by hand: horarium journal write",
    )


def _show_owners(found: Any, *, json: bool) -> None:
    if json:
        print_json(found)
        return
    print_table(
        None,
        ("owner", "zone", "from", "until", ">jobs", "state"),
        ((_who(e.owner), e.zone, e.starts_at, e.ends_at, e.jobs, _state(e.final)) for e in found),
        "There is no such page.",
    )


def _show_index(found: Any, *, json: bool) -> None:
    index, folder = found
    if json:
        print_json({"day": index.header, "entries": index.entries, "folder": str(folder)})
        return
    header = index.header
    console().print(f"{header.day} in {header.zone}: {header.note}.\n{folder}\n", markup=False)
    if index.entries:
        print_table(
            None,
            ("ended", "state", "task", ">attempts", "job"),
            ((e.updated_at, e.state, e.task, e.attempts, e.id) for e in index.entries),
            "",
        )


def _journal(a: "Horarium") -> "Journal":
    if a.journal is None:
        raise NotFound("this application was made without the built-in tasks, and has no journal")
    return a.journal


def _who(owner: str | None) -> str:
    return "(nobody)" if owner is None else owner


def _state(final: bool) -> str:
    return "whole" if final else "so far"
