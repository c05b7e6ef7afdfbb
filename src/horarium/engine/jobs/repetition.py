"""Running again what has ended: one job, or many by filter.

A job goes back from history to the hot table under its own id, as if it had just been enqueued.
Many are moved in batches, oldest first, by their place in history (instant, id): what ends while
that goes on is not looked at, so that jobs that fail at once are not run again for ever.
"""

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime

import asyncpg

from horarium.clock import current_time
from horarium.database import Connection, statement
from horarium.engine.jobs import dependents
from horarium.engine.jobs.channels import JOBS_CHANNEL
from horarium.engine.jobs.inquiry import Filter, Inquiry, asked
from horarium.engine.jobs.job import Job
from horarium.errors import Conflict, InvalidInput

_AT_ONCE = 2000
_TRIES = 5
_BEFORE_ALL = datetime(1, 1, 1, tzinfo=UTC)


class Repetition(Inquiry):
    """Jobs that have ended, queued once more."""

    async def run_again(self, id: str) -> Job:
        """Queue a job that has ended once more, whatever it ended with; returns it.

        Its attempts are counted anew; the run that ended it stays among them, its result does not.

        Raises:
            NotFound: the ledger has no such job.
            Conflict: it has not ended, somebody else has just done the same, or another is there
                under its unique key.
        """
        async with self.database.transaction() as connection:
            job = await self.show(id)
            if job.finished_at is None:
                raise Conflict(
                    f"job {id!r} is {job.state}; only a job that has ended can be run again"
                )
            if not await self._queue_again(connection, [(id, job.finished_at)]):
                rival = await connection.fetchval(_sql("rival"), id)
                raise Conflict(
                    f"job {id!r} has just been enqueued again by somebody else"
                    if rival is None
                    else f"job {id!r} is unique, and {rival!r} is there under its key, unfinished; "
                    "wait for that one, or cancel it"
                )
            return await self.show(id)

    async def run_again_many(self, which: Filter, *, dry_run: bool = False) -> int:
        """Queue the ended jobs that match once more, oldest first; returns how many.

        Jobs that end while this goes on are left out, and so are those that are unfinished. Outside
        a transaction of the caller's, so many at a time are committed together.

        Args:
            dry_run: only count them.
        """
        if which.state is not None and not which.state.final:
            raise InvalidInput("state", f"a job that is {which.state} has not ended")
        found = 0
        async for batch in self._ended(which):
            if dry_run:
                found += len(batch)
                continue
            async with self.database.transaction() as connection:
                found += len(await self._queue_again(connection, batch))
        return found

    async def _ended(self, which: Filter) -> AsyncIterator[list[tuple[str, datetime]]]:
        """Ended jobs that match and can be run again, a batch at a time."""
        state, since, until, rest = asked(which)
        place = (since or _BEFORE_ALL, "")
        async with self.database.connection() as connection:
            now = await current_time(self.clock, connection)
        until = now if until is None else min(until, now)
        while True:
            async with self.database.connection() as connection:
                rows = await connection.fetch(
                    _sql("ended"), state, place[0], until, rest, place[1], _AT_ONCE
                )
            if not rows:
                return
            yield [(row["id"], row["finished_at"]) for row in rows if row["can_run_again"]]
            place = (rows[-1]["finished_at"], rows[-1]["id"])

    async def _queue_again(
        self, connection: Connection, ended: Sequence[tuple[str, datetime]]
    ) -> set[str]:
        """Move ended jobs back; an id that is enqueued at this very moment makes it look again."""
        which = [id for id, _ in ended], [finished_at for _, finished_at in ended]
        for _ in range(_TRIES):
            try:
                async with connection.transaction():
                    keys = await connection.fetch(_sql("keys_of_ended"), *which)
                    await connection.executemany(_sql("lock_unique"), [(r["key"],) for r in keys])
                    rows = await connection.fetch(
                        _sql("run_again"), *which, self.clock(), JOBS_CHANNEL
                    )
            except asyncpg.UniqueViolationError:
                continue
            again = [row["id"] for row in rows]
            await dependents.follow_again(connection, again)
            return set(again)
        raise Conflict("some of these jobs are enqueued again and again by somebody else")


def _sql(name: str) -> str:
    return statement(__package__, name)
