"""A worker's side of the ledger: it claims jobs, holds them while they run, and hands them back
with what became of them.
"""

from collections.abc import Sequence
from itertools import starmap
from typing import Any, NamedTuple

from horarium.database import Connection, statement
from horarium.engine.jobs import ending
from horarium.engine.jobs.channels import JOBS_CHANNEL
from horarium.engine.jobs.dependents import Stopped
from horarium.engine.jobs.job import Claim
from horarium.engine.jobs.outcome import Held
from horarium.engine.jobs.repetition import Repetition


class Outlook(NamedTuple):
    """What a worker that found nothing to claim may wait for.

    Attributes:
        ready: something is queued now.
        next_due_in: seconds until the next job becomes due; `None`: none is scheduled.
    """

    ready: bool
    next_due_in: float | None


class Audited(NamedTuple):
    """What the ledger and a worker did not agree on.

    Attributes:
        returned: jobs that the worker held without knowing of them; they are queued again.
        cancelling: jobs that the worker runs and that are ordered to stop.
    """

    returned: list[str]
    cancelling: list[str]


class Holding(Repetition):
    """Jobs that are claimed by workers, on the connections that these keep for it."""

    async def claim(
        self, connection: Connection, worker: int, queues: Sequence[str] | None, limit: int
    ) -> list[Claim]:
        """Take up to `limit` queued jobs for a worker whose lease holds.

        Those with limits are not taken yet: they come back as candidates for `gate.admit`.
        """
        rows = await connection.fetch(_sql("claim"), worker, queues, limit, self.clock())
        return list(starmap(Claim, rows))

    async def claim_shares(
        self, connection: Connection, worker: int, limit: int, shares: tuple[Any, Any, Any]
    ) -> list[Claim]:
        """The same as `claim`, from queues by weight: their names, weights, places on the line."""
        queues, weights, places = shares
        rows = await connection.fetch(
            _sql("claim_shares"), worker, queues, limit, self.clock(), weights, places
        )
        return [Claim(**row) for row in rows]

    async def promote(self, connection: Connection, queues: Sequence[str] | None) -> Outlook:
        """Queue what has become due, and say what there is to wait for."""
        return Outlook(*await connection.fetchrow(_sql("promote"), queues, self.clock()))

    async def finish(
        self,
        connection: Connection,
        worker: int,
        held: Sequence[Held],
        stopped: list[Stopped] | None = None,
    ) -> set[str]:
        """Record outcomes, in the caller's transaction; returns the ids of those still held.

        Final outcomes move to history; the others send their job back for another attempt.

        Args:
            stopped: is given the jobs that were to stop with these, and have ended too.
        """
        return await ending.finish(
            connection, worker, held, self.clock, [] if stopped is None else stopped
        )

    async def finish_alone(
        self, connection: Connection, worker: int, held: Sequence[Held]
    ) -> set[str]:
        """Record outcomes that `ending.stand_alone`, outside of a transaction.

        Returns:
            The ids of those that are done; for the others `finish` is to be called.
        """
        return await ending.finish_alone(connection, worker, held, self.clock)

    async def audit(self, connection: Connection, worker: int, held: Sequence[str]) -> Audited:
        """Compare what a worker holds by the ledger with the jobs it knows to hold."""
        rows = await connection.fetch(_sql("audit"), worker, held, JOBS_CHANNEL)
        return Audited(
            [row["id"] for row in rows if not row["cancelling"]],
            [row["id"] for row in rows if row["cancelling"]],
        )


def _sql(name: str) -> str:
    return statement(__package__, name)
