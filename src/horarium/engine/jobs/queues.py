"""Queues: what waits in each, and pausing one.

A paused queue takes jobs in and hands none out: workers pass it over when they claim. What is
running goes on. Only paused queues have a row; a queue exists as soon as somebody names it.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from horarium.clock import Clock, database_clock
from horarium.database import Database, statement
from horarium.engine.jobs import gate
from horarium.engine.jobs.channels import JOBS_CHANNEL
from horarium.engine.jobs.job import FINAL, State
from horarium.engine.jobs.storable import check_name
from horarium.errors import InvalidInput, NotFound

MOST_NOTE = 1000
"""Characters of a note."""


class Queue(msgspec.Struct, frozen=True, kw_only=True):
    """A queue, as the ledger shows it.

    Attributes:
        states: how many unfinished jobs are in each state.
        oldest_due_at: since when the job that waits longest could have run.
        paused_at, note: when it was paused, and why; `None`: it is not.
        workers: live workers that listen to it.
    """

    name: str
    states: dict[State, int]
    oldest_due_at: datetime | None
    paused_at: datetime | None
    note: str | None
    workers: int


class Queues:
    """Statements on queues; it holds no state of its own."""

    def __init__(self, database: Database, clock: Clock = database_clock) -> None:
        self.database = database
        self.clock = clock

    async def all(self) -> list[Queue]:
        """Every queue that is paused, has unfinished jobs, or is one that a live worker names."""
        async with self.database.connection() as connection:
            rows = await connection.fetch(_sql("queues"), None, self.clock())
        return [_queue(row) for row in rows]

    async def show(self, name: str) -> Queue:
        """One queue.

        Raises:
            NotFound: nobody knows of it.
        """
        check_name("queue", name)
        async with self.database.connection() as connection:
            row = await connection.fetchrow(_sql("queues"), name, self.clock())
        if row is None:
            raise NotFound(f"there is no queue {name!r}: no job, worker or pause names it")
        return _queue(row)

    async def pause(self, name: str, note: str | None = None) -> Queue:
        """Hand out no more of its jobs; one that is paused already gets the new note.

        Raises:
            InvalidInput: no queue can have this name, or the note is too long.
        """
        check_name("queue", name)
        if note is not None and (len(note) > MOST_NOTE or "\0" in note):
            raise InvalidInput("note", f"it takes up to {MOST_NOTE} characters, none of them NUL")
        async with self.database.transaction() as connection:
            await connection.execute(_sql("pause"), name, note or None, self.clock())
            # Some of its jobs may have had a turn, for which others wait elsewhere.
            await gate.sweep(connection)
            return await self.show(name)

    async def resume(self, name: str) -> Queue:
        """Hand out its jobs again, and wake its workers; one that is not paused stays as it is.

        Raises:
            NotFound: nobody knows of this queue.
        """
        async with self.database.transaction() as connection:
            queue = await self.show(name)
            await connection.execute(_sql("resume"), name, JOBS_CHANNEL)
            # Some of its jobs may wait for a turn that was passed on over them.
            await gate.sweep(connection)
        return msgspec.structs.replace(queue, paused_at=None, note=None)


def _queue(row: Mapping[str, Any]) -> Queue:
    return Queue(
        states={state: row[state] or 0 for state in State if state not in FINAL},
        **{name: row[name] for name in ("name", "oldest_due_at", "paused_at", "note", "workers")},
    )


def _sql(name: str) -> str:
    return statement(__package__, name)
