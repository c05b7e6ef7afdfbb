"""The ledger: every job's row, from the enqueue to its place in history.

Each method is one statement (its ``.sql`` file says what it promises), run on the connection of
the current transaction where there is one: a job enqueued inside `Database.transaction` commits
with the caller's rows, or not at all.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import starmap
from operator import itemgetter
from typing import Any, NamedTuple

import asyncpg
import msgspec

from horarium.database import Connection, current_connection, is_borrowed, statement
from horarium.engine.jobs import dependents, gate
from horarium.engine.jobs.channels import CANCEL_CHANNEL as CANCEL_CHANNEL
from horarium.engine.jobs.channels import FINISHED_CHANNEL as FINISHED_CHANNEL
from horarium.engine.jobs.channels import JOBS_CHANNEL as JOBS_CHANNEL
from horarium.engine.jobs.composition import After
from horarium.engine.jobs.durations import LONGEST
from horarium.engine.jobs.expiry import expire
from horarium.engine.jobs.failure import storable
from horarium.engine.jobs.job import Claim, Enqueued, Error, NewJob, State, UniqueKey
from horarium.engine.jobs.outcome import (
    Again,
    Cancelled,
    Failed,
    GivenBack,
    Outcome,
    Snoozed,
    Succeeded,
)
from horarium.engine.jobs.outcome import Held as Held
from horarium.engine.jobs.repetition import Repetition
from horarium.errors import Conflict, InvalidInput

MOST_ARGUMENTS = 8 * 2**20
"""Bytes of arguments that one job may have."""

_COLUMNS = (
    "id", "task", "queue", "priority", "arguments", "payload", "labels", "owner", "schedule",
    "fired_for", "state", "due_at", "enqueued_at", "expires_at",
    "limits",
)  # fmt: skip


class Outlook(NamedTuple):
    """What a worker that found nothing to claim may wait for.

    Attributes:
        ready: something is queued now.
        next_due_in: seconds until the next job becomes due; `None`: none is scheduled.
    """

    ready: bool
    next_due_in: float | None


class Audited(NamedTuple):
    """What the ledger and a worker did not agree on.

    Attributes:
        returned: jobs that the worker held without knowing of them; they are queued again.
        cancelling: jobs that the worker runs and that are ordered to stop.
    """

    returned: list[str]
    cancelling: list[str]


class Ledger(Repetition):
    """Statements on the tables of jobs; it holds no state of its own."""

    # Enqueue

    async def enqueue(self, job: NewJob) -> Enqueued:
        """Record a job, unless one with its id, or under its unique key, is there already.

        Returns:
            The job that is in the ledger now, and whether it is the one that was asked for.

        Raises:
            InvalidInput: a field that the ledger cannot keep.
        """
        _check(job)
        if job.after is not None:
            return await self._enqueue_after(job, job.after)
        if job.unique is not None:
            return await self._enqueue_unique(job, job.unique)
        async with self.database.connection() as connection:
            row = await connection.fetchrow(_sql("enqueue"), *self._values(job))
        return Enqueued(job.id, row is not None)

    async def _enqueue_after(self, job: NewJob, after: After) -> Enqueued:
        refuse_unique(job)
        async with self.database.transaction() as connection:
            after = await dependents.require(connection, after)
            await dependents.refuse_circle(connection, job, after)
            now = self.clock() or await connection.fetchval("select now()")
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
            if is_borrowed():
                return await self._enqueue_one_by_one(connection, jobs)
            now = self.clock() or await connection.fetchval("select now()")
            queues: set[str] = set()
            records = job_rows(_without_others(jobs), now, queues)
            try:
                copied = await connection.copy_records_to_table(
                    "jobs", schema_name="horarium", records=records, columns=_COLUMNS
                )
            except asyncpg.UniqueViolationError as error:
                raise Conflict(f"a job of these is in the ledger already: {error.detail}") from None
            await connection.execute(_sql("wake"), JOBS_CHANNEL, sorted(queues))
        return int(copied.split()[-1])

    async def enqueue_missing(self, jobs: Iterable[NewJob]) -> int:
        """Record those of many jobs that are not there yet; returns how many were not.

        All have a unique key. They are recorded in one transaction, in the order of their keys,
        so that two callers with the same keys wait for each other and never in a circle.
        """
        calls = sorted(((_unique(job).key, job) for job in jobs), key=itemgetter(0))
        for _, job in calls:
            _check(job)
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
        for job in _without_others(jobs):
            _check(job)
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
            job.labels and job.labels.decode(), job.owner, job.schedule, job.fired_for,
            JOBS_CHANNEL, self.clock(), job.limits and job.limits.decode(),
        )  # fmt: skip

    # A worker's side

    async def claim(
        self, connection: Connection, worker: int, queues: Sequence[str] | None, limit: int
    ) -> list[Claim]:
        """Take up to `limit` queued jobs for a worker whose lease holds.

        Those with limits are not taken yet: they come back as candidates for `gate.admit`.
        """
        rows = await connection.fetch(_sql("claim"), worker, queues, limit, self.clock())
        return list(starmap(Claim, rows))

    async def claim_shares(
        self, connection: Connection, worker: int, limit: int, shares: tuple[Any, Any, Any]
    ) -> list[Claim]:
        """The same as `claim`, from queues by weight: their names, weights, places on the line."""
        queues, weights, places = shares
        rows = await connection.fetch(
            _sql("claim_shares"), worker, queues, limit, self.clock(), weights, places
        )
        return [Claim(**row) for row in rows]

    async def promote(self, connection: Connection, queues: Sequence[str] | None) -> Outlook:
        """Queue what has become due, and say what there is to wait for."""
        return Outlook(*await connection.fetchrow(_sql("promote"), queues, self.clock()))

    async def finish(self, connection: Connection, worker: int, held: Sequence[Held]) -> set[str]:
        """Record outcomes, in the caller's transaction; returns the ids of those still held.

        Final outcomes move to history; the others send their job back for another attempt.
        """
        final = [each for each in held if _is_final(each.outcome)]
        again = [] if len(final) == len(held) else [e for e in held if not _is_final(e.outcome)]
        rows: list[Any] = []
        if final:
            rows += await self._move_to_history(connection, worker, final)
            followed = [(row["id"], row["state"]) for row in rows if row["followed"]]
            await dependents.end(connection, followed, self.clock)
        if again:
            rows += await self._send_back(connection, worker, again)
        await gate.release(connection, [row["key"] for row in rows if row["key"] is not None])
        return {row["id"] for row in rows}

    async def audit(self, connection: Connection, worker: int, held: Sequence[str]) -> Audited:
        """Compare what a worker holds by the ledger with the jobs it knows to hold."""
        rows = await connection.fetch(_sql("audit"), worker, held, JOBS_CHANNEL)
        return Audited(
            [row["id"] for row in rows if not row["cancelling"]],
            [row["id"] for row in rows if row["cancelling"]],
        )

    async def _move_to_history(
        self, connection: Connection, worker: int, held: Sequence[Held]
    ) -> list[Any]:
        ends = [_end(each.outcome) for each in held]
        rows: list[Any] = await connection.fetch(
            _sql("finish"),
            worker,
            [each.claim.id for each in held],
            [each.claim.attempt for each in held],
            *zip(*ends, strict=True),
            self.clock(),
            _latest_start(held),
        )
        await expire(connection, held, {row["id"] for row in rows}, self.clock)
        return rows

    async def _send_back(
        self, connection: Connection, worker: int, held: Sequence[Held]
    ) -> list[Any]:
        returns = [_return(each.outcome) for each in held]
        rows: list[Any] = await connection.fetch(
            _sql("retry"),
            worker,
            [each.claim.id for each in held],
            [each.claim.attempt for each in held],
            [each.outcome for each in returns],
            [each.delay for each in returns],
            [each.error for each in returns],
            [each.again is not None for each in returns],
            [each.again and each.again.arguments for each in returns],
            [each.again and each.again.payload for each in returns],
            [each.again and each.again.labels for each in returns],
            self.clock(),
            JOBS_CHANNEL,
            _latest_start(held),
        )
        return rows

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
        while True:
            try:
                return await self._cancel(id, _reason("Cancelled", reason))
            except asyncpg.DeadlockDetectedError:
                # It began to run, and ended, just when those that follow it were locked.
                if current_connection() is not None:
                    raise

    async def _cancel(self, id: str, error: bytes) -> State | None:
        async with self.database.transaction() as connection:
            await dependents.lock(connection, id)
            row = await connection.fetchrow(_sql("cancel"), id, error, self.clock())
            if row is None:
                return None
            await gate.pass_on(connection, row["key"])
            if row["followed"]:
                await dependents.end(connection, [(id, State.CANCELLED)], self.clock)
        return State.CANCELLED if row["became"] == "cancelled" else State.RUNNING


class _End(NamedTuple):
    state: str
    result: bytes | None
    error: bytes | None


class _Return(NamedTuple):
    outcome: str
    delay: float = 0.0
    error: bytes | None = None
    again: Again | None = None


def _is_final(outcome: Outcome) -> bool:
    if isinstance(outcome, Succeeded):
        return True
    if isinstance(outcome, Failed):
        return outcome.retry_after is None
    return isinstance(outcome, Cancelled)


def _latest_start(held: Sequence[Held]) -> datetime:
    """A claim that began later is another, even if the worker and the attempt are the same.

    An attempt that was snoozed has its number again. Where the answer to a batch was lost and the
    batch is sent once more, the worker may hold such a job anew.
    """
    return max(each.claim.started_at for each in held)


def _end(outcome: Outcome) -> _End:
    match outcome:
        case Succeeded():
            return _End(State.SUCCEEDED, outcome.result, None)
        case Failed(error):
            return _End(State.FAILED, None, msgspec.json.encode(error))
        case Cancelled(reason):
            return _End(State.CANCELLED, None, _reason("Cancelled", reason))
    raise TypeError(f"{outcome!r} does not end a job")


def _return(outcome: Outcome) -> _Return:
    match outcome:
        case Failed(error, float() | int() as retry_after, again):
            return _Return("failed", retry_after, msgspec.json.encode(error), again)
        case Snoozed(delay, reason, again, kind):
            # Shown while the job waits, such as for a worker that knows its task.
            return _Return("snoozed", delay, _reason(kind, reason) if reason else None, again)
        case GivenBack():
            return _Return("given back")
    raise TypeError(f"{outcome!r} does not send a job back")


def _reason(kind: str, text: str) -> bytes:
    return msgspec.json.encode(Error(kind, storable(text)))


def _check(job: NewJob) -> None:
    """Refuse what the table would refuse, in words."""
    if not -32768 <= job.priority <= 32767:
        raise InvalidInput("priority", f"{job.priority} is outside -32768..32767")
    _check_name("task_id", job.id)
    _check_name("task", job.task)
    _check_name("queue", job.queue)
    if job.owner is not None:
        _check_name("owner", job.owner)
    for field, text in (("arguments", job.arguments), ("labels", job.labels)):
        if text is not None and b"\\u0000" in text and _NUL.search(text):
            raise InvalidInput(
                field, f"{job.task} was given text with the character NUL, which cannot be kept"
            )
    for field, span in (("delay", job.delay), ("expires", job.expires_after)):
        if span is not None and not 0 <= span < LONGEST:
            raise InvalidInput(
                field, f"{span!r} cannot be used; it takes 0 to {LONGEST:.0f} seconds"
            )
    size = len(job.arguments or job.payload or b"")
    if size > MOST_ARGUMENTS:
        raise InvalidInput(
            "arguments",
            f"{job.task} was given {size:,} bytes of arguments; a job takes at most "
            f"{MOST_ARGUMENTS:,}. Store the data and pass its key instead",
        )


check = _check
"""For ledgers that are no table."""


def _check_name(field: str, name: str) -> None:
    if not 1 <= len(name) <= 255:
        raise InvalidInput(field, f"it has {len(name)} characters; it takes 1 to 255")
    if "\0" in name or not (name.isascii() or storable(name) == name):
        raise InvalidInput(field, f"{name!r} has a character that cannot be kept, such as NUL")


def _unique(job: NewJob) -> UniqueKey:
    if job.unique is None:
        raise InvalidInput("unique", f"the job {job.id} has no unique key")
    return job.unique


def refuse_unique(job: NewJob) -> None:
    """Refuse a job that might be there already: many at once, or after others, it cannot be."""
    if job.unique is not None:
        raise InvalidInput(
            "unique",
            f"{job.task}: a unique job can be neither in a composition, nor after others, nor one "
            "of enqueue_many's",
        )


def _without_others(jobs: Iterable[NewJob]) -> Iterable[NewJob]:
    for job in jobs:
        if job.after is not None:
            raise InvalidInput("after", f"{job.task}: send a group of calls after others instead")
        yield job


def _values_of_key(unique: UniqueKey) -> tuple[Any, ...]:
    return unique.key, list(unique.states), unique.period, unique.debounce


_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
"""NUL as JSON writes it; a backslash before it may itself be escaped."""


def job_rows(jobs: Iterable[NewJob], now: datetime, queues: set[str]) -> Iterable[tuple[Any, ...]]:
    """Jobs as rows of the table, for many at once; `queues` is given those that they are in."""
    for job in jobs:
        _check(job)
        refuse_unique(job)
        queues.add(job.queue)
        due_at = job.due_at or (now + timedelta(seconds=job.delay) if job.delay else now)
        state = "scheduled" if due_at > now else "queued"
        expires_at = (
            None if job.expires_after is None else now + timedelta(seconds=job.expires_after)
        )
        yield (
            job.id, job.task, job.queue, job.priority, job.arguments, job.payload, job.labels,
            job.owner, job.schedule, job.fired_for, state, due_at, now, expires_at,
            job.limits,
        )  # fmt: skip


def _sql(name: str) -> str:
    return statement(__package__, name)
