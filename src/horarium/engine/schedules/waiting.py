"""Firings that wait for an earlier job of their schedule, and their release when it has ended.

A step that buffers a firing may race with the end of the job it waits for: whoever buffers looks
again after its commit, and every scheduler looks at all that waits now and then.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

import structlog

from horarium.database import Connection, statement
from horarium.engine.jobs.ledger import Ledger
from horarium.engine.schedules.firing import Decided, Outcome
from horarium.engine.schedules.record import Fired, call, decode
from horarium.engine.schedules.refusal import UNDECIDABLE, together_or_one_by_one
from horarium.engine.schedules.schedule import Schedule

_log = structlog.get_logger()


class _Waiting(NamedTuple):
    schedule: Schedule
    firing: Decided


async def release(
    connection: Connection, ledger: Ledger, scheduler: str, schedules: Sequence[str] | None = None
) -> list[Fired]:
    """Enqueue what waited for an earlier job of its schedule, where that has ended.

    Args:
        schedules: to look at; `None`: all.
    """
    name = "release" if schedules is None else "release_of"
    rows = await connection.fetch(_sql(name), *([] if schedules is None else [schedules]))
    if not rows:
        return []
    waiting = await _waiting(connection, ledger, rows, scheduler)

    async def write(each: Sequence[_Waiting]) -> list[Fired]:
        return await _release(connection, ledger, each, scheduler)

    async def refuse(each: _Waiting, error: BaseException) -> None:
        id, due_at = each.schedule.id, each.firing.due_at
        await _drop(connection, ledger, id, due_at, scheduler, error)

    return await together_or_one_by_one(connection, waiting, write, refuse)


async def _waiting(
    connection: Connection, ledger: Ledger, rows: Sequence[Any], scheduler: str
) -> list[_Waiting]:
    waiting = []
    for row in rows:
        try:
            schedule = decode(row["definition"])
        except UNDECIDABLE as error:
            await _drop(connection, ledger, row["id"], row["due_at"], scheduler, error)
            continue
        firing = Decided(
            due_at=row["due_at"],
            outcome=Outcome.ENQUEUED,
            reason="released",
            covers=(row["covers_from"], row["covers_until"]),
        )
        waiting.append(_Waiting(schedule, firing))
    return waiting


async def _release(
    connection: Connection, ledger: Ledger, waiting: Sequence[_Waiting], scheduler: str
) -> list[Fired]:
    jobs = [call(each.schedule, each.firing) for each in waiting]
    await ledger.enqueue_many(jobs)
    await connection.execute(
        _sql("released"),
        [each.schedule.id for each in waiting],
        [each.firing.due_at for each in waiting],
        [job.id for job in jobs],
        ledger.clock(),
        scheduler,
    )
    return [
        Fired(each.schedule.id, each.firing, job.id)
        for each, job in zip(waiting, jobs, strict=True)
    ]


async def _drop(
    connection: Connection,
    ledger: Ledger,
    id: str,
    due_at: datetime,
    scheduler: str,
    error: BaseException,
) -> None:
    reason = f"it could not be enqueued when its turn came: {error}"
    _log.error("a waiting firing was dropped", schedule=id, due_at=due_at, reason=reason)
    await connection.execute(_sql("drop"), id, due_at, reason, ledger.clock(), scheduler)


def _sql(name: str) -> str:
    return statement(__package__, name)
