"""A job's standing: what a page that follows one job shows, in a few hundred bytes."""

from datetime import datetime
from typing import Any

import msgspec

from horarium.database import Database, statement
from horarium.engine.jobs.job import Error, Mark, State
from horarium.engine.jobs.progress import read_mark


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """Where a job stands now; without its arguments and its result, which may be large."""

    id: str
    task: str
    queue: str
    state: State
    attempt: int
    worker: int | None
    due_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    error: Error | None
    progress: Mark | None

    @property
    def mark(self) -> str:
        """Names this standing among all of the same job."""
        told = 0 if self.progress is None else self.progress.number
        moment = self.finished_at or self.started_at
        stamp = 0 if moment is None else int(moment.timestamp() * 1_000_000)
        return f"{self.state}.{self.attempt}.{told}.{stamp}"


async def standing(database: Database, id: str) -> Standing | None:
    """Where a job stands; `None`: the ledger has no such job."""
    async with database.connection() as connection:
        row = await connection.fetchrow(statement(__package__, "standing"), id)
    return None if row is None else _standing(row)


def _standing(row: Any) -> Standing:
    values = dict(row)
    error = values["error"]
    values["error"] = None if error is None else msgspec.json.decode(error, type=Error)
    values["progress"] = read_mark(values["progress"])
    values["state"] = State(values["state"])
    return Standing(**values)
