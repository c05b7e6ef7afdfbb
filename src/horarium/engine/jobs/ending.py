"""How the ledger records what became of attempts, many at once.

What has ended for good leaves the hot table for history, and what follows from it is done in the
same transaction: those that wait for it, those that wait for its key.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

import msgspec

from horarium.clock import Clock
from horarium.database import Connection, statement
from horarium.engine.jobs import dependents, gate
from horarium.engine.jobs.channels import JOBS_CHANNEL
from horarium.engine.jobs.dependents import Stopped
from horarium.engine.jobs.expiry import expire
from horarium.engine.jobs.job import Error, State
from horarium.engine.jobs.outcome import (
    Again,
    Cancelled,
    Failed,
    GivenBack,
    Held,
    Outcome,
    Snoozed,
    Succeeded,
)
from horarium.engine.jobs.storable import storable


async def finish(
    connection: Connection,
    worker: int,
    held: Sequence[Held],
    clock: Clock,
    stopped: list[Stopped],
) -> set[str]:
    """Record outcomes, in the caller's transaction; returns the ids of those still held.

    Args:
        stopped: is given the jobs that were to stop with them, and have ended too.
    """
    final = [each for each in held if _is_final(each.outcome)]
    again = [] if len(final) == len(held) else [e for e in held if not _is_final(e.outcome)]
    accepted: set[str] = set()
    keys: list[str] = []
    if final:
        moved = await _move_to_history(connection, worker, final, clock, followed=True)
        accepted |= moved.accepted
        keys += moved.keys
        stopped += await dependents.end(connection, moved.followed, clock)
    if again:
        rows = await _send_back(connection, worker, again, clock)
        accepted.update(row["id"] for row in rows)
        keys += [row["key"] for row in rows if row["key"] is not None]
    await gate.release(connection, keys)
    return accepted


def stand_alone(held: Sequence[Held]) -> bool:
    """Whether nothing follows from these outcomes, as far as a worker knows."""
    return all(_stands_alone(each) for each in held)


def _stands_alone(held: Held) -> bool:
    if held.claim.limits is not None:
        return False
    outcome = held.outcome
    return isinstance(outcome, Succeeded) and outcome.expires_after is None


async def finish_alone(
    connection: Connection, worker: int, held: Sequence[Held], clock: Clock
) -> set[str]:
    """Record outcomes that `stand_alone`, in a statement by itself; returns the ids of those done.

    Jobs that others wait for are left as they are: `finish` ends them, with what follows from it.
    """
    return (await _move_to_history(connection, worker, held, clock, followed=False)).accepted


class _Moved(NamedTuple):
    """The jobs that ended: their ids, their keys, and those that others wait for, with states."""

    accepted: set[str]
    keys: Sequence[str]
    followed: Sequence[tuple[str, str]]


async def _move_to_history(
    connection: Connection, worker: int, held: Sequence[Held], clock: Clock, *, followed: bool
) -> _Moved:
    """End jobs; those that others wait for only where `followed`."""
    ids = [each.claim.id for each in held]
    row = await connection.fetchrow(
        _sql("finish"),
        worker,
        ids,
        [each.claim.attempt for each in held],
        *zip(*[_end(each.outcome) for each in held], strict=True),
        clock(),
        _latest_start(held),
        followed,
    )
    accepted = set(ids if row["accepted"] == len(ids) else row["ids"] or ())
    await expire(connection, held, accepted, clock)
    others_wait = zip(row["followed"] or (), row["states"] or (), strict=True)
    return _Moved(accepted, row["keys"] or (), list(others_wait))


async def _send_back(
    connection: Connection, worker: int, held: Sequence[Held], clock: Clock
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
        clock(),
        JOBS_CHANNEL,
        _latest_start(held),
    )
    return rows


_End = tuple[str, bytes | None, bytes | None]
"""A state, a result, an error."""


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
    return max([each.claim.started_at for each in held])


def _end(outcome: Outcome) -> _End:
    match outcome:
        case Succeeded():
            return State.SUCCEEDED, outcome.result, None
        case Failed(error):
            return State.FAILED, None, msgspec.json.encode(error)
        case Cancelled(reason):
            return State.CANCELLED, None, worded("Cancelled", reason)
    raise TypeError(f"{outcome!r} does not end a job")


def _return(outcome: Outcome) -> _Return:
    match outcome:
        case Failed(error, float() | int() as retry_after, again):
            return _Return("failed", retry_after, msgspec.json.encode(error), again)
        case Snoozed(delay, reason, again, kind):
            # Shown while the job waits, such as for a worker that knows its task.
            return _Return("snoozed", delay, worded(kind, reason) if reason else None, again)
        case GivenBack():
            return _Return("given back")
    raise TypeError(f"{outcome!r} does not send a job back")


def worded(kind: str, text: str) -> bytes:
    """Words of somebody's own in the place of an error, as JSON."""
    return msgspec.json.encode(Error(kind, storable(text)))


def _sql(name: str) -> str:
    return statement(__package__, name)
