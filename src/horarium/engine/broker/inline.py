"""The broker without a database: calls are run in the process that makes them, for tests.

What stands in for PostgreSQL is a ledger in memory. Everything before and after it is the real
thing: labels, middlewares, dependencies, the way of arguments through JSON and back, refusals,
retries, outcomes, results. What needs a database (the job's transaction, schedules, limits, leases)
is not here. Nothing waits: a retry follows at once, and so does a job with a delay; one that
snoozes is run again by the next `wait_all`.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from taskiq import TaskiqEvents
from taskiq.acks import AckableMessage
from taskiq.exceptions import UnknownTaskError
from taskiq.message import BrokerMessage
from taskiq.result import TaskiqResult
from taskiq.utils import maybe_awaitable

from horarium.engine.broker.bridge import Bridge
from horarium.engine.broker.broker import LedgerBroker
from horarium.engine.broker.memory import InlineLedger
from horarium.engine.broker.results import LedgerResults
from horarium.engine.broker.seal import Seal
from horarium.events import Events
from horarium.settings import Settings


class InlineResults(LedgerResults):
    """Results of an inline ledger; waiting for one runs what is queued."""

    def __init__(
        self, ledger: InlineLedger, seal: Seal, declared: Callable[[str], Mapping[str, Any]]
    ) -> None:
        super().__init__(ledger, seal, declared)
        self._inline = ledger

    async def get_result(self, task_id: str, with_logs: bool = False) -> TaskiqResult[Any]:
        """The result of a job that has ended; its error is the very one that was raised."""
        result = await super().get_result(task_id, with_logs)
        error = self._inline.error(task_id)
        if result.is_err and error is not None and result.error is not None:
            result.error = error
        return result

    async def wait(self, task_id: str, timeout: float | None) -> None:
        """Run what is queued.

        Raises:
            TimeoutError: the job has not ended with that: it has snoozed, or nobody knows its task.
        """
        if await self._inline.expect(task_id):
            async with asyncio.timeout(timeout):
                await self._inline.run_all()
        if await self._inline.expect(task_id):
            raise TimeoutError


class InlineBroker(LedgerBroker):
    """A `LedgerBroker` whose jobs are run in this process, without a database.

    Args:
        at_once: `.kiq()` runs the job before it returns; else `wait_all` and `wait_result` do.
    """

    def __init__(
        self,
        *,
        at_once: bool = True,
        settings: Settings | None = None,
        events: Events | None = None,
    ) -> None:
        inline = InlineLedger(self, at_once=at_once)
        super().__init__(inline, settings or Settings(), events or Events())
        self.result_backend = InlineResults(inline, self.seal, self.declared)
        self.bridge = Bridge(None)

    async def startup(self) -> None:
        """Start what belongs to the caller, and what belongs to the worker that it is as well."""
        await super().startup()
        await self._tell(TaskiqEvents.WORKER_STARTUP)

    async def shutdown(self) -> None:
        """Stop both again."""
        await self._tell(TaskiqEvents.WORKER_SHUTDOWN)
        await super().shutdown()

    async def _tell(self, event: TaskiqEvents) -> None:
        if not self.is_worker_process:
            for told in self.event_handlers.get(event, []):
                await maybe_awaitable(told(self.state))

    async def kick(self, message: BrokerMessage) -> None:
        """Run a call, or keep it until `wait_all`.

        Raises:
            UnknownTaskError: nobody is going to know the task.
        """
        if self.find_task(message.task_name) is None:
            raise UnknownTaskError(task_name=message.task_name)
        await super().kick(message)

    @property
    def _running_tasks(self) -> set[asyncio.Task[None]]:
        """What runs at this moment, under the name by which tests of TaskIQ's broker know it."""
        return self.ledger.running if isinstance(self.ledger, InlineLedger) else set()

    async def wait_all(self) -> None:
        """Run what is queued, with what that enqueues, and once more each job that has snoozed."""
        if isinstance(self.ledger, InlineLedger):
            await self.ledger.run_all()

    def listen(self) -> AsyncGenerator[AckableMessage, None]:
        """Refused: there is nothing to listen to."""
        raise RuntimeError("an inline broker runs its jobs itself; it cannot be listened to")


@contextmanager
def inline(broker: LedgerBroker, *, at_once: bool = True) -> Iterator[InlineLedger]:
    """Let a broker run its jobs inline for the time of a block."""
    former = broker.ledger, broker.result_backend, broker.bridge
    ledger = broker.ledger = InlineLedger(broker, at_once=at_once)
    broker.result_backend = InlineResults(ledger, broker.seal, broker.declared)
    broker.bridge = Bridge(None)
    try:
        yield ledger
    finally:
        broker.bridge.close()
        broker.ledger, broker.result_backend, broker.bridge = former
