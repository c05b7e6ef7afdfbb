"""What became of one due time, and if nothing did, why: one ordered answer.

A due time has its one firing, or lies in a row of several; or nobody has decided it yet; or it was
never due, because no version of the schedule had it. `account` looks in that order.
"""

from collections.abc import Iterator
from datetime import datetime

import msgspec

from horarium.database import Connection, statement
from horarium.engine.jobs.explanation import Explanation
from horarium.engine.schedules.book import Book, Firing, firing_of
from horarium.engine.schedules.explanation import Reason, explain_schedule
from horarium.engine.schedules.firing import Outcome
from horarium.engine.schedules.record import decode
from horarium.engine.schedules.schedule import Kept, course_of
from horarium.errors import InvalidInput, NotFound


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of an instant of a schedule.

    Attributes:
        due: the version that answers for the instant has it due; `None`: no version does.
        version: that version.
        firing: its record, or the row of several that it lies in.
        reasons: in order, what became of it or why nothing did, and what would change that.
        job: what its job does, where it has one that the ledger still has.
    """

    schedule: str
    instant: datetime
    due: bool | None
    version: int | None
    firing: Firing | None
    reasons: list[Reason]
    job: Explanation | None


async def account(book: Book, id: str, instant: datetime) -> Account:
    """What became of an instant of a schedule.

    Raises:
        NotFound: there is no such schedule.
    """
    kept = await book.show(id)
    async with book.database.connection() as connection:
        firing = await _firing(connection, id, instant)
        version, due = await _due(connection, id, instant)
    job = await _job(book, firing)
    if firing is not None and (due or firing.due_at == instant):
        reasons = list(_decided(firing))
    else:
        firing = None
        reasons = list(_undecided(kept, instant, due))
        if due and instant > kept.decided_until:
            reasons += await explain_schedule(book, id)
    return Account(
        schedule=id, instant=instant, due=due, version=version, firing=firing, reasons=reasons,
        job=job if firing is not None else None,
    )  # fmt: skip


async def _firing(connection: Connection, id: str, instant: datetime) -> Firing | None:
    row = await connection.fetchrow(_sql("firing_at"), id, instant)
    return None if row is None else firing_of(row)


async def _due(
    connection: Connection, id: str, instant: datetime
) -> tuple[int | None, bool | None]:
    """The version that answers for an instant, and whether that has it due."""
    row = await connection.fetchrow(_sql("version_at"), id, instant)
    if row is None:
        return None, None
    try:
        course = course_of(decode(row["definition"]))
    except (InvalidInput, msgspec.MsgspecError, ValueError):
        return row["version"], None
    return row["version"], course.count_between(instant - datetime.resolution, instant) > 0


async def _job(book: Book, firing: Firing | None) -> Explanation | None:
    if firing is None or firing.job is None:
        return None
    try:
        return await book.ledger.explain(firing.job)
    except NotFound:
        return None  # not kept any more


def _decided(firing: Firing) -> Iterator[Reason]:
    row = f", as one of {firing.count:,} from {_utc(firing.due_at)}" if firing.count > 1 else ""
    why = f"it was {firing.outcome}{row}: {firing.reason}"
    match firing.outcome:
        case Outcome.ENQUEUED:
            yield Reason(why, f"look at its job: horarium job explain {firing.job}")
        case Outcome.BUFFERED:
            yield Reason(why, "it runs by itself when the earlier job has ended")
        case Outcome.SKIPPED | Outcome.MISSED:
            yield Reason(why, "backfill it to run it after all")


def _undecided(kept: Kept, instant: datetime, due: bool | None) -> Iterator[Reason]:
    if due is None:
        yield Reason(
            "no version of the schedule answers for it: it was not there yet, or was retired",
            "backfill it to run it all the same",
        )
    elif not due:
        near = f"; the next due time is {_next(kept, instant)}"
        yield Reason(f"it was not due{near}", "ask for a due time, to the second")
    elif instant <= kept.decided_until:
        yield Reason(
            "it was due, and no record of it is kept",
            "older firings are forgotten (HORARIUM_KEEP_FIRINGS); else prove the schedule",
        )
    else:
        yield Reason("it has not been decided yet", "what follows says what it waits for")


def _next(kept: Kept, instant: datetime) -> str:
    try:
        coming = course_of(kept.schedule).next_due(instant)
    except InvalidInput:
        coming = None
    return "unknown" if coming is None else _utc(coming)


def _utc(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"


def _sql(name: str) -> str:
    return statement(__package__, name)
