"""Proving what the book says: reading what was due and what became of it, schedule by schedule."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import msgspec

from horarium.database import Connection, statement
from horarium.engine.schedules.book import Book
from horarium.engine.schedules.firing import Outcome
from horarium.engine.schedules.proof import History, Proof, Recorded, Version, compare
from horarium.engine.schedules.record import decode
from horarium.engine.schedules.schedule import unreadable
from horarium.errors import InvalidInput

_AT_ONCE = 200


class Span(NamedTuple):
    """What is to be proved of one schedule: the due times after `start` up to `end`."""

    schedule: str
    start: datetime
    end: datetime
    decided_until: datetime


async def prove(
    book: Book, start: datetime, end: datetime, schedule: str | None = None
) -> AsyncIterator[Proof]:
    """Prove every schedule, or one, for the due times after `start` up to `end`.

    Due times whose firings are not kept any more are left out.

    Raises:
        InvalidInput: the span is empty.
    """
    if start >= end:
        raise InvalidInput("until", "the span of a proof ends before it begins")
    connection = await book.database.acquire()
    try:
        # One moment's view, though schedulers go on.
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            kept_from, _ = await horizon(connection)
            start, after = max(start, kept_from or start), ""
            end = max(start, end)
            while rows := await connection.fetch(
                _sql("prove_schedules"), schedule, after, _AT_ONCE
            ):
                spans = [Span(row["id"], start, end, row["decided_until"]) for row in rows]
                for history in await histories(connection, spans):
                    yield compare(history, start, end)
                after = rows[-1]["id"]
    finally:
        await book.database.release(connection)


async def horizon(connection: Connection) -> tuple[datetime | None, datetime | None]:
    """Since when firings are kept, and since when the present zone data is in use."""
    row = await connection.fetchrow(_sql("horizon"))
    return (None, None) if row is None else (row["firings_from"], row["zone_data_from"])


async def histories(connection: Connection, spans: Sequence[Span]) -> list[History]:
    """All that is recorded of schedules for their spans."""
    asked = _columns(spans)
    _, zone_data_from = await horizon(connection)
    versions = _by_schedule(await connection.fetch(_sql("prove_versions"), *asked))
    firings = _by_schedule(await connection.fetch(_sql("prove_firings"), *asked))
    doubled = _by_schedule(await connection.fetch(_sql("prove_jobs"), *asked))
    return [
        History(
            schedule=span.schedule,
            versions=[_version(each) for each in versions.get(span.schedule, ())],
            firings=[_recorded(each) for each in firings.get(span.schedule, ())],
            decided_until=span.decided_until,
            doubled_jobs=[each["fired_for"] for each in doubled.get(span.schedule, ())],
            former_zone_data_until=zone_data_from,
        )
        for span in spans
    ]


def _columns(spans: Sequence[Span]) -> tuple[list[str], list[datetime], list[datetime]]:
    return (
        [span.schedule for span in spans],
        [span.start for span in spans],
        [span.end for span in spans],
    )


def _by_schedule(rows: Sequence[Any]) -> Mapping[str, list[Any]]:
    sorted_out: dict[str, list[Any]] = {}
    for row in rows:
        sorted_out.setdefault(row["schedule"], []).append(row)
    return sorted_out


def _version(row: Any) -> Version:
    try:
        schedule = decode(row["definition"])
    except (msgspec.MsgspecError, ValueError):
        schedule = unreadable(row["schedule"], row["task"])
    return Version(schedule, row["effective_from"], row["effective_until"])


def _recorded(row: Any) -> Recorded:
    return Recorded(
        row["due_at"], Outcome(row["outcome"]), row["reason"], row["count"], row["due_until"]
    )


def _sql(name: str) -> str:
    return statement(__package__, name)
