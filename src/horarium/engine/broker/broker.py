"""TaskIQ's broker on the ledger.

`kick` records a job, inside the caller's transaction when there is one. `listen` serves TaskIQ's
own worker; `worker` makes Horarium's, which runs the same tasks with the same middlewares and
dependencies and writes outcomes in batches.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any, TypeVar

from taskiq import AsyncBroker
from taskiq.abc.middleware import TaskiqMiddleware
from taskiq.abc.serializer import TaskiqSerializer
from taskiq.acks import AckableMessage
from taskiq.decor import AsyncTaskiqDecoratedTask
from taskiq.formatters.proxy_formatter import ProxyFormatter
from taskiq.message import BrokerMessage
from taskiq.serializers import JSONSerializer, PickleSerializer
from uuid_utils.compat import uuid7

from horarium.engine.broker import calls as calling
from horarium.engine.broker import labels as labelling
from horarium.engine.broker import many
from horarium.engine.broker.answer import answer
from horarium.engine.broker.batch import BatchHandle
from horarium.engine.broker.bridge import Bridge
from horarium.engine.broker.deliveries import ArgumentReader, Deliveries, DeliveryHooks
from horarium.engine.broker.execution import Execution, RunRecorder
from horarium.engine.broker.labels import Options
from horarium.engine.broker.message import (
    Call,
    LedgerFormatter,
    decode_call,
    new_job,
)
from horarium.engine.broker.parameters import parameters_of
from horarium.engine.broker.results import LedgerResults
from horarium.engine.broker.seal import Seal
from horarium.engine.broker.signature import positions_of
from horarium.engine.broker.task import LedgerTask
from horarium.engine.broker.workers import new_worker
from horarium.engine.jobs.batches import Batches
from horarium.engine.jobs.job import NewJob
from horarium.engine.jobs.ledger import Ledger
from horarium.engine.worker.companion import Companion
from horarium.engine.worker.hooks import FailureHooks, Hook
from horarium.engine.worker.run import current_run
from horarium.engine.worker.worker import Worker
from horarium.errors import InvalidInput
from horarium.events import Events
from horarium.settings import Settings

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
        self.batches = Batches(ledger)
        self.events = events
        self.settings = settings
        self.formatter = self._formatter = LedgerFormatter(self.names, settings.serializer)
        self.seal = Seal(settings.encryption_keys or ())
        self.result_backend = LedgerResults(ledger, self.seal, self.declared)
        self.id_generator = lambda: str(uuid7())
        self.decorator_class = LedgerTask
        self.failure_hooks = FailureHooks()
        self.companions: list[Callable[[], Companion]] = []
        self._later: dict[str, Callable[[], object]] = {}
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

    # Tasks

    def declare_later(self, names: Iterable[str], declare: Callable[[], object]) -> None:
        """Know tasks by their names; `declare` is called when one of them is asked for first."""
        self._later.update(dict.fromkeys(names, declare))

    def find_task(self, task_name: str) -> AsyncTaskiqDecoratedTask[Any, Any] | None:
        """The task of this name; `None`: nobody has declared it."""
        if task_name in self._later:
            self._later.pop(task_name)()
        return super().find_task(task_name)

    @property
    def task_names(self) -> list[str]:
        """The names of all tasks, also of those that are declared later."""
        return sorted({*self.get_all_tasks(), *self._later})

    # Enqueue

    async def kick(self, message: BrokerMessage) -> None:
        """Record a job; one that is sent by its own run is run once more when that ends."""
        job = self.job_of(message)
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
        return await many.enqueue(self, task, calls, labels)

    def job_of(self, message: BrokerMessage, *, limited: bool = True) -> NewJob:
        """The job that a message asks for; `limited`: with the keys that its labels ask for."""
        declared = self.declared(message.task_name)
        options = labelling.read({**declared, **message.labels})
        job = new_job(message, options, declared, readable=self.keeps_arguments)
        if limited and options.keyed:
            job = self.keyed(job, options, self._call(message))
        return self.seal.job(job)

    def batch(self, id: str) -> BatchHandle:
        """A batch that was sent before, by its id."""
        return BatchHandle(self, id)

    def keyed(self, job: NewJob, options: Options, call: Call) -> NewJob:
        """A job with the keys that its labels ask for."""
        return calling.keyed(job, options, parameters_of(self.find_task(job.task)), call)

    def _call(self, message: BrokerMessage) -> Call:
        if self.keeps_arguments:
            return decode_call(message.message)
        read = self.formatter.loads(message.message)
        return Call(read.args, read.kwargs)

    @cached_property
    def bridge(self) -> Bridge:
        """The way from code without an event loop to this broker."""
        return Bridge(self.ledger.database)

    @property
    def serializer(self) -> TaskiqSerializer:
        """TaskIQ's serializer; one that is given takes the place of the ledger's own JSON.

        Raises:
            InvalidInput: it is TaskIQ's for pickle, which runs what a message says.
        """
        return self._serializer

    @serializer.setter
    def serializer(self, serializer: TaskiqSerializer) -> None:
        if isinstance(serializer, PickleSerializer):
            reason = "pickle is never read: whoever writes to the ledger would run code in workers"
            raise InvalidInput("serializer", f"{reason}; use JSON or MessagePack")
        self._serializer = serializer
        chosen = type(serializer) is not JSONSerializer
        if chosen and getattr(self, "_formatter", None) is not None and self.keeps_arguments:
            self.formatter = ProxyFormatter(self)

    @property
    def keeps_arguments(self) -> bool:
        """Messages are kept as JSON that the ledger can show, not in a formatter of the user's."""
        return self.formatter is self._formatter

    def names(self, task_name: str) -> Sequence[str]:
        """The names of a task's parameters by position."""
        return tuple(positions_of(self, task_name))

    def declared(self, task_name: str) -> Mapping[str, Any]:
        """The labels that a task was declared with; none where it is not known here."""
        task = self.find_task(task_name)
        return task.labels if task is not None else {}

    # Horarium's worker

    def worker(
        self,
        *,
        queues: Sequence[str] | Mapping[str, int | None] | None = None,
        slots: int | None = None,
        events: Events | None = None,
    ) -> Worker:
        """A worker that runs this broker's tasks.

        Args:
            queues: those that it takes, by name; with weights, each gets its share of the slots
                while all have work. Without it as the settings say.
            slots: jobs at once; without it as the settings say.
            events: where it publishes what happens, if not with the broker's own.

        Raises:
            InvalidInput: a task is to run in a process that could not find it.
        """
        self.add_recorder()
        execution = Execution(self)
        worker = new_worker(
            self,
            execution,
            queues or self.settings.queues,
            slots or self.settings.concurrency,
            self.events if events is None else events,
        )
        worker.on_leave = execution.close
        return worker

    def add_recorder(self) -> None:
        """Install the middleware that remembers what a task raised, once."""
        if not any(isinstance(each, RunRecorder) for each in self.middlewares):
            self.middlewares.insert(0, RunRecorder(_own_run))

    # TaskIQ's worker

    async def listen(self) -> AsyncGenerator[AckableMessage, None]:
        """Claimed jobs, as messages for TaskIQ's receiver."""
        deliveries = self._deliveries = Deliveries(self)
        users = [m for m in self.middlewares if not isinstance(m, DeliveryHooks | ArgumentReader)]
        self.middlewares[:] = [DeliveryHooks(deliveries), *users, ArgumentReader(self)]
        worker = new_worker(
            self, deliveries.execute, self.settings.queues, self.settings.concurrency, self.events
        )
        worker.on_leave = deliveries.close
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
        if "bridge" in self.__dict__:
            await asyncio.to_thread(self.bridge.close)
        await self._close()

    def hooked(self, hook: str) -> list[TaskiqMiddleware]:
        """The middlewares that have an implementation of this hook, in their order."""
        plain = getattr(TaskiqMiddleware, hook)
        return [each for each in self.middlewares if getattr(type(each), hook) is not plain]


def _own_run(task_id: str) -> Any:
    run = current_run()
    return run if run is not None and run.claim.id == task_id else None
