"""What was done to schedules by hand: paused, resumed, triggered, retired, a proof
accepted; by whom, and why."""

from datetime import datetime
from typing import Literal

import msgspec

from horarium.clock import Clock
from horarium.database import Connection, statement
from horarium.engine.schedules.schedule import Origin

ActKind = Literal["pause", "resume", "trigger", "retire", "accept"]


class Act(msgspec.Struct, frozen=True, kw_only=True):
    """One act on a schedule; `job` is that of a trigger."""

    act: ActKind
    note: str | None
    origin: Origin
    job: str | None
    at: datetime


async def note_act(
    connection: Connection,
    clock: Clock,
    schedule: str,
    act: ActKind,
    note: str | None,
    origin: Origin,
    job: str | None = None,
) -> None:
    """Record an act, in the caller's transaction."""
    sql = statement(__package__, "note_act")
    await connection.execute(sql, schedule, act, note, origin, job, clock())
