"""Jobs for TaskIQ's own receiver: `taskiq worker` asks, the ledger's worker answers.

The worker claims jobs and keeps their leases as ever. Running one means, here, handing it to the
stock receiver and waiting for its acknowledgement. An acknowledgement carries no outcome, and the
receiver sends it even where a result could not be saved; so the outcome is decided from what the
broker's own hooks have seen. A receiver's callback that ends without acknowledging, because a
middleware raised, is seen too: its asyncio task is watched.
"""

import asyncio
from collections.abc import AsyncGenerator
from logging import LogRecord, getLogger
from typing import TYPE_CHECKING, Any

from taskiq.abc.middleware import TaskiqMiddleware
from taskiq.acks import AckableMessage
from taskiq.exceptions import NoResultError
from taskiq.message import TaskiqMessage
from taskiq.result import TaskiqResult
from taskiq.utils import maybe_awaitable

from horarium.engine.broker import tracing
from horarium.engine.broker.arguments import WrongArgument, read_message
from horarium.engine.broker.completion import completed, takes_results
from horarium.engine.broker.delivery import Delivery
from horarium.engine.broker.execution import (
    Execution,
    RunRecorder,
    conclude,
    ended,
    refused,
    unknown,
)
from horarium.engine.broker.executors import Executor, executor_of
from horarium.engine.broker.opening import PickleRefused, data_of, sealed_away, unreadable
from horarium.engine.broker.seal import CannotOpen
from horarium.engine.jobs.failure import describe
from horarium.engine.jobs.job import Claim, Error
from horarium.engine.jobs.outcome import Failed, Outcome
from horarium.engine.worker.run import Run, current_run, interrupted

if TYPE_CHECKING:
    from horarium.engine.broker.broker import LedgerBroker


class Deliveries:
    """What the worker has claimed and the stock receiver has not yet acknowledged."""

    def __init__(self, broker: "LedgerBroker") -> None:
        self._broker = broker
        self._execution = Execution(broker)
        self._executed: set[str] = set()
        self._open: dict[str, Delivery] = {}
        self._ready: asyncio.Queue[Delivery | None] = asyncio.Queue()
        self._worker: asyncio.Task[None] | None = None
        self._receiver_has_stopped = False

    async def execute(self, run: Run) -> Outcome:
        """Hand a run over and wait for what becomes of it."""
        task = self._broker.find_task(run.claim.task)
        if task is None:
            return unknown(run.claim)
        if executor_of(task) is Executor.PROCESS:
            return await self._execute_here(run)
        if takes_results(run.claim):
            claim = await completed(self._broker, run.claim)
            if not isinstance(claim, Claim):
                return claim
            run.claim = claim
        while run.claim.id in self._open:
            # An attempt under a lease that was lost; the hooks know runs by their job's id.
            await self._open[run.claim.id].closed.wait()
        try:
            data = self._data(run)
        except CannotOpen as error:
            return sealed_away(error)
        except PickleRefused as error:
            return Failed(describe(error))
        except Exception as error:  # noqa: BLE001 - a row by another hand, a user's formatter
            return unreadable(run.claim, error)
        if self._receiver_has_stopped:
            run.giving_back = True
            return interrupted(run)
        delivery = self._open[run.claim.id] = Delivery(run, data)
        self._ready.put_nowait(delivery)
        try:
            return await delivery.wait()
        finally:
            del self._open[run.claim.id]
            delivery.closed.set()

    async def _execute_here(self, run: Run) -> Outcome:
        """A task in a process is run as by Horarium's worker: the receiver could not end it."""
        self._executed.add(run.claim.id)
        try:
            return await self._execution(run)
        finally:
            self._executed.discard(run.claim.id)

    async def close(self) -> None:
        """The worker leaves."""
        await self._execution.close()

    async def messages(self) -> AsyncGenerator[AckableMessage, None]:
        """What `broker.listen` yields."""
        while True:
            delivery = await self._ready.get()
            if delivery is None:
                self._raise_the_workers_error()
                return
            if not delivery.outcome.done():
                yield self._ackable(delivery)

    def end(self, worker: asyncio.Task[None]) -> None:
        """The worker has ended: there will be no more messages.

        An error of the worker's is raised where the receiver listens.
        """
        self._worker = worker
        self._ready.put_nowait(None)

    def find(self, task_id: str) -> Delivery | None:
        return self._open.get(task_id)

    def run_of(self, task_id: str) -> Run | None:
        delivery = self._open.get(task_id)
        run = current_run() if task_id in self._executed else None
        return delivery.run if delivery is not None else run

    def give_back_unread(self) -> None:
        """Give back what the receiver has not asked for; it is stopping."""
        self._receiver_has_stopped = True
        while not self._ready.empty():
            delivery = self._ready.get_nowait()
            if delivery is not None:
                delivery.run.giving_back = True
                delivery.run.interrupt()

    def begin(self, message: TaskiqMessage) -> None:
        """The receiver begins with a message: what the task calls belongs to its run."""
        if message.task_id in self._executed:
            return
        delivery = self._open.get(message.task_id)
        if delivery is None or delivery.outcome.done():
            # It was taken back while it waited in the receiver's own queue.
            raise asyncio.CancelledError
        delivery.message = message
        delivery.run.enter()
        tracing.enter(delivery.run)
        delivery.watch(asyncio.current_task())

    def _raise_the_workers_error(self) -> None:
        if self._worker is not None and not self._worker.cancelled():
            self._worker.result()

    def _ackable(self, delivery: Delivery) -> AckableMessage:
        return AckableMessage.model_construct(
            data=delivery.data, ack=lambda: self._acknowledge(delivery)
        )

    def _data(self, run: Run) -> bytes:
        claim, broker = run.claim, self._broker
        task = broker.find_task(claim.task)
        declared = task.labels if task is not None else {}
        return data_of(broker, claim, declared)

    def _acknowledge(self, delivery: Delivery) -> None:
        result = delivery.result
        if delivery.message is None:
            delivery.conclude(self._unreadable(delivery))
        elif result is not None and (delivery.saved or isinstance(result.error, NoResultError)):
            delivery.conclude(conclude(self._broker, delivery.run, ended(delivery.message, result)))
        elif result is not None:
            error = Error("ResultNotSaved", "the result backend refused the result")
            delivery.conclude(Failed(error, retry_after=5.0))
        else:
            delivery.acknowledged_early = True

    def _unreadable(self, delivery: Delivery) -> Outcome:
        """What the receiver could not read: read once more, as it has kept the reason to itself."""
        try:
            self._broker.formatter.loads(delivery.data)
        except Exception as error:  # noqa: BLE001 - a row by another hand, a user's formatter
            return unreadable(delivery.run.claim, error)
        reason = "the message could not be read; see the worker's log"
        return Failed(Error("UnreadableMessage", reason))

    def conclude_early(self, delivery: Delivery) -> None:
        """The outcome of a run that was acknowledged before it ended."""
        if not delivery.acknowledged_early:
            return
        if delivery.message is not None and delivery.result is not None:
            outcome = conclude(self._broker, delivery.run, ended(delivery.message, delivery.result))
            delivery.conclude(outcome)


class ArgumentReader(TaskiqMiddleware):
    """The broker's last middleware under the stock receiver: reads what the others let through.

    The receiver's own reading finds nothing left to do; its complaints about types that pydantic
    does not know are dropped. Those of other brokers' receivers in this process are kept.
    """

    def __init__(self, broker: "LedgerBroker") -> None:
        super().__init__()
        self.broker: LedgerBroker = broker
        getLogger("taskiq.receiver.params_parser").addFilter(_not_read_by_pydantic)

    async def pre_execute(self, message: TaskiqMessage) -> TaskiqMessage:
        """Read the arguments; a call that does not fit ends here, seen by all middlewares."""
        task = self.broker.find_task(message.task_name)
        if task is not None:
            try:
                read_message(task.original_func, message)
            except WrongArgument as error:
                result = await refused(self.broker, message, error)
                for middleware in reversed(self.broker.hooked("post_execute")):
                    await maybe_awaitable(middleware.post_execute(message, result))
                raise
        return message


def _not_read_by_pydantic(record: LogRecord) -> bool:
    # The logger is the whole process's, and so is this filter for as long as the process lives.
    return current_run() is None or not record.getMessage().startswith("Can't parse argument")


class DeliveryHooks(RunRecorder):
    """The broker's own middleware under the stock receiver: sees what an ack does not say."""

    def __init__(self, deliveries: Deliveries) -> None:
        super().__init__(deliveries.run_of)
        self._deliveries = deliveries

    def pre_execute(self, message: TaskiqMessage) -> TaskiqMessage:
        """The receiver begins."""
        self._deliveries.begin(message)
        return message

    def post_execute(self, message: TaskiqMessage, result: TaskiqResult[Any]) -> None:
        """The task has ended."""
        delivery = self._deliveries.find(message.task_id)
        if delivery is not None:
            delivery.result = result
            self._deliveries.conclude_early(delivery)

    def post_save(self, message: TaskiqMessage, result: TaskiqResult[Any]) -> None:
        """The result backend has accepted the result."""
        delivery = self._deliveries.find(message.task_id)
        if delivery is not None:
            delivery.saved = True
