"""A composition that was sent: how far it has come, its end, its results."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from horarium.engine.broker.results import LedgerResults
from horarium.engine.broker.task import LedgerHandle
from horarium.engine.jobs.batches import Batch, BatchCancellation, BatchProgress
from horarium.errors import HorariumError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from taskiq.result import TaskiqResult

    from horarium.engine.broker.broker import LedgerBroker


class BatchHandle:
    """A batch, known by its id.

    Attributes:
        ends: the jobs that nothing in it waits for: of a chain or a chord the last, of a group all.
            Empty where the batch was not sent from here.
    """

    def __init__(
        self, broker: "LedgerBroker", id: str, ends: Mapping[str, Any] | None = None
    ) -> None:
        self.id = id
        self._broker = broker
        self._types = ends or {}
        self.ends = tuple(self._types)

    async def show(self) -> Batch:
        """What the ledger knows of it.

        Raises:
            NotFound: the ledger has no such batch.
        """
        batch, _ = await self._broker.batches.show(self.id)
        return batch

    async def progress(self) -> BatchProgress:
        """How far it has come."""
        _, progress = await self._broker.batches.show(self.id)
        return progress

    async def wait(self, timeout: float | None = None) -> BatchProgress:
        """Wait until all its jobs have ended, woken by notifications.

        One unfinished job is waited for at a time, the one that was made last first: the others
        have mostly ended by then, and no job of a batch has to tell of its end.

        Args:
            timeout: seconds to wait at most.

        Raises:
            TimeoutError: some have not ended in time.
        """
        async with asyncio.timeout(timeout), self._results() as results:
            progress = await self.progress()
            while (job := await self._broker.batches.unfinished(self.id)) is not None:
                await results.wait(job, None)
            return progress if progress.ended_at is not None else await self.progress()

    async def wait_results(self, timeout: float | None = None) -> "Sequence[TaskiqResult[Any]]":
        """Wait for the jobs that it ends with; their results, in the order of the composition.

        Raises:
            TimeoutError: some have not ended in time.
            HorariumError: the batch was not sent from here, so that these are not known.
        """
        if not self.ends:
            raise HorariumError(
                f"which jobs the batch {self.id} ends with is known only to the handle that kiq() "
                "returned; ask for results by the ids of its jobs"
            )
        async with asyncio.timeout(timeout), self._results() as results:
            found = []
            for id, kind in self._types.items():
                await results.wait(id, None)
                found.append(await LedgerHandle(id, results, kind).get_result())
            return found

    async def cancel(
        self, reason: str = "its batch was cancelled", *, running: bool = False
    ) -> BatchCancellation:
        """End what has not begun; what runs, runs on, unless `running` asks it to stop too."""
        return await self._broker.batches.cancel(self.id, reason, running=running)

    @asynccontextmanager
    async def _results(self) -> "AsyncIterator[LedgerResults]":
        """The broker's results or, where a user put others in their place, some of its own."""
        if isinstance(self._broker.result_backend, LedgerResults):
            yield self._broker.result_backend
            return
        results = LedgerResults(self._broker.ledger)
        try:
            yield results
        finally:
            await results.shutdown()
