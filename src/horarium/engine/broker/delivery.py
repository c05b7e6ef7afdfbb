"""A run in the hands of TaskIQ's own receiver, until its outcome is known."""

import asyncio
from typing import Any

from taskiq.message import TaskiqMessage
from taskiq.result import TaskiqResult

from horarium.engine.jobs.failure import describe
from horarium.engine.jobs.job import Error
from horarium.engine.jobs.outcome import Failed, Outcome
from horarium.engine.worker.run import Run, interrupted


class Delivery:
    """A run in the hands of the stock receiver.

    Attributes:
        callback: the receiver's asyncio task, once it has begun with the message.
    """

    def __init__(self, run: Run, data: bytes) -> None:
        self.run = run
        self.data = data
        self.outcome: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self.closed = asyncio.Event()
        self.callback: asyncio.Task[Any] | None = None
        self.message: TaskiqMessage | None = None
        self.result: TaskiqResult[Any] | None = None
        self.saved = False
        self.acknowledged_early = False

    def watch(self, callback: asyncio.Task[Any] | None) -> None:
        """Learn of the end of the receiver's callback, also where it never acknowledges."""
        self.callback = callback
        if callback is not None:
            callback.add_done_callback(lambda task: _conclude_unacknowledged(self, task))

    async def wait(self) -> Outcome:
        """The outcome; being cancelled stops the receiver's callback and waits for its end."""
        try:
            return await self.outcome
        except asyncio.CancelledError:
            self._renew()
            if not self.outcome.done() and self.callback is not None:
                self.callback.cancel()
            elif not self.outcome.done():
                self.conclude(interrupted(self.run))
            return await self.outcome

    @property
    def is_settled(self) -> bool:
        """The outcome is known."""
        return self.outcome.done() and not self.outcome.cancelled()

    def conclude(self, outcome: Outcome) -> None:
        """Settle the outcome, unless it is settled."""
        self._renew()
        if not self.outcome.done():
            self.outcome.set_result(outcome)

    def _renew(self) -> None:
        """The outcome is cancelled with whoever waits for it; it is still to come."""
        if self.outcome.cancelled():
            self.outcome = asyncio.get_running_loop().create_future()


def _conclude_unacknowledged(delivery: Delivery, callback: asyncio.Task[Any]) -> None:
    """The receiver's callback has ended; where it never acknowledged, it says no more."""
    if delivery.is_settled:
        return
    if callback.cancelled():
        delivery.conclude(interrupted(delivery.run))
        return
    error = callback.exception()
    if error is not None:
        delivery.conclude(Failed(describe(error)))
    else:
        delivery.conclude(
            Failed(Error("NotAcknowledged", "the task ended and did not acknowledge its message"))
        )
