"""Jobs that wait for others: how they are recorded, and how their wait ends.

A job that waits is in the hot table as `waiting`, with the number of jobs that have yet to end; no
claim looks at it. Each of those is a row of `dependencies`, *open* until that job has ended.
Whoever ends a job, a worker's finisher, a cancellation or the end of another's wait, does in the
same transaction what follows from it: there is no instant at which a job has ended and those that
wait for it do not know, and so nothing to repair after a crash. `horarium.end_dependencies`
(revision 0013) does that, for all jobs of a batch of outcomes in one call, and only where a job is
marked as followed: other jobs cost nothing.

A job may end while somebody records that he waits for it. The one who waits marks it as followed
and locks its row, at his commit: the other comes before, and is seen as ended, or after, and sees
who waits. Until his commit nothing is locked: a long transaction of a user's must not keep a worker
from recording outcomes. What is part of the same composition is nobody else's to see and needs
none of this.
"""

from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, NamedTuple, TypeVar

import asyncpg
import msgspec

from horarium.clock import Clock
from horarium.database import Connection, statement
from horarium.engine.jobs.channels import JOBS_CHANNEL
from horarium.engine.jobs.composition import After
from horarium.engine.jobs.job import NewJob
from horarium.errors import InvalidInput
from horarium.transaction import current_connection

T = TypeVar("T")

_AT_ONCE = 10_000
_JSON = frozenset({4, 6, 14})
"""Where a job's row has JSON: arguments, labels, limits."""


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """A job and its place among others.

    Attributes:
        outside: the jobs that it waits for were recorded before, maybe by somebody else.
        followed: others wait for it that are recorded together with it.
    """

    job: NewJob
    after: After | None = None
    outside: bool = False
    followed: bool = False


class Stopped(NamedTuple):
    """A job that ended as cancelled because one that it waited for did not succeed."""

    id: str
    task: str
    queue: str
    attempt: int
    owner: str | None
    because: str


async def record(
    connection: Connection,
    members: Sequence[Member],
    rows: Iterable[Sequence[Any]],
    batch: str | None = None,
) -> set[str]:
    """Record jobs and what they wait for, inside a transaction; returns the ids that are new.

    Args:
        rows: of the members' jobs, in their order, as for a COPY into the table.
    """
    columns = [list(column) for column in zip(*rows, strict=True)]
    for n in _JSON:
        columns[n] = [value and value.decode() for value in columns[n]]
    waits = [len(each.after.jobs) if each.after is not None else None for each in members]
    followed = [each.followed for each in members]
    recorded = await connection.fetch(
        _sql("record_members"), *columns, batch, waits, followed, JOBS_CHANNEL
    )
    new = {row["id"] for row in recorded}
    enqueued_at = columns[12][0]
    dependencies = _dependencies(each for each in members if each.job.id in new)
    while some := list(islice(dependencies, _AT_ONCE)):
        values = [list(column) for column in zip(*some, strict=True)]
        await connection.execute(_sql("record_dependencies"), *values, enqueued_at)
    return new


async def require(connection: Connection, after: After) -> After:
    """The jobs that are to be waited for, each once, in their order.

    Raises:
        InvalidInput: none is named, or one is not in the ledger.
    """
    jobs = tuple(dict.fromkeys(after.jobs))
    if not jobs:
        raise InvalidInput("after", "it names no job; it takes at least one")
    unknown = await connection.fetch(_sql("unknown"), jobs)
    if unknown:
        raise InvalidInput(
            "after",
            f"there is no job {unknown[0]['id']!r} in the ledger: it was never enqueued, its "
            "transaction is not committed yet, or it has ended and is not kept any more",
        )
    return After(jobs, after.on_failure)


async def refuse_circles(connection: Connection, jobs: Sequence[NewJob], after: After) -> None:
    """A new job can close a circle only under an id that was there before.

    Raises:
        InvalidInput: the job would wait for itself, maybe by way of others.
    """
    ids = [job.id for job in jobs]
    own = set(ids).intersection(after.jobs)
    circular = min(own) if own else await connection.fetchval(_sql("followed_already"), ids)
    if circular is not None:
        raise InvalidInput(
            "after",
            f"the job {circular!r} would wait for itself: others wait for a job of this id. Give "
            "it an id of its own",
        )


async def despite_deadlock(act: Callable[[], Awaitable[T]]) -> T:
    """Do what locks jobs with their followers, again where a deadlock was in its way.

    A job may begin to run, and end, just when those that follow it are locked. Inside a transaction
    of the caller's nothing can be done again: the error is the caller's.
    """
    while True:
        try:
            return await act()
        except asyncpg.DeadlockDetectedError:
            if current_connection() is not None:
                raise


async def lock(connection: Connection, id: str) -> None:
    """Lock a job and those that its cancellation would end, in the order in which all lock them."""
    await connection.execute(_sql("lock_followers"), id)


async def end(
    connection: Connection, ended: Sequence[tuple[str, str]], clock: Clock
) -> list[Stopped]:
    """End the wait for jobs that have just ended: their ids and states. Nothing for none.

    Returns:
        Those that were to stop with them, and have ended too.
    """
    if not ended:
        return []
    ids, states = zip(*ended, strict=True)
    rows = await connection.fetch(_sql("end_dependencies"), ids, states, clock())
    return [Stopped(*row) for row in rows]


async def follow_again(connection: Connection, jobs: Sequence[str]) -> None:
    """Let jobs that are run again wait once more for what is unfinished of their dependencies."""
    rows = await connection.fetch(_sql("lock_followed"), jobs)
    unfinished = [row["id"] for row in rows]
    if unfinished:
        await connection.execute(_sql("follow_again"), jobs, unfinished)


def _dependencies(members: Iterable[Member]) -> Iterator[tuple[str, str, int, str, bool]]:
    for each in members:
        if each.after is None:
            continue
        for place, on_job in enumerate(each.after.jobs):
            yield on_job, each.job.id, place, each.after.on_failure, each.outside


def _sql(name: str) -> str:
    return statement(__package__, name)
