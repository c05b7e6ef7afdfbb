"""Firings on their way into the book: the jobs they make, and the rows they become."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

import msgspec

from horarium.clock import Clock
from horarium.database import Connection, statement
from horarium.engine.jobs import limits
from horarium.engine.jobs.job import NewJob
from horarium.engine.schedules.firing import Decided, without
from horarium.engine.schedules.schedule import Kept, Schedule, course_of, unreadable

BACKFILL = "backfill"
"""Why a firing was decided that a backfill made; the label of its job, which says the same."""


class Fired(NamedTuple):
    """A firing as it was recorded."""

    schedule: str
    firing: Decided
    job: str | None


def call(schedule: Schedule, firing: Decided) -> NewJob:
    """The job that a firing makes; its labels say which span it covers, and if it is backfilled."""
    labels = msgspec.json.decode(schedule.labels, type=dict)
    if firing.covers is not None:
        labels["covers_from"], labels["covers_until"] = firing.covers
    if firing.reason == BACKFILL:
        labels[BACKFILL] = True
    job = msgspec.structs.replace(
        call_beside(schedule),
        labels=msgspec.json.encode(labels) if labels else None,
        due_at=firing.not_before,
        fired_for=firing.due_at,
    )
    return job if schedule.job_id is None else msgspec.structs.replace(job, id=schedule.job_id)


def call_beside(schedule: Schedule) -> NewJob:
    """The job of a call that no due time asks for."""
    return NewJob(
        task=schedule.task,
        queue=schedule.queue,
        priority=schedule.priority,
        arguments=bytes(schedule.arguments),
        labels=bytes(schedule.labels),
        owner=schedule.owner,
        limits=limits.encode(schedule.limits),
        schedule=schedule.id,
    )


def kept_of(row: Any) -> Kept:
    """A row of schedules; a definition that cannot be read is shown as such."""
    values = dict(row)
    id, task, definition = values.pop("id"), values.pop("task"), values.pop("definition")
    try:
        schedule = decode(definition)
    except (msgspec.MsgspecError, ValueError):
        schedule = unreadable(id, task)
    return Kept(schedule=schedule, **values)


def decode(definition: bytes) -> Schedule:
    """A schedule as it is stored."""
    return _decoder.decode(definition)


async def record(
    connection: Connection,
    clock: Clock,
    firings: Sequence[tuple[str, int, Decided, str | None]],
    scheduler: str,
) -> set[tuple[str, datetime]]:
    """Record firings of (schedule, version, decided, job); returns those that had none before."""
    rows = await connection.fetch(
        _sql("record"),
        [schedule for schedule, _, _, _ in firings],
        [firing.due_at for _, _, firing, _ in firings],
        [version for _, version, _, _ in firings],
        [firing.outcome for _, _, firing, _ in firings],
        [firing.reason for _, _, firing, _ in firings],
        [firing.count for _, _, firing, _ in firings],
        [firing.due_until for _, _, firing, _ in firings],
        [firing.covers and firing.covers[0] for _, _, firing, _ in firings],
        [firing.covers and firing.covers[1] for _, _, firing, _ in firings],
        [job for _, _, _, job in firings],
        clock(),
        scheduler,
    )
    return {(row["schedule"], row["due_at"]) for row in rows}


async def record_row(
    connection: Connection, clock: Clock, schedule: Schedule, version: int, row: Decided, by: str
) -> None:
    """Record a row of due times, around those in it that a backfill has filled already."""
    pieces = await around_filled(connection, schedule, [row])
    await record(connection, clock, [(schedule.id, version, piece, None) for piece in pieces], by)


async def around_filled(
    connection: Connection, schedule: Schedule, firings: Sequence[Decided]
) -> list[Decided]:
    """Firings whose rows leave out the due times that have a firing of their own already."""
    start, end = firings[0].due_at, firings[-1].due_until or firings[-1].due_at
    filled = await connection.fetch(_sql("filled"), schedule.id, start, end)
    taken = [row["due_at"] for row in filled]
    course = course_of(schedule)
    return [
        piece
        for firing in firings
        for piece in (without(firing, course, taken) if firing.count > 1 else [firing])
    ]


def _sql(name: str) -> str:
    return statement(__package__, name)


_decoder = msgspec.json.Decoder(Schedule)
