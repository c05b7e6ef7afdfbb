"""The book of schedules: adding them, changing them, looking at them."""

from datetime import UTC, datetime
from typing import Any

import msgspec

from horarium.clock import current_time
from horarium.database import Connection, Database, statement
from horarium.engine.jobs.ledger import Ledger
from horarium.engine.schedules.acts import note_act
from horarium.engine.schedules.firing import Outcome, passed_over
from horarium.engine.schedules.record import call_beside, kept_of, record_row
from horarium.engine.schedules.schedule import (
    Kept,
    Origin,
    Schedule,
    check,
    completed,
    course_of,
    decided_until_of,
    refuse_passed,
    same,
)
from horarium.engine.schedules.step import settle
from horarium.errors import InvalidInput, NotFound

SCHEDULES_CHANNEL = "horarium_schedules"
"""Notified with the id of a schedule that changed, or whose unfinished job ended."""


class Firing(msgspec.Struct, frozen=True, kw_only=True):
    """A recorded firing: a due time, or a row of `count` of them, and what became of it."""

    schedule: str
    due_at: datetime
    version: int
    outcome: Outcome
    reason: str
    count: int
    due_until: datetime | None
    covers_from: datetime | None
    covers_until: datetime | None
    job: str | None
    decided_at: datetime
    decided_by: str


def firing_of(row: Any) -> Firing:
    """A row of firings."""
    return Firing(**{**row, "outcome": Outcome(row["outcome"])})


class Book:
    """Every schedule, whoever made it: code, API or command line."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger

    @property
    def database(self) -> Database:
        return self.ledger.database

    # Changing

    async def put(self, schedule: Schedule, origin: Origin, app: str | None = None) -> int:
        """Add a schedule, or make this the newest version of it; returns its version.

        The due times that have passed are decided by the version they belong to first. An
        instant in the past is run, within the catch-up window, by a new schedule only; an edit to
        one is refused, but for the code's, which must not keep its schedulers from starting.

        Raises:
            InvalidInput: it cannot be kept; nothing was changed.
        """
        async with self.database.transaction() as connection:
            kept = await self._lock(connection, schedule.id, new=True)
            now = await self._change_time(connection, kept)
            schedule = completed(schedule, None if kept is None else kept.schedule, now)
            check(schedule)
            if kept is not None:
                unchanged = same(kept.schedule, schedule)
                if unchanged and kept.state not in ("retired", "parked"):
                    return kept.version
                if origin != "code":
                    refuse_passed(schedule, kept.schedule, now)
                await self._settle(connection, kept, now)
            return await self._write(connection, schedule, origin, app, kept, now)

    async def _write(
        self,
        connection: Connection,
        schedule: Schedule,
        origin: Origin,
        app: str | None,
        kept: Kept | None,
        now: datetime,
    ) -> int:
        course = course_of(schedule)
        decided_until = decided_until_of(schedule.timetable, now) if kept is None else now
        return int(
            await connection.fetchval(
                _sql("put"), schedule.id, origin, app, schedule.task,
                msgspec.json.encode(schedule), decided_until, *course.upcoming(decided_until),
                self.ledger.clock(), SCHEDULES_CHANNEL,
            )
        )  # fmt: skip

    async def retire(self, id: str, note: str, origin: Origin = "api") -> None:
        """Take a schedule out of the timetable for good; its history stays.

        What waits for an earlier job is not run any more.

        Raises:
            NotFound: there is no such schedule.
        """
        async with self.database.transaction() as connection:
            await self._stop(connection, id, "retired", note)
            await note_act(connection, self.ledger.clock, id, "retire", note, origin)
            await connection.execute(
                _sql("give_up"), id, "the schedule was retired", self.ledger.clock(), "retire"
            )

    async def pause(self, id: str, note: str, origin: Origin = "api") -> None:
        """Take a schedule out of the timetable until it is resumed; what waits goes on waiting.

        Raises:
            NotFound: there is no such schedule.
        """
        async with self.database.transaction() as connection:
            await self._stop(connection, id, "paused", note)
            await note_act(connection, self.ledger.clock, id, "pause", note, origin)

    async def _stop(self, connection: Connection, id: str, state: str, note: str) -> None:
        kept = await self._lock(connection, id)
        if kept is None or kept.state == "retired":
            raise NotFound(f"there is no schedule {id!r}")
        now = await self._change_time(connection, kept)
        if kept.state == "paused" and state == "paused":
            now = kept.decided_until  # one pause is one record, whoever says it again
        else:
            await self._settle(connection, kept, now, leaving=state)
        await connection.execute(_sql("stop"), id, state, note, self.ledger.clock(), now)

    async def resume(self, id: str, note: str | None = None, origin: Origin = "api") -> None:
        """Put a paused or parked schedule back; what came due meanwhile is recorded as skipped.

        One that is neither is left as it is.

        Raises:
            NotFound: there is no such schedule.
            InvalidInput: it was parked, and still cannot be run.
        """
        async with self.database.transaction() as connection:
            kept = await self._lock(connection, id)
            if kept is None:
                raise NotFound(f"there is no schedule {id!r}")
            if kept.state not in ("paused", "parked"):
                return
            check(kept.schedule)
            now = await self._change_time(connection, kept)
            await self._settle(connection, kept, now)
            await note_act(connection, self.ledger.clock, id, "resume", note, origin)
            await connection.execute(
                _sql("resume"), id, now, *course_of(kept.schedule).upcoming(now),
                self.ledger.clock(), SCHEDULES_CHANNEL,
            )  # fmt: skip

    async def trigger(self, id: str, note: str | None = None, origin: Origin = "api") -> str:
        """Run a schedule's call now, beside its timetable; returns the job's id.

        Raises:
            NotFound: there is no such schedule.
        """
        kept = await self.show(id)
        job = call_beside(kept.schedule)
        async with self.database.transaction() as connection:
            await self.ledger.enqueue(job)
            await note_act(connection, self.ledger.clock, id, "trigger", note, origin, job.id)
        return job.id

    async def _lock(self, connection: Connection, id: str, *, new: bool = False) -> Kept | None:
        """A schedule that nobody else changes or decides until this transaction ends."""
        row = await connection.fetchrow(_sql("find") + " for update", id)
        if row is None and new:
            await connection.execute(_sql("turn"), id)
            row = await connection.fetchrow(_sql("find") + " for update", id)
        return None if row is None else kept_of(row)

    async def _change_time(self, connection: Connection, kept: Kept | None) -> datetime:
        """From when a change counts: now, and never before what has been decided already."""
        now = await self.now(connection)
        return now if kept is None else max(now, kept.decided_until)

    async def _settle(
        self, connection: Connection, kept: Kept, now: datetime, *, leaving: str | None = None
    ) -> None:
        """Decide by this version, for good, what has come due under it.

        Args:
            leaving: the state that it is about to enter, in which nothing runs: a due time whose
                jitter has not passed is passed over.
        """
        if kept.state == "active":
            id = kept.schedule.id
            await settle(connection, self.ledger, id, now, ahead=leaving is None)
            if leaving is not None:
                await self._pass_over(connection, await self.show(id), now, leaving)
        elif kept.state in ("paused", "parked"):
            reason = f"{kept.state}: {kept.note}" if kept.note else kept.state
            await self._pass_over(connection, kept, now, reason)

    async def _pass_over(
        self, connection: Connection, kept: Kept, now: datetime, reason: str
    ) -> None:
        try:
            row = passed_over(kept.schedule, kept.decided_until, now, reason)
        except InvalidInput:
            return  # nobody can say what its due times were
        if row is not None:
            clock = self.ledger.clock
            await record_row(connection, clock, kept.schedule, kept.version, row, "a change")

    # Looking

    async def show(self, id: str) -> Kept:
        """One schedule and where it stands.

        Raises:
            NotFound: there is no such schedule.
        """
        async with self.database.connection() as connection:
            row = await connection.fetchrow(_sql("find"), id)
        if row is None:
            raise NotFound(f"there is no schedule {id!r}")
        return kept_of(row)

    async def schedules(
        self, *, retired: bool = False, page: int = 1, count: int = 100
    ) -> list[Kept]:
        """A page of schedules, the next due first."""
        async with self.database.connection() as connection:
            rows = await connection.fetch(_sql("list"), retired, count, (page - 1) * count)
        return [kept_of(row) for row in rows]

    async def firings(
        self, schedule: str | None = None, *, page: int = 1, count: int = 20
    ) -> list[Firing]:
        """A page of firings, newest due time first."""
        async with self.database.connection() as connection:
            rows = await connection.fetch(_sql("firings"), schedule, count, (page - 1) * count)
        return [firing_of(row) for row in rows]

    async def now(self, connection: Connection) -> datetime:
        """The time by which due times are judged: the database's."""
        return (await current_time(self.ledger.clock, connection)).astimezone(UTC)


def _sql(name: str) -> str:
    return statement(__package__, name)
