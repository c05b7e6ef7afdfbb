"""An edition: many schedules put into the book as one, and the plan of what that would do.

Applying is all or nothing. New schedules go in by the thousand; those that are there already are
compared, and only what differs becomes a new version, by the same way as a single edit. With
`prune` what the edition's maker put there before and leaves out now is retired.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

import msgspec

from horarium.database import Connection, statement
from horarium.engine.schedules.book import SCHEDULES_CHANNEL, Book
from horarium.engine.schedules.plan import Plan, plan
from horarium.engine.schedules.record import kept_of
from horarium.engine.schedules.schedule import (
    Kept,
    Origin,
    Schedule,
    check,
    completed,
    decided_until_of,
    same,
)
from horarium.errors import Conflict, InvalidInput

_AT_ONCE = 2000
_WEEK = timedelta(days=7)


class Edition(msgspec.Struct, frozen=True, kw_only=True):
    """Schedules that belong together.

    Attributes:
        origin, app: who makes them; `app` names the application, or the set of a file.
        prune: retire what this origin and app put there before and leaves out now.
    """

    schedules: Sequence[Schedule]
    origin: Origin
    app: str | None = None
    prune: bool = False


class ChangeKind(StrEnum):
    """What applying an edition does to one schedule."""

    ADD = "add"
    CHANGE = "change"
    KEEP = "keep"
    REMOVE = "remove"


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """What an edition does to one schedule.

    Attributes:
        version: the one that is there now; `None`: none is.
        plan: the due times that appear and vanish; `None` where nothing changes, or it is removed.
    """

    id: str
    change: ChangeKind
    version: int | None
    plan: Plan | None = None


class Applied(NamedTuple):
    """How many schedules an edition added, changed, left as they were, and retired."""

    added: int
    changed: int
    kept: int
    removed: int


async def planned(book: Book, edition: Edition, span: timedelta = _WEEK) -> list[Change]:
    """What applying an edition would do, in the order of ids.

    Args:
        span: how far to compare due times.

    Raises:
        InvalidInput: it cannot be applied; the field begins with the schedule's id.
    """
    _check_edition(edition)
    async with book.database.transaction() as connection:
        now = await book.now(connection)
        present = await _present(connection, [each.id for each in edition.schedules])
        changes = [_change(present.get(s.id), s, now, span) for s in edition.schedules]
        left_out = await _present(connection, await _left_out(connection, edition))
    changes += [
        Change(id=id, change=ChangeKind.REMOVE, version=kept.version)
        for id, kept in left_out.items()
    ]
    return sorted(changes, key=lambda each: each.id)


async def apply(
    book: Book, edition: Edition, expected: Mapping[str, int | None] | None = None
) -> Applied:
    """Put an edition into the book, all of it or nothing.

    Args:
        expected: versions as a plan showed them, by id; `None` for what was not there.

    Raises:
        InvalidInput: a schedule cannot be kept; the field begins with its id.
        Conflict: what is there is not what `expected` says.
    """
    _check_edition(edition)
    async with book.database.transaction() as connection:
        await connection.execute(statement(__package__, "turn"), f"apply {edition.app}")
        await _check_expected(connection, expected or {})
        added, changed = await put_many(book, edition.schedules, edition.origin, edition.app)
        left_out = await _left_out(connection, edition)
        for id in left_out:
            where = "the code" if edition.origin == "code" else edition.app
            await book.retire(id, f"it is no longer in {where}", edition.origin)
    kept = len(edition.schedules) - added - changed
    return Applied(added, changed, kept, len(left_out))


async def synchronise(book: Book, schedules: Sequence[Schedule], app: str) -> Applied:
    """Make the code's schedules what the book says of this application.

    A changed rule becomes a new version; one that vanished from the code is retired. Of several
    that synchronise at once, each waits for the one before.
    """
    return await apply(book, Edition(schedules=schedules, origin="code", app=app, prune=True))


async def put_many(
    book: Book, schedules: Sequence[Schedule], origin: Origin, app: str | None = None
) -> tuple[int, int]:
    """Put many schedules at once, all or none; returns how many are new and how many changed.

    Raises:
        InvalidInput: one cannot be kept; the field begins with its id.
    """
    schedules = sorted(schedules, key=lambda each: each.id)  # two that do so never wait in a circle
    added = changed = 0
    async with book.database.transaction() as connection:
        for start in range(0, len(schedules), _AT_ONCE):
            batch = schedules[start : start + _AT_ONCE]
            present = await _present(connection, [each.id for each in batch])
            new = await _add(
                connection, book, [s for s in batch if s.id not in present], origin, app
            )
            added += len(new)
            for each in batch:
                if each.id not in new and _differs(present.get(each.id), each):
                    await _put(book, each, origin, app)
                    changed += 1
        if added:
            await connection.execute(
                statement(__package__, "ring"), SCHEDULES_CHANNEL, schedules[0].id
            )
    return added, changed


async def _add(
    connection: Connection,
    book: Book,
    schedules: Sequence[Schedule],
    origin: Origin,
    app: str | None,
) -> set[str]:
    """Add new schedules; returns the ids of those that nobody else added meanwhile."""
    if not schedules:
        return set()
    now = await book.now(connection)
    rows = list(zip(*(_row(each, now) for each in schedules), strict=True))
    added = await connection.fetch(statement(__package__, "put_many"), origin, app, *rows, now)
    return {row["id"] for row in added}


class _Row(NamedTuple):
    id: str
    task: str
    definition: bytes
    decided_until: datetime
    next_due_at: datetime | None
    next_fire_at: datetime | None


def _row(schedule: Schedule, now: datetime) -> _Row:
    schedule = completed(schedule, None, now)
    with _named(schedule.id):
        course = check(schedule)
    decided_until = decided_until_of(schedule.timetable, now)
    next_due_at, next_fire_at = course.upcoming(decided_until)
    definition = _encoder.encode(schedule)
    return _Row(schedule.id, schedule.task, definition, decided_until, next_due_at, next_fire_at)


async def _put(book: Book, schedule: Schedule, origin: Origin, app: str | None) -> None:
    with _named(schedule.id):
        await book.put(schedule, origin, app)


def _differs(kept: Kept | None, schedule: Schedule) -> bool:
    if kept is None or kept.state in ("retired", "parked"):
        return True
    return not same(kept.schedule, completed(schedule, kept.schedule, kept.decided_until))


def _change(kept: Kept | None, schedule: Schedule, now: datetime, span: timedelta) -> Change:
    with _named(schedule.id):
        difference = plan(kept, schedule, now, span)
    if kept is None or kept.state == "retired":
        kind = ChangeKind.ADD
    else:
        kind = ChangeKind.CHANGE if _differs(kept, schedule) else ChangeKind.KEEP
    return Change(
        id=schedule.id,
        change=kind,
        version=None if kept is None else kept.version,
        plan=None if kind is ChangeKind.KEEP else difference,
    )


async def _present(connection: Connection, ids: Sequence[str]) -> dict[str, Kept]:
    rows = await connection.fetch(statement(__package__, "present"), ids)
    return {row["id"]: kept_of(row) for row in rows}


async def _left_out(connection: Connection, edition: Edition) -> list[str]:
    if not edition.prune:
        return []
    ids = [each.id for each in edition.schedules]
    vanished = statement(__package__, "vanished")
    rows = await connection.fetch(vanished, edition.app, ids, edition.origin)
    return sorted(row["id"] for row in rows)


async def _check_expected(connection: Connection, expected: Mapping[str, int | None]) -> None:
    present = await _present(connection, list(expected))
    for id, version in expected.items():
        there = present[id].version if id in present else None
        if there != version:
            raise Conflict(
                f"schedule {id!r} has changed since it was planned: it is at version "
                f"{there or 'none'}, and was at {version or 'none'}; plan again"
            )


def _check_edition(edition: Edition) -> None:
    if edition.prune and not edition.app:
        raise InvalidInput("prune", "it takes the name of the set whose others are to be retired")
    seen = set[str]()
    for each in edition.schedules:
        if each.id in seen:
            raise InvalidInput(each.id, "it is there twice; an id names one schedule")
        seen.add(each.id)


class _named:  # noqa: N801 - reads as a phrase: with _named(id)
    """Say of which schedule a refusal is."""

    def __init__(self, id: str) -> None:
        self._id = id

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, InvalidInput):
            raise InvalidInput(f"{self._id}, {error.field}", error.reason) from None


_encoder = msgspec.json.Encoder()
