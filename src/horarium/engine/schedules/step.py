"""One step of the timetable: lock what is due, decide, write firings, jobs and the next due time.

All of it is one transaction. A scheduler that dies at any statement leaves nothing behind, and the
next one finds the same schedules due. Two schedulers never decide the same due time: the rows are
locked, and the unique key of firings forbids a second one besides. There is no leader.

A schedule that cannot be decided or written is parked with the reason, and the others run on.

Hardly ever is anything refused: a step goes without savepoints first, which are a third of its
round trips, and only where that fails once more with them.

Everything here runs inside the caller's transaction, with its connection as the current one.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

import structlog

from horarium.database import Connection, statement
from horarium.engine.jobs.ledger import Ledger
from horarium.engine.schedules.firing import Busy, Decided, Decision, Outcome, decide
from horarium.engine.schedules.record import Fired, around_filled, call, decode, record
from horarium.engine.schedules.refusal import REFUSED, UNDECIDABLE, together_or_one_by_one
from horarium.engine.schedules.schedule import Schedule

MOST_SCHEDULES = 1000

_log = structlog.get_logger()


class Parked(NamedTuple):
    """A schedule that was set aside, and why."""

    schedule: str
    reason: str


class Stepped(NamedTuple):
    """What a step recorded, and what it set aside."""

    fired: list[Fired]
    parked: list[Parked]


class _Due(NamedTuple):
    schedule: Schedule
    version: int
    decision: Decision


async def step(
    connection: Connection, ledger: Ledger, scheduler: str, *, careful: bool = True
) -> Stepped:
    """Decide every due time that has come, up to `MOST_SCHEDULES` schedules at once.

    Args:
        careful: find out what cannot be kept, by savepoints, and park it. Without, that raises one
            of `REFUSED`, and the caller gives up the transaction and steps again, carefully.
    """
    rows = await connection.fetch(_sql("due"), ledger.clock(), MOST_SCHEDULES)
    if not rows:
        return Stepped([], [])
    due, parked = await _decided(connection, ledger, rows)

    async def write(each: Sequence[_Due]) -> list[Fired]:
        return await _write(connection, ledger, each, scheduler)

    async def refuse(each: _Due, error: BaseException) -> None:
        parked.append(await _park(connection, ledger, each.schedule.id, error))

    if careful:
        fired = await together_or_one_by_one(connection, due, write, refuse)
    else:
        fired = await write(due)
    return Stepped(fired, parked)


async def settle(
    connection: Connection, ledger: Ledger, id: str, now: datetime, *, ahead: bool
) -> None:
    """Decide every due time of one schedule that has come, however many, before it is changed.

    The caller has its row locked. One that cannot be decided is left as it is.

    Args:
        ahead: also those whose jitter has not passed.
    """
    complete = False
    while not complete:
        row = await connection.fetchrow(_sql("one"), id, now)
        busy = await _busy(connection, [id])
        try:
            due = _decide(row, busy.get(id, Busy()), ahead=ahead)
            async with connection.transaction():
                await _write(connection, ledger, [due], "before a change")
        except REFUSED as error:
            _log.warning("a schedule could not be decided", schedule=id, reason=str(error))
            return
        complete = due.decision.complete


async def _decided(
    connection: Connection, ledger: Ledger, rows: Sequence[Any]
) -> tuple[list[_Due], list[Parked]]:
    busy = await _busy(connection, [row["id"] for row in rows])
    due, parked = list[_Due](), list[Parked]()
    for row in rows:
        try:
            due.append(_decide(row, busy.get(row["id"], Busy())))
        except UNDECIDABLE as error:
            parked.append(await _park(connection, ledger, row["id"], error))
    return due, parked


def _decide(row: Any, busy: Busy, *, ahead: bool = False) -> _Due:
    schedule = decode(row["definition"])
    decision = decide(schedule, row["decided_until"], row["now"], busy, ahead=ahead)
    return _Due(schedule, row["version"], decision)


async def _write(
    connection: Connection, ledger: Ledger, due: Sequence[_Due], scheduler: str
) -> list[Fired]:
    firings = [(each, firing) for each in due for firing in await _unfilled(connection, each)]
    jobs = [
        call(each.schedule, firing) if firing.outcome is Outcome.ENQUEUED else None
        for each, firing in firings
    ]
    entries = [
        (each.schedule.id, each.version, firing, None if job is None else job.id)
        for (each, firing), job in zip(firings, jobs, strict=True)
    ]
    # A due time that was backfilled ahead of its time has its firing and its job already.
    new = await record(connection, ledger.clock, entries, scheduler) if entries else set()
    fired = [
        (Fired(schedule, firing, id), job)
        for (schedule, _, firing, id), job in zip(entries, jobs, strict=True)
        if (schedule, firing.due_at) in new
    ]
    for each, _ in fired:
        if each.firing.cancels:
            await _cancel_others(connection, ledger, each.schedule, scheduler)
    enqueued = [job for _, job in fired if job is not None]
    if enqueued:
        await ledger.enqueue_within(connection, enqueued)
    await _advance(connection, due, [each for each, _ in fired])
    return [each for each, _ in fired]


async def _unfilled(connection: Connection, due: _Due) -> Sequence[Decided]:
    firings = due.decision.firings
    if all(firing.count == 1 for firing in firings):
        return firings
    return await around_filled(connection, due.schedule, firings)


async def _advance(connection: Connection, due: Sequence[_Due], fired: Sequence[Fired]) -> None:
    jobs: dict[str, int] = {}
    for each in fired:
        jobs[each.schedule] = jobs.get(each.schedule, 0) + (each.job is not None)
    await connection.execute(
        _sql("advance"),
        [each.schedule.id for each in due],
        [each.decision.decided_until for each in due],
        [each.decision.next_due_at for each in due],
        [each.decision.next_fire_at for each in due],
        [jobs.get(each.schedule.id, 0) for each in due],
    )


async def _cancel_others(
    connection: Connection, ledger: Ledger, schedule: str, scheduler: str
) -> None:
    reason = "a later due time of its schedule came"
    await connection.execute(_sql("give_up"), schedule, reason, ledger.clock(), scheduler)
    for row in await connection.fetch(_sql("unfinished"), schedule):
        await ledger.cancel(row["id"], reason)


async def _busy(connection: Connection, schedules: Sequence[str]) -> dict[str, Busy]:
    rows = await connection.fetch(_sql("busy"), schedules)
    return {row["schedule"]: Busy(row["jobs"], row["buffered"]) for row in rows}


async def _park(connection: Connection, ledger: Ledger, id: str, error: BaseException) -> Parked:
    reason = str(error) or type(error).__name__
    _log.error("a schedule was parked: it cannot be run as it stands", schedule=id, reason=reason)
    await connection.execute(_sql("park"), id, reason, ledger.clock())
    return Parked(id, reason)


def _sql(name: str) -> str:
    return statement(__package__, name)
