"""Batches: compositions in the ledger, how far they have come, and their end.

A batch is a row that never changes, and jobs that name it. How far it has come is counted from
them, by an index that ordinary jobs are not in: a counter would be one row that all who finish jobs
of the batch have to wait for.
"""

from collections import Counter
from collections.abc import AsyncIterable, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec

from horarium.clock import transaction_time
from horarium.database import Connection, statement
from horarium.engine.jobs import dependents, gate
from horarium.engine.jobs.acceptance import job_rows
from horarium.engine.jobs.channels import CANCEL_CHANNEL, FINISHED_CHANNEL
from horarium.engine.jobs.composition import After
from horarium.engine.jobs.dependents import Member, despite_deadlock
from horarium.engine.jobs.ending import worded
from horarium.engine.jobs.job import State
from horarium.engine.jobs.ledger import Ledger
from horarium.engine.jobs.storable import check_name
from horarium.errors import Conflict, NotFound


class Kind(StrEnum):
    """What a batch was sent as."""

    CHAIN = "chain"
    GROUP = "group"
    CHORD = "chord"


class Batch(msgspec.Struct, frozen=True, kw_only=True):
    """A composition that was enqueued; `total` counts its jobs."""

    id: str
    kind: Kind
    name: str | None
    owner: str | None
    total: int
    created_at: datetime


class BatchProgress(msgspec.Struct, frozen=True, kw_only=True):
    """How far a batch has come.

    Attributes:
        done: jobs that have ended, whatever they ended with.
        states: how many jobs are in each state; ended ones that are not kept any more are in none.
        share: `done` of `total`, 0 to 1.
        ended_at: when the last of those that are kept ended; `None`: some have not ended.
    """

    total: int
    done: int
    states: dict[State, int]
    share: float
    ended_at: datetime | None


class BatchCancellation(msgspec.Struct, frozen=True):
    """How many jobs of a batch ended as cancelled, and how many that run were asked to stop."""

    cancelled: int
    asked_to_stop: int


class Batches:
    """Statements on the table of batches and their jobs; it holds no state of its own."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._database = ledger.database

    async def record(
        self,
        id: str,
        kind: Kind,
        members: AsyncIterable[Sequence[Member]],
        *,
        name: str | None = None,
        owner: str | None = None,
    ) -> int:
        """Record a batch, all of it or nothing; returns how many jobs it has.

        Args:
            members: its jobs, some at a time; none comes before one that it waits for.

        Raises:
            Conflict: one of the ids is unfinished already.
            InvalidInput: a field that the ledger cannot keep.
        """
        for field, text in (("name", name), ("owner", owner)):
            if text is not None:
                check_name(field, text)
        total = 0
        async with self._database.transaction() as connection:
            now = await transaction_time(self._ledger.clock, connection)
            async for some in members:
                await self._record(connection, id, some, now)
                total += len(some)
            await connection.execute(_sql("batch_record"), id, kind, name, owner, total, now)
        return total

    async def _record(
        self, connection: Connection, batch: str, members: Sequence[Member], now: datetime
    ) -> None:
        rows = list(job_rows((each.job for each in members), now, set()))
        new = await dependents.record(connection, members, rows, batch)
        if len(new) < len(members):
            count = Counter(each.job.id for each in members)
            there = next(id for id, times in count.items() if times > 1 or id not in new)
            raise Conflict(f"a job {there!r} is in the ledger already, or twice in the batch")

    async def require(self, after: After) -> After:
        """The jobs that a batch is to wait for; see `dependents.require`."""
        async with self._database.connection() as connection:
            return await dependents.require(connection, after)

    async def show(self, id: str) -> tuple[Batch, BatchProgress]:
        """A batch, and how far it has come.

        Raises:
            NotFound: there is no such batch.
        """
        async with self._database.connection() as connection:
            row = await connection.fetchrow(_sql("batch_show"), id)
        if row is None:
            raise NotFound(f"there is no batch {id!r} in the ledger")
        return _batch(row), _progress(row)

    async def page(
        self, *, owner: str | None = None, page: int = 1, count: int = 10
    ) -> tuple[list[Batch], int]:
        """A page of batches, newest first, and how many there are in all."""
        async with self._database.connection() as connection:
            rows = await connection.fetch(_sql("batch_list"), owner, count, (page - 1) * count)
            total = await connection.fetchval(_sql("batch_count"), owner)
        return [_batch(row) for row in rows], total

    async def unfinished(self, id: str) -> str | None:
        """A job of the batch that has not ended; `None`: all have."""
        async with self._database.connection() as connection:
            found: str | None = await connection.fetchval(_sql("batch_unfinished"), id)
        return found

    async def cancel(self, id: str, reason: str, *, running: bool = False) -> BatchCancellation:
        """End all jobs of a batch that do not run; those that run, run on.

        Args:
            running: ask those that run to stop.

        Raises:
            NotFound: there is no such batch.
        """
        await self.show(id)
        return await despite_deadlock(lambda: self._cancel(id, reason, running=running))

    async def _cancel(self, id: str, reason: str, *, running: bool) -> BatchCancellation:
        error = worded("Cancelled", reason).decode()
        async with self._database.transaction() as connection:
            clock = self._ledger.clock
            row = await connection.fetchrow(_sql("batch_cancel"), id, error, clock())
            ended = [(each, State.CANCELLED.value) for each in row["followed"]]
            await dependents.end(connection, ended, clock)
            await connection.execute(_sql("wake"), FINISHED_CHANNEL, row["awaited"])
            for key in sorted(row["keys"]):
                await gate.pass_on(connection, key)
            asked = 0
            if running:
                asked = await connection.fetchval(_sql("batch_running"), id, CANCEL_CHANNEL)
        return BatchCancellation(row["cancelled"], asked)


def _batch(row: Any) -> Batch:
    names = ("id", "name", "owner", "total", "created_at")
    return Batch(kind=Kind(row["kind"]), **{name: row[name] for name in names})


def _progress(row: Any) -> BatchProgress:
    counts = msgspec.json.decode(row["states"] or "{}", type=dict[State, int])
    unfinished = sum(count for state, count in counts.items() if not state.final)
    total = row["total"]
    return BatchProgress(
        total=total,
        done=max(0, total - unfinished),
        states=counts,
        share=max(0, total - unfinished) / total,
        ended_at=None if unfinished else row["newest_end"],
    )


def _sql(name: str) -> str:
    return statement(__package__, name)
