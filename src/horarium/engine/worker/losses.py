"""Jobs whose worker dies again and again while it runs them: one of them may be what kills it.

A rescued job runs again. One that has been lost too often in a row, by `max_lost` of its task, ends
as failed instead, by the same statement as any other outcome: what waits for it learns of it. An
attempt that ended in another way, however it ended, begins the count anew.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import structlog

from horarium.database import Connection, statement
from horarium.engine.jobs.dependents import Stopped
from horarium.engine.jobs.job import Claim, Error
from horarium.engine.jobs.ledger import Ledger
from horarium.engine.jobs.outcome import Failed, Held

if TYPE_CHECKING:
    from horarium.engine.worker.lease import Rescued

MOST_LOST = 5
"""Attempts in a row that may be lost, where a task says nothing else."""

_log = structlog.get_logger()


class Losses:
    """How often jobs may be lost, and what becomes of those that were lost too often.

    Args:
        most: for tasks that say so, by their names.
    """

    def __init__(self, ledger: Ledger, most: Callable[[], Mapping[str, int]]) -> None:
        self._ledger = ledger
        self._most = most
        self._stopped: list[Stopped] = []

    def bounds(self) -> tuple[list[str], list[int], int]:
        """Tasks, how often each may be lost, and how often any other."""
        most = self._most()
        return list(most), list(most.values()), MOST_LOST

    async def give_up(self, connection: Connection, lost: "Sequence[Rescued]") -> None:
        """End jobs that were lost too often; one that somebody else has ended is left alone."""
        times = {job.id: job.times for job in lost}
        rows: list[Any] = await connection.fetch(
            statement(__package__, "lost"), list(times), [job.attempt for job in lost]
        )
        for row in rows:
            claim = Claim(**row, expired=False)
            outcome = Failed(lost_too_often(times[claim.id]))
            async with connection.transaction():
                held = [Held(claim, outcome)]
                await self._ledger.finish(connection, claim.worker, held, self._stopped)
            _log.error(
                "a job has failed: its workers died while they ran it",
                job=claim.id, task=claim.task, times=times[claim.id],
            )  # fmt: skip

    def stopped(self) -> list[Stopped]:
        """The jobs that were to stop with those given up, and have ended too; each once."""
        stopped, self._stopped = self._stopped, []
        return stopped


def lost_too_often(times: int) -> Error:
    """What is recorded of a job that was lost so often in a row."""
    again = "once" if times == 1 else f"{times} times"
    return Error(
        "WorkerLost",
        f"its worker died {again} while running it; label max_lost says how often it may",
    )
