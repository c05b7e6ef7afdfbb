"""TaskIQ's broker on the ledger.

`kick` records a job, inside the caller's transaction when there is one. `listen` serves TaskIQ's
own worker; `worker` makes Horarium's, which runs the same tasks with the same middlewares and
dependencies and writes outcomes in batches.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from datetime import timedelta
from typing import Any, TypeVar

import msgspec
from taskiq import AsyncBroker
from taskiq.abc.middleware import TaskiqMiddleware
from taskiq.acks import AckableMessage
from taskiq.decor import AsyncTaskiqDecoratedTask
from taskiq.message import BrokerMessage
from uuid_utils.compat import uuid7

from horarium.engine.broker import calls as calling
from horarium.engine.broker import labels as labelling
from horarium.engine.broker import tracing
from horarium.engine.broker.answer import answer
from horarium.engine.broker.deliveries import Deliveries, DeliveryHooks
from horarium.engine.broker.execution import Execution, RunRecorder
from horarium.engine.broker.labels import Options
from horarium.engine.broker.message import (
    Call,
    LedgerFormatter,
    decode_call,
    encode_call,
    new_job,
)
from horarium.engine.broker.parameters import parameters_of
from horarium.engine.broker.results import LedgerResults
from horarium.engine.broker.task import LedgerTask
from horarium.engine.jobs.job import NewJob
from horarium.engine.jobs.ledger import Ledger
from horarium.engine.watches.relay import Relay
from horarium.engine.worker.companion import Companion
from horarium.engine.worker.hooks import FailureHooks, Hook, HookCalls
from horarium.engine.worker.keeping import Keep
from horarium.engine.worker.log import JobLog
from horarium.engine.worker.run import current_run
from horarium.engine.worker.worker import Worker
from horarium.events import Events
from horarium.settings import Settings

_AT_ONCE = 10_000
H = TypeVar("H", bound=Hook)


class LedgerBroker(AsyncBroker):
    """A TaskIQ broker whose queue, results and schedules are tables in PostgreSQL."""

    def __init__(
        self,
        ledger: Ledger,
        settings: Settings,
        events: Events,
        close: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        super().__init__()
        self._close = close or ledger.database.close
        self.ledger = ledger
        self.events = events
        self.settings = settings
        self.formatter = self._formatter = LedgerFormatter()
        self.result_backend = LedgerResults(ledger)
        self.id_generator = lambda: str(uuid7())
        self.decorator_class = LedgerTask
        self.failure_hooks = FailureHooks()
        self.companions: list[Callable[[], Companion]] = []
        self._deliveries: Deliveries | None = None
        self._listening: tuple[Worker, asyncio.Task[None]] | None = None

    # Hooks

    def on_failure(self, hook: H) -> H:
        """Call a function when a job of any task has failed for good; a decorator.

        It is called with the `horarium.events.JobFailed`, after the failure is committed, by the
        worker that recorded it, at most once; in a thread, if it is no coroutine function.
        """
        self.failure_hooks.add(hook)
        return hook

    # Enqueue

    async def kick(self, message: BrokerMessage) -> None:
        """Record a job; one that is sent by its own run is run once more when that ends."""
        job = self._new_job(message)
        run = current_run()
        if run is not None and run.executing and run.claim.id == job.id:
            run.again = job
        else:
            answer(await self.ledger.enqueue(job))

    async def enqueue_many(
        self, task: AsyncTaskiqDecoratedTask[Any, Any], calls: Iterable[Any], **labels: Any
    ) -> int:
        """Record many calls of one task in one transaction.

        Args:
            calls: for each call a sequence of positional or a mapping of named arguments.
            labels: labels of these calls.

        Returns:
            How many jobs were made: of unique calls, those that were not there already.
        """
        queue = labelling.read({**self._declared(task.task_name), **labels}).queue
        with tracing.sending(self, task.task_name, queue, bulk=True) as sending:
            count = await self._enqueue_many(task, calls, {**labels, **sending.carried})
            sending.sent(count=count)
        return count

    async def _enqueue_many(
        self,
        task: AsyncTaskiqDecoratedTask[Any, Any],
        calls: Iterable[Any],
        labels: Mapping[str, Any],
    ) -> int:
        declared = self._declared(task.task_name)
        options = labelling.read({**declared, **labels})
        travelling = labelling.differing(labels, declared)
        common: dict[str, Any] = {
            "task": task.task_name,
            "queue": options.queue,
            "priority": options.priority,
            "delay": options.delay,
            "due_at": options.due_at,
            "expires_after": options.expires_after,
            "owner": options.owner,
            "labels": msgspec.json.encode(travelling) if travelling else None,
        }
        jobs = (NewJob(arguments=_arguments(task.task_name, call), **common) for call in calls)
        if options.keyed:
            jobs = (self._keyed(job, options, decode_call(job.arguments or b"")) for job in jobs)
        if options.unique is not None:
            return await self.ledger.enqueue_missing(jobs)
        return await self.ledger.enqueue_many(jobs)

    def _new_job(self, message: BrokerMessage) -> NewJob:
        declared = self._declared(message.task_name)
        options = labelling.read({**declared, **message.labels})
        job = new_job(message, options, declared, readable=self.keeps_arguments)
        return self._keyed(job, options, self._call(message)) if options.keyed else job

    def _keyed(self, job: NewJob, options: Options, call: Call) -> NewJob:
        return calling.keyed(job, options, parameters_of(self.find_task(job.task)), call)

    def _call(self, message: BrokerMessage) -> Call:
        if self.keeps_arguments:
            return decode_call(message.message)
        read = self.formatter.loads(message.message)
        return Call(read.args, read.kwargs)

    @property
    def keeps_arguments(self) -> bool:
        """Messages are kept as JSON that the ledger can show, not in a formatter of the user's."""
        return self.formatter is self._formatter

    def _declared(self, task_name: str) -> Mapping[str, Any]:
        task = self.find_task(task_name)
        return task.labels if task is not None else {}

    # Horarium's worker

    def worker(
        self,
        *,
        queues: Sequence[str] | None = None,
        slots: int | None = None,
        executor: Executor | None = None,
    ) -> Worker:
        """A worker that runs this broker's tasks."""
        threads = executor or ThreadPoolExecutor(self.settings.threads, "horarium-task")
        self.add_recorder()
        return self._worker(Execution(self, threads), queues, slots or self.settings.concurrency)

    def add_recorder(self) -> None:
        """Install the middleware that remembers what a task raised, once."""
        if not any(isinstance(each, RunRecorder) for each in self.middlewares):
            self.middlewares.insert(0, RunRecorder(_own_run))

    def _worker(self, execute: Any, queues: Sequence[str] | None, slots: int) -> Worker:
        return Worker(
            self.ledger,
            tracing.traced(execute, self),
            queues=queues,
            slots=slots,
            lease=self.settings.lease,
            poll=self.settings.poll,
            shutdown=self.settings.shutdown,
            keep=Keep(
                timedelta(days=self.settings.keep_succeeded),
                timedelta(days=self.settings.keep_failed),
            ),
            events=self.events,
            companions=[
                JobLog(self.events),
                Relay(self.ledger.database, self.events),
                HookCalls(self.events, self.failure_hooks),
                *(make() for make in self.companions),
            ],
        )

    # TaskIQ's worker

    async def listen(self) -> AsyncGenerator[AckableMessage, None]:
        """Claimed jobs, as messages for TaskIQ's receiver."""
        deliveries = self._deliveries = Deliveries(self)
        hooks = DeliveryHooks(deliveries)
        former = [each for each in self.middlewares if isinstance(each, DeliveryHooks)]
        self.middlewares[:] = [hooks, *(each for each in self.middlewares if each not in former)]
        worker = self._worker(deliveries.execute, None, self.settings.concurrency)
        running = asyncio.create_task(worker.run())
        running.add_done_callback(deliveries.end)
        self._listening = (worker, running)
        messages = deliveries.messages()
        try:
            async for message in messages:
                yield message
        finally:
            worker.stop()
            deliveries.give_back_unread()
            await messages.aclose()

    async def shutdown(self) -> None:
        """Wait until what was claimed is finished or given back, then close."""
        listening, self._listening = self._listening, None
        if listening is not None:
            worker, running = listening
            worker.stop()
            await asyncio.gather(running, return_exceptions=True)
        await super().shutdown()
        await self._close()

    def hooked(self, hook: str) -> list[TaskiqMiddleware]:
        """The middlewares that have an implementation of this hook, in their order."""
        plain = getattr(TaskiqMiddleware, hook)
        return [each for each in self.middlewares if getattr(type(each), hook) is not plain]


def _own_run(task_id: str) -> Any:
    run = current_run()
    return run if run is not None and run.claim.id == task_id else None


def _arguments(task: str, call: Any) -> bytes:
    if isinstance(call, Mapping):
        return encode_call(task, (), call)
    return encode_call(task, call, {})
