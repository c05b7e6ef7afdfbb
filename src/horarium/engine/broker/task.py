"""TaskIQ's task, kicker and handle, as this broker makes them.

They are TaskIQ's own with four differences: labels keep their types on the way, a wrong label is
refused at the declaration, the handle says whether the call made a job, and waiting for a result
waits for a notification.
"""

import os
import sys
from types import UnionType
from typing import Any, ParamSpec, TypeVar, Union, get_args, get_origin

from pydantic.errors import PydanticUserError
from taskiq.decor import AsyncTaskiqDecoratedTask
from taskiq.exceptions import ResultGetError, TaskiqResultTimeoutError
from taskiq.kicker import AsyncKicker
from taskiq.message import TaskiqMessage
from taskiq.result import TaskiqResult
from taskiq.task import AsyncTaskiqTask

from horarium.engine.broker import labels as labelling
from horarium.engine.broker import tracing
from horarium.engine.broker.answer import answered
from horarium.engine.broker.calls import check
from horarium.engine.broker.parameters import Parameters
from horarium.engine.broker.results import LedgerResults, ResultExpired
from horarium.engine.jobs.job import Enqueued
from horarium.engine.jobs.outcome import Cancel, Snooze
from horarium.engine.worker.hooks import Hook

P = ParamSpec("P")
R = TypeVar("R")
H = TypeVar("H", bound=Hook)


class LedgerTask(AsyncTaskiqDecoratedTask[P, R]):
    """A declared task; its labels have been read and found usable."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.task_name = _by_module(self.task_name, self.original_func)
        self.options = labelling.read(self.labels)
        self.parameters = Parameters(self.task_name, self.original_func)
        check(self.options, self.parameters)
        self.return_type = _without_outcomes(self.return_type)

    def on_failure(self, hook: H) -> H:
        """Call a function when a job of this task has failed for good; see the broker's."""
        broker: Any = self.broker
        broker.failure_hooks.add(hook, self.task_name)
        return hook

    def kicker(self) -> AsyncKicker[P, R]:
        """A kicker that keeps the labels as they are."""
        labels = {k: v for k, v in self.labels.items() if k not in labelling.DECLARED_ONLY}
        return LedgerKicker(
            task_name=self.task_name,
            broker=self.broker,
            labels=labels,
            return_type=self.return_type,
        )


def _by_module(name: str, function: Any) -> str:
    """A task's name as a worker knows it, where ``python -m`` runs the module that declares it.

    There TaskIQ takes the name from the path of the file, which no worker ever sees.
    """
    spec = getattr(sys.modules["__main__"], "__spec__", None)
    path = os.path.normpath(sys.argv[0]).removesuffix(".py").replace(os.path.sep, ".")
    if function.__module__ != "__main__" or spec is None:
        return name
    return f"{spec.name}{name.removeprefix(path)}" if name.startswith(f"{path}:") else name


class LedgerKicker(AsyncKicker[P, R]):
    """Sends calls; the handle it returns waits for the ledger's notification."""

    async def kiq(self, *args: Any, **kwargs: Any) -> Any:
        """Enqueue a call of the task; returns its handle."""
        queue = self.labels.get("queue") or self.labels.get("queue_name")
        with (
            tracing.sending(self.broker, self.task_name, queue) as sending,
            answered() as answer,
        ):
            self.labels.update(sending.carried)
            sent = await super().kiq(*args, **kwargs)
            enqueued = answer.enqueued
            if enqueued is None:
                enqueued = Enqueued(sent.task_id, True)
            sending.sent(job=enqueued.id)
        handle: LedgerHandle[R] = LedgerHandle(enqueued.id, sent.result_backend, sent.return_type)
        handle.is_new = enqueued.is_new
        return handle

    def _prepare_message(self, *args: Any, **kwargs: Any) -> TaskiqMessage:
        return TaskiqMessage.model_construct(
            task_id=self.custom_task_id or self.broker.id_generator(),
            task_name=self.task_name,
            labels=dict(self.labels),
            labels_types=None,
            args=[self._prepare_arg(arg) for arg in args],
            kwargs={name: self._prepare_arg(arg) for name, arg in kwargs.items()},
        )


class LedgerHandle(AsyncTaskiqTask[R]):
    """A sent call: its job's id, and the way to its result.

    Attributes:
        is_new: the call made a job; false: one was there under the same id or unique key.
    """

    is_new = True

    async def get_result(self, with_logs: bool = False) -> TaskiqResult[R]:
        """The result of a job that has ended, as the type that the task's annotation says.

        A type that pydantic cannot read comes back as plain data.

        Raises:
            ResultExpired: the result has been forgotten (label `result_expires`).
        """
        try:
            return await super().get_result(with_logs=with_logs)
        except ResultGetError as error:
            if isinstance(error.__cause__, ResultExpired):
                raise error.__cause__ from None
            if not isinstance(error.__cause__, PydanticUserError):
                raise
        return await self.result_backend.get_result(self.task_id, with_logs=with_logs)

    async def wait_result(
        self, check_interval: float = 0.2, timeout: float = -1.0, with_logs: bool = False
    ) -> TaskiqResult[R]:
        """Wait until the job has ended.

        Args:
            check_interval: seconds between looks, for result backends other than the ledger.
            timeout: seconds to wait at most; not above 0: as long as it takes.

        Raises:
            TaskiqResultTimeoutError: it has not ended in time.
        """
        backend = self.result_backend
        if not isinstance(backend, LedgerResults):
            return await super().wait_result(check_interval, timeout, with_logs)
        try:
            await backend.wait(self.task_id, timeout if timeout > 0 else None)
        except TimeoutError:
            raise TaskiqResultTimeoutError(timeout=timeout) from None
        return await self.get_result(with_logs=with_logs)


def _without_outcomes(annotation: Any) -> Any:
    """What a result may be: a task that returns `int | Snooze` has an `int` as its result."""
    is_union = isinstance(annotation, UnionType) or get_origin(annotation) is Union
    kinds = get_args(annotation) if is_union else (annotation,)
    kept = tuple(kind for kind in kinds if kind not in (Cancel, Snooze))
    if len(kept) == len(kinds):
        return annotation
    return Union[kept] if kept else None  # noqa: UP007 - made at run time
