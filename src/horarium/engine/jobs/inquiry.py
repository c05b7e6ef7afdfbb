"""Looking into the ledger: single jobs, lists by filter, counts, former attempts.

Nothing here changes a job. A filter without `since` or `until` reads as far as it has to: lists
stop at their page, counts and sums do not.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import msgspec

from horarium.clock import Clock, database_clock
from horarium.database import Database, statement
from horarium.engine.jobs.explanation import MOST_AHEAD, Explanation, Facts, explain
from horarium.engine.jobs.failure import MOST_MESSAGE
from horarium.engine.jobs.job import Error, Job, State
from horarium.engine.jobs.payload import shown
from horarium.engine.jobs.progress import read_mark
from horarium.engine.jobs.statistics import Statistics, statistics
from horarium.errors import InvalidInput, NotFound


class Argument(msgspec.Struct, frozen=True, omit_defaults=True):
    """An argument that a job was called with.

    Attributes:
        name: as the task function names it.
        value: JSON data; of a list or an object it is enough that the job's contains it.
        position: where a call by position has it, if that is known.
    """

    name: str
    value: Any
    position: int | None = None


class Filter(msgspec.Struct, frozen=True, kw_only=True):
    """Which jobs; `None` matches all.

    Attributes:
        without: the job is of none of these tasks.
        since, until: the half-open span in which the job ended or, while unfinished, is due.
        arguments: the job was called with each of these.
    """

    state: State | None = None
    task: str | None = None
    without: tuple[str, ...] = ()
    queue: str | None = None
    schedule: str | None = None
    owner: str | None = None
    batch: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    arguments: tuple[Argument, ...] = ()

    def check(self) -> None:
        """Refuse what no job can match, in words.

        Raises:
            InvalidInput: the span ends before it begins, or a text has NUL in it.
        """
        if self.since is not None and self.until is not None and self.until <= self.since:
            raise InvalidInput("until", f"{self.until.isoformat()} is not after since")
        for name, text in self._texts():
            if "\0" in text:
                raise InvalidInput(name, "it has the character NUL, which no job has")

    def _texts(self) -> Iterator[tuple[str, str]]:
        for name in ("task", "queue", "schedule", "owner", "batch"):
            yield name, getattr(self, name) or ""
        for task in self.without:
            yield "without", task
        for each in self.arguments:
            text = msgspec.json.encode(each).decode().replace("\\\\", "")
            yield each.name, text.replace("\\u0000", "\0")


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """One run of a job: those that did not end it, those before it was run again, and its last.

    Attributes:
        outcome: a word of the glossary; `None`: it is running.
    """

    attempt: int
    worker: int | None
    started_at: datetime | None
    ended_at: datetime | None
    outcome: str | None
    error: Error | None


class Inquiry:
    """Questions to the tables of jobs; it holds no state of its own."""

    def __init__(self, database: Database, clock: Clock = database_clock) -> None:
        self.database = database
        self.clock = clock

    async def find(self, id: str) -> Job | None:
        """The job with this id, unfinished or from history."""
        async with self.database.connection() as connection:
            row = await connection.fetchrow(_sql("show"), id)
        return None if row is None else _job(row)

    async def show(self, id: str) -> Job:
        """The job with this id.

        Raises:
            NotFound: the ledger has no such job.
        """
        job = await self.find(id)
        if job is None:
            raise _not_found(id)
        return job

    async def jobs(
        self, which: Filter | None = None, *, page: int = 1, count: int = 10
    ) -> list[Job]:
        """A page of jobs: unfinished ones first, then the newest of history."""
        async with self.database.connection() as connection:
            rows = await connection.fetch(_sql("list"), *asked(which), count, (page - 1) * count)
        return [_job(row) for row in rows]

    async def counts(
        self, which: Filter | None = None, *, most: int | None = None
    ) -> dict[State, int]:
        """How many jobs there are in each state.

        Args:
            most: count no more than so many unfinished jobs, and so many of history.
        """
        async with self.database.connection() as connection:
            rows = await connection.fetch(_sql("count"), *asked(which), most)
        return {State(row["state"]): row["count"] for row in rows}

    async def statistics(self, span: timedelta) -> Statistics:
        """Counts by state and percentiles of durations, per task, over the last so long."""
        seconds = span.total_seconds()
        async with self.database.connection() as connection:
            rows = await connection.fetch(_sql("stats"), seconds, self.clock())
        return statistics(seconds, rows)

    async def explain(self, id: str) -> Explanation:
        """Why a job has not run, or what became of it.

        Raises:
            NotFound: the ledger has no such job.
        """
        async with self.database.connection() as connection:
            row = await connection.fetchrow(_sql("facts"), id, self.clock(), MOST_AHEAD)
        if row is None:
            raise _not_found(id)
        state, error = State(row["state"]), _error(row["error"])
        return explain(Facts(**{**row, "state": state, "error": error}))

    async def attempts(self, id: str) -> list[Attempt]:
        """The runs of a job, oldest first.

        Raises:
            NotFound: the ledger has no such job.
        """
        await self.show(id)
        async with self.database.connection() as connection:
            rows = await connection.fetch(_sql("attempts"), id)
        return [Attempt(**{**row, "error": _error(row["error"])}) for row in rows]


def asked(which: Filter | None) -> tuple[State | None, datetime | None, datetime | None, str]:
    """A filter as the statements take it: state, since, until, and the rest as JSON.

    Raises:
        InvalidInput: no job can match it.
    """
    which = which or Filter()
    which.check()
    rest = {name: getattr(which, name) for name in ("task", "queue", "schedule", "owner", "batch")}
    rest = {name: value for name, value in rest.items() if value is not None}
    for name in ("without", "arguments"):
        if getattr(which, name):
            rest[name] = getattr(which, name)
    return which.state, which.since, which.until, msgspec.json.encode(rest).decode()


def _not_found(id: str) -> NotFound:
    return NotFound(f"there is no job {id!r} in the ledger")


def _job(row: Any) -> Job:
    values = dict(row)
    payload = values.pop("payload", None)
    for name in ("arguments", "labels", "result"):
        if values[name] is not None:
            values[name] = msgspec.Raw(values[name])
    values["arguments"] = values["arguments"] or shown(payload)
    values["error"] = _error(values["error"])
    values["progress"] = read_mark(values["progress"])
    values["state"] = State(values["state"])
    return Job(**values)


def _error(kept: str | bytes | None) -> Error | None:
    if kept is None:
        return None
    try:
        return msgspec.json.decode(kept, type=Error)
    except msgspec.MsgspecError:  # a row by another hand, which must not hide those beside it
        text = kept if isinstance(kept, str) else kept.decode()
        return Error("UnreadableError", text[:MOST_MESSAGE])


def _sql(name: str) -> str:
    return statement(__package__, name)
