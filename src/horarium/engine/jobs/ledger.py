"""The ledger: every job's row, from the enqueue to its place in history.

What a method does is in ``.sql`` files, which say what they promise. They are run on the connection
of the current transaction where there is one: a job enqueued inside `Database.transaction` commits
with the caller's rows, or not at all.
"""

from collections.abc import Iterable, Sequence
from itertools import islice
from operator import itemgetter
from typing import Any

import asyncpg

from horarium.clock import transaction_time
from horarium.database import Connection, statement
from horarium.engine.jobs import dependents, gate
from horarium.engine.jobs.acceptance import (
    COLUMNS,
    check,
    job_rows,
    refuse_unique,
    without_others,
)
from horarium.engine.jobs.channels import JOBS_CHANNEL
from horarium.engine.jobs.composition import After
from horarium.engine.jobs.ending import worded
from horarium.engine.jobs.holding import Holding
from horarium.engine.jobs.job import Enqueued, NewJob, State, UniqueKey
from horarium.errors import Conflict, InvalidInput
from horarium.owner import current_owner
from horarium.transaction import current_connection, current_transaction

_AT_ONCE = 10_000
_FEW = 16
"""Jobs that are sooner inserted than copied."""


class Ledger(Holding):
    """Statements on the tables of jobs; it holds no state of its own."""

    # Enqueue

    async def enqueue(self, job: NewJob) -> Enqueued:
        """Record a job, unless one with its id, or under its unique key, is there already.

        Returns:
            The job that is in the ledger now, and whether it is the one that was asked for.

        Raises:
            InvalidInput: a field that the ledger cannot keep.
        """
        check(job)
        if job.after is not None:
            return await self._enqueue_after(job, job.after)
        if job.unique is not None:
            return await self._enqueue_unique(job, job.unique)
        if current_connection() is None:
            # In a transaction of its own it may be seen before it is on the disk.
            async with self.database.connection() as connection:
                is_new = await connection.fetchval(_sql("enqueue_alone"), *self._values(job))
            return Enqueued(job.id, is_new)
        async with self.database.connection() as connection:
            row = await connection.fetchrow(_sql("enqueue"), *self._values(job))
        return Enqueued(job.id, row is not None)

    async def _enqueue_after(self, job: NewJob, after: After) -> Enqueued:
        refuse_unique(job)
        async with self.database.transaction() as connection:
            after = await dependents.require(connection, after)
            await dependents.refuse_circles(connection, [job], after)
            now = await transaction_time(self.clock, connection)
            member = dependents.Member(job=job, after=after, outside=True)
            new = await dependents.record(connection, [member], job_rows([job], now, set()))
        return Enqueued(job.id, bool(new))

    async def _enqueue_unique(self, job: NewJob, unique: UniqueKey) -> Enqueued:
        async with self.database.transaction() as connection:
            await connection.execute(_sql("lock_unique"), unique.key)
            row = await connection.fetchrow(
                _sql("enqueue_unique"), *self._values(job), *_values_of_key(unique)
            )
            if row is not None:
                await gate.pass_on(connection, row["key"])
        return Enqueued(row["id"], row["is_new"]) if row is not None else Enqueued(job.id, False)

    async def enqueue_many(self, jobs: Iterable[NewJob]) -> int:
        """Record many jobs at once, all or none; returns how many.

        Raises:
            Conflict: one of the ids is unfinished already.
            InvalidInput: a field that the ledger cannot keep, or a job with a unique key: such
                go through `enqueue_missing`.
        """
        async with self.database.transaction() as connection:
            if current_transaction().is_borrowed:
                return await self._enqueue_one_by_one(connection, jobs)
            return await self._copy(connection, jobs)

    async def enqueue_within(self, connection: Connection, jobs: Sequence[NewJob]) -> int:
        """As `enqueue_many`, in a transaction that the caller gives up where this raises.

        Without a savepoint, and a few without COPY: for a single job that is one round trip in the
        place of six.
        """
        if len(jobs) <= _FEW:
            return await self._enqueue_one_by_one(connection, jobs)
        return await self._copy(connection, jobs)

    async def _copy(self, connection: Connection, jobs: Iterable[NewJob]) -> int:
        now = await transaction_time(self.clock, connection)
        queues: set[str] = set()
        records = job_rows(without_others(jobs), now, queues)
        try:
            copied = await connection.copy_records_to_table(
                "jobs", schema_name="horarium", records=records, columns=COLUMNS
            )
        except asyncpg.UniqueViolationError as error:
            raise Conflict(f"a job of these is in the ledger already: {error.detail}") from None
        await connection.execute(_sql("wake"), JOBS_CHANNEL, sorted(queues))
        return int(copied.split()[-1])

    async def enqueue_many_after(self, jobs: Iterable[NewJob], after: After) -> int:
        """Record many jobs that all wait for the same others, all or none; returns how many.

        Raises:
            Conflict: one of the ids is unfinished already.
            InvalidInput: a job to be waited for is not in the ledger, one of the new ones would
                wait for itself, or has a unique key or a field that the ledger cannot keep.
        """
        count = 0
        async with self.database.transaction() as connection:
            after = await dependents.require(connection, after)
            now = await transaction_time(self.clock, connection)
            some = iter(jobs)
            while batch := list(islice(some, _AT_ONCE)):
                await dependents.refuse_circles(connection, batch, after)
                members = [dependents.Member(job=job, after=after, outside=True) for job in batch]
                new = await dependents.record(connection, members, job_rows(batch, now, set()))
                if len(new) < len(batch):
                    there = len(batch) - len(new)
                    raise Conflict(f"{there} of these jobs are in the ledger already")
                count += len(new)
        return count

    async def enqueue_missing(self, jobs: Iterable[NewJob]) -> int:
        """Record those of many jobs that are not there yet; returns how many were not.

        All have a unique key. They are recorded in one transaction, in the order of their keys,
        so that two callers with the same keys wait for each other and never in a circle.
        """
        calls = sorted(((_unique(job).key, job) for job in jobs), key=itemgetter(0))
        for _, job in calls:
            check(job)
        async with self.database.transaction() as connection:
            await connection.executemany(_sql("lock_unique"), [(key,) for key, _ in calls])
            rows = await connection.fetchmany(
                _sql("enqueue_unique"),
                [(*self._values(job), *_values_of_key(_unique(job))) for _, job in calls],
            )
            for key in {row["key"] for row in rows}:
                await gate.pass_on(connection, key)
        return sum(row["is_new"] for row in rows)

    async def _enqueue_one_by_one(self, connection: Connection, jobs: Iterable[NewJob]) -> int:
        """Without COPY, which would need this module's own way to write JSON."""
        values = []
        for job in without_others(jobs):
            check(job)
            refuse_unique(job)
            values.append(self._values(job))
        rows = await connection.fetchmany(_sql("enqueue"), values)
        if len(rows) < len(values):
            raise Conflict(f"{len(values) - len(rows)} of these jobs are in the ledger already")
        return len(rows)

    def _values(self, job: NewJob) -> tuple[Any, ...]:
        return (
            job.id, job.task, job.queue, job.priority, job.arguments and job.arguments.decode(),
            job.due_at, job.delay, job.expires_after, job.payload,
            job.labels and job.labels.decode(), job.owner or current_owner(), job.schedule,
            job.fired_for, JOBS_CHANNEL, self.clock(), job.limits and job.limits.decode(),
        )  # fmt: skip

    # Ordering

    async def expect(self, id: str) -> bool:
        """Ask for a notification when this job ends; false where it is not unfinished."""
        async with self.database.connection() as connection:
            return bool(await connection.fetchval(_sql("await"), id))

    async def cancel(self, id: str, reason: str) -> State | None:
        """End a job that has not begun, or ask a running one to stop.

        Returns:
            `CANCELLED`, or `RUNNING` where its worker was asked; `None`: it is not unfinished.
        """
        error = worded("Cancelled", reason).decode()
        return await dependents.despite_deadlock(lambda: self._cancel(id, error))

    async def _cancel(self, id: str, error: str) -> State | None:
        async with self.database.transaction() as connection:
            await dependents.lock(connection, id)
            row = await connection.fetchrow(_sql("cancel"), id, error, self.clock())
            if row is None:
                return None
            await gate.pass_on(connection, row["key"])
            if row["followed"]:
                await dependents.end(connection, [(id, State.CANCELLED)], self.clock)
        return State.CANCELLED if row["became"] == "cancelled" else State.RUNNING


def _unique(job: NewJob) -> UniqueKey:
    if job.unique is None:
        raise InvalidInput("unique", f"the job {job.id} has no unique key")
    return job.unique


def _values_of_key(unique: UniqueKey) -> tuple[Any, ...]:
    return unique.key, list(unique.states), unique.period, unique.debounce


def _sql(name: str) -> str:
    return statement(__package__, name)
