"""A book of schedules, schedulers and a stand-in for workers, at a time that the test sets."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from schedule_examples import NOON

from horarium.clock import SetClock
from horarium.database import Connection, Database
from horarium.engine.jobs.ledger import Ledger
from horarium.engine.schedules.book import Book, Firing
from horarium.engine.schedules.schedule import Schedule
from horarium.engine.schedules.scheduler import Scheduler


class World:
    """One database and its clock."""

    def __init__(self, database: Database, now: datetime = NOON) -> None:
        self.database = database
        self.clock = SetClock(now)
        self.ledger = Ledger(database, self.clock)
        self.book = Book(self.ledger)
        self._schedulers: list[Scheduler] = []

    def scheduler(self) -> Scheduler:
        scheduler = Scheduler(self.ledger)
        self._schedulers.append(scheduler)
        return scheduler

    async def close(self) -> None:
        for scheduler in self._schedulers:
            await scheduler._link.close()

    def pass_time(self, *, seconds: float = 0, **span: float) -> None:
        self.clock.set(self.clock.now + timedelta(seconds=seconds, **span))

    async def put(self, *schedules: Schedule) -> None:
        for schedule in schedules:
            await self.book.put(schedule, "api")

    async def decide(self) -> int:
        """One scheduler decides everything that is due now; returns how many firings."""
        if not self._schedulers:
            self.scheduler()
        scheduler, total = self._schedulers[0], 0
        scheduler._looked_at_all = float("-inf")
        while count := await scheduler.step():
            total += count
        return total

    async def run_until(self, end: datetime, step: timedelta) -> None:
        """Let time pass with a scheduler that looks at each step."""
        while self.clock.now < end:
            self.clock.set(self.clock.now + step)
            await self.decide()

    async def firings(self, schedule: str | None = None) -> list[Firing]:
        """All firings, the oldest first."""
        return (await self.book.firings(schedule, count=100_000))[::-1]

    async def outcomes(self, schedule: str | None = None) -> list[tuple[str, int]]:
        return [(each.outcome.value, each.count) for each in await self.firings(schedule)]

    async def rows(self, query: str, *values: Any) -> list[Any]:
        async with self.database.connection() as connection:
            return list(await connection.fetch(query, *values))

    async def value(self, query: str, *values: Any) -> Any:
        return next(iter((await self.rows(query, *values))[0].values()))

    async def unfinished(self, schedule: str | None = None) -> list[Any]:
        """Unfinished jobs by due time: those of a schedule, or all."""
        return await self.rows(
            "select * from horarium.jobs where $1::text is null or schedule = $1"
            " order by fired_for nulls last, id",
            schedule,
        )

    async def end(self, ids: Sequence[str], state: str = "succeeded") -> None:
        """What a worker does at the end of these jobs: move them to history."""
        await self.rows(
            "with ended as (delete from horarium.jobs where id = any($2) returning *)"
            " insert into horarium.job_history (id, task, queue, priority, state, due_at,"
            " enqueued_at, attempt, finished_at, schedule, fired_for, arguments, labels)"
            " select id, task, queue, priority, $1, due_at, enqueued_at, attempt, now(), schedule,"
            " fired_for, arguments, labels from ended returning id",
            state, list(ids),
        )  # fmt: skip

    async def end_jobs(self, state: str = "succeeded", schedule: str | None = None) -> int:
        """What a worker does at the end: move all unfinished jobs to history."""
        unfinished = [row["id"] for row in await self.unfinished(schedule)]
        await self.end(unfinished, state)
        return len(unfinished)

    async def jobs_made(self, schedule: str | None = None) -> list[datetime]:
        """The due times that have a job, unfinished or ended: once for each job."""
        rows = await self.rows(
            "select fired_for from horarium.jobs where $1::text is null or schedule = $1"
            " union all"
            " select fired_for from horarium.job_history where $1::text is null or schedule = $1"
            " order by 1",
            schedule,
        )
        return [row["fired_for"] for row in rows]


async def execute(connection: Connection, *statements: str) -> None:
    for statement in statements:
        await connection.execute(statement)
