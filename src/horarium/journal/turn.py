"""Whose day is over: the step that a schedule takes every quarter of an hour, and days by hand.

All zones of today begin their days at a quarter of an hour, so that one schedule serves them all,
and a zone that somebody chooses needs none of its own. A turn asks who is due, by an index, and
writes all of their days that are over and not written yet: a turn that was missed is made up for by
the next one. It may run twice at once: owners are taken in turn, and a day written twice is the
same.

A worker records an outcome a moment after it came about, so a day is written when it has been over
for a while (`SETTLING`), and looked at once more together with the next one.
"""

from collections.abc import AsyncIterator, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
import structlog

from horarium.database import Connection, Database, statement
from horarium.errors import InvalidInput, NotFound
from horarium.journal.span import Span, next_span, span_of
from horarium.journal.writing import JournalNotWritten, Place, take, write_span
from horarium.reports import period_of

SETTLING = timedelta(minutes=1)
"""For how long a day is over when it is written."""

QUIET = timedelta(days=31)
"""Whose last job ended before, and who has no account, gets no more days of nothing."""

_ANYWHERE = timedelta(hours=38)
"""From the noon of a day in UTC to its beginning and its end in whichever zone."""

_YEARS = range(1970, 2200)
_PAGE = 500
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_log = structlog.get_logger()


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be written.

    Attributes:
        unowned: also the jobs that have no owner.
        zone: of the shop, as long as it has not settled one.
        now: the time; `None`: the database's.
    """

    place: Place
    unowned: bool = False
    zone: str = "UTC"
    now: datetime | None = None


class Written(msgspec.Struct, frozen=True):
    """What a turn has written: days of owners, and the jobs in them."""

    days: int
    jobs: int


class WrittenDay(msgspec.Struct, frozen=True):
    """A day of an owner that was written by hand. `final`: it was over."""

    owner: str | None
    day: date
    zone: str
    starts_at: datetime
    ends_at: datetime
    jobs: int
    final: bool


class _Owner(msgspec.Struct, frozen=True):
    owner: str | None
    written_until: datetime | None
    last_end_at: datetime | None
    zone: str
    shop_zone: str
    has_account: bool
    now: datetime
    last: Span | None


async def turn(database: Database, asked: Asked) -> Written:
    """Write every day that is over and not written yet.

    Raises:
        JournalNotWritten: some owners' days could not be; all others are.
    """
    await _note_owners(database, asked)
    days, jobs, refused = 0, 0, list[JournalNotWritten]()
    async for owner in _due(database, asked.now):
        try:
            async for count in _days_of(database, asked, owner):
                days, jobs = days + 1, jobs + count
        except JournalNotWritten as error:
            refused.append(error)
    if refused:
        raise JournalNotWritten(
            str(refused[0]) + ("" if len(refused) == 1 else f"; and {len(refused) - 1} owners more")
        )
    return Written(days, jobs)


async def write_day(
    database: Database, asked: Asked, day: date, owner: str | None = None, *, redo: bool = False
) -> list[WrittenDay]:
    """Write a day by hand, of one owner or of all that are known; one that is not over, so far.

    Raises:
        NotFound: nobody of this name has an account, or has ended a job lately; jobs without an
            owner are not written.
        InvalidInput: the day has not begun in the owner's zone, or that has no such day; of all
            owners only where it is none of anybody.
        JournalNotWritten: the disk does not take it.
    """
    if day.year not in _YEARS:
        raise InvalidInput("date", f"{day} is too far away; there is no job of that year")
    await _note_owners(database, asked, day)
    if owner is not None:
        if not _is_wanted(asked, owner):
            raise NotFound(
                "jobs without an owner are in no journal; HORARIUM_JOURNAL=all writes one for them"
            )
        return [await _by_hand(database, asked, owner, day, redo=redo)]
    written, refused = list[WrittenDay](), list[InvalidInput]()
    async for each in _all(database, asked):
        try:
            written.append(await _by_hand(database, asked, each, day, redo=redo))
        except InvalidInput as error:
            _log.info("an owner has no such day", owner=each, reason=str(error))
            refused.append(error)
    if refused and not written:
        raise refused[0]
    return written


async def unowned(connection: Connection, day: date, zone: str) -> int:
    """How many jobs ended on a day of a zone and have no owner."""
    period = period_of(day, "day", zone)
    count: int = await connection.fetchval(_sql("count_unowned"), period.starts_at, period.ends_at)
    return count


async def _days_of(database: Database, asked: Asked, owner: str) -> AsyncIterator[int]:
    """Write the days of an owner that are over, each in a transaction of its own."""
    again = True
    while True:
        async with database.transaction() as connection:
            await take(connection, owner)
            known = await _read(connection, asked, owner)
            if known.written_until is None:
                return  # forgotten meanwhile
            if _is_quiet(known) or not _is_wanted(asked, owner):
                await connection.execute(_sql("forget_owner"), owner)
                return
            span = next_span(known.written_until, known.zone, known.last)
            if span.ends_at + SETTLING > known.now:
                due_at = span.ends_at + SETTLING
                await connection.execute(_sql("advance_owner"), owner, known.written_until, due_at)
                return
            if again and known.last is not None and known.last.day < span.day:
                # Outcomes of the day before that were recorded too late for it.
                await _write(connection, asked, owner, known.last)
            again = False
            yield await _write(connection, asked, owner, span)
            await connection.execute(_sql("advance_owner"), owner, span.ends_at, _EPOCH)


async def _by_hand(
    database: Database, asked: Asked, owner: str, day: date, *, redo: bool
) -> WrittenDay:
    async with database.transaction() as connection:
        await take(connection, owner)
        known = await _read(connection, asked, owner)
        if known.written_until is None:
            raise NotFound(
                f"there is no account {owner[:255]!r}, and no job of such an owner ended lately"
            )
        span = await _span_by_hand(connection, owner, day, known.zone)
        if span.starts_at > known.now:
            raise InvalidInput("date", f"{day} has not begun in {span.zone}")
        final = span.ends_at + SETTLING <= known.now
        jobs = await _write(connection, asked, owner, span, final=final, redo=redo)
        return WrittenDay(owner or None, day, span.zone, span.starts_at, span.ends_at, jobs, final)


async def _write(connection: Connection, asked: Asked, owner: str, span: Span, **how: bool) -> int:
    how = {"final": True, **how}
    return await write_span(connection, asked.place, owner, span, now=asked.now, **how)


async def _span_by_hand(connection: Connection, owner: str, day: date, zone: str) -> Span:
    row = await connection.fetchrow(_sql("read_span"), owner, day)
    if row["span"] is not None:
        return Span(day, row["zone"], *row["span"])
    return span_of(day, zone, row["before"], row["after"])


async def _read(connection: Connection, asked: Asked, owner: str) -> _Owner:
    row = await connection.fetchrow(_sql("read_owner"), owner, asked.zone, asked.now)
    values = {name: row[name] for name in _Owner.__struct_fields__ if name != "last"}
    return _Owner(**{**values, "zone": _usable(row["zone"], row["shop_zone"])}, last=_last(row))


def _last(row: Mapping[str, Any]) -> Span | None:
    if row["last_day"] is None:
        return None
    return Span(row["last_day"], row["last_zone"], row["last_starts_at"], row["last_ends_at"])


def _usable(zone: str, shop_zone: str) -> str:
    """The zone, unless the zone data of today do not know it."""
    try:
        period_of(date(2000, 1, 1), "day", zone)
    except InvalidInput:
        return shop_zone
    return zone


def _is_wanted(asked: Asked, owner: str) -> bool:
    """Whether an owner is written of: nobody, who is known since they once were, may be no more."""
    return bool(owner) or asked.unowned


def _is_quiet(known: _Owner) -> bool:
    if known.has_account or not known.owner:
        return False
    return known.last_end_at is None or known.last_end_at < known.now - QUIET


async def _note_owners(database: Database, asked: Asked, day: date | None = None) -> None:
    async with database.transaction() as connection:
        await connection.execute(_sql("take_look"))
        await connection.execute(_sql("note_owners"), asked.now, asked.unowned)
        if day is not None:
            noon = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
            span = (noon - _ANYWHERE, noon + _ANYWHERE)
            await connection.execute(_sql("note_owners_of"), *span, asked.unowned)


async def _due(database: Database, now: datetime | None) -> AsyncIterator[str]:
    last, name = datetime(1, 1, 2, tzinfo=UTC), ""
    while True:
        async with database.connection() as connection:
            rows = await connection.fetch(_sql("due_owners"), now, last, name, _PAGE)
        for row in rows:
            yield row["owner"]
        if len(rows) < _PAGE:
            return
        last, name = rows[-1]["due_at"], rows[-1]["owner"]


async def _all(database: Database, asked: Asked) -> AsyncIterator[str]:
    async with database.connection() as connection:
        names = [row["owner"] for row in await connection.fetch(_sql("all_owners"))]
    for name in names:
        if _is_wanted(asked, name):
            yield name


def _sql(name: str) -> str:
    return statement(__package__, name)
