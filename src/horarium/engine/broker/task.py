"""TaskIQ's task, kicker and handle, as this broker makes them.

They are TaskIQ's own with five differences: labels keep their types on the way, a wrong label is
refused at the declaration, a call that cannot be sent says why, the handle says whether the call
made a job, and waiting for a result waits for a notification.
"""

import os
import sys
from collections.abc import Callable
from functools import lru_cache
from types import UnionType
from typing import Any, ParamSpec, TypeVar, Union, get_args, get_origin

import structlog
from taskiq.decor import AsyncTaskiqDecoratedTask
from taskiq.exceptions import ResultGetError, SendTaskError, TaskiqResultTimeoutError
from taskiq.kicker import AsyncKicker
from taskiq.message import TaskiqMessage
from taskiq.result import TaskiqResult
from taskiq.task import AsyncTaskiqTask

from horarium.engine.broker import labels as labelling
from horarium.engine.broker import tracing
from horarium.engine.broker.annotation import Mismatch, Read, Unreadable, reader
from horarium.engine.broker.answer import answered
from horarium.engine.broker.calls import check
from horarium.engine.broker.executors import chosen
from horarium.engine.broker.invocation import Signature, after_jobs
from horarium.engine.broker.message import plain
from horarium.engine.broker.parameters import Parameters
from horarium.engine.broker.results import LedgerResults, ResultExpired
from horarium.engine.jobs.job import Enqueued
from horarium.engine.jobs.outcome import Cancel, Snooze
from horarium.engine.worker.hooks import Hook

_log = structlog.get_logger()

P = ParamSpec("P")
R = TypeVar("R")
H = TypeVar("H", bound=Hook)


class NotSent(SendTaskError):
    """A call could not be sent; its message says why, and so does its cause."""

    __template__ = "the call of {task} could not be sent: {reason}"
    task: str
    reason: str


class LedgerTask(AsyncTaskiqDecoratedTask[P, R]):
    """A declared task; its labels have been read and found usable."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.task_name = _by_module(self.task_name, self.original_func)
        self.options = labelling.read(self.labels)
        self.parameters = Parameters(self.task_name, self.original_func)
        check(self.options, self.parameters)
        self.executor = chosen(self.task_name, self.original_func, self.options.executor)
        self.return_type = _without_outcomes(self.return_type)

    def on_failure(self, hook: H) -> H:
        """Call a function when a job of this task has failed for good; see the broker's."""
        broker: Any = self.broker
        broker.failure_hooks.add(hook, self.task_name)
        return hook

    def s(self, *args: Any, **kwargs: Any) -> Signature:
        """A call for a composition; there a result may be put before its arguments."""
        return Signature(self, args, kwargs)

    def si(self, *args: Any, **kwargs: Any) -> Signature:
        """A call for a composition with just these arguments: no result is put before them."""
        return Signature(self, args, kwargs, immutable=True)

    def after(self, *jobs: Any, on_failure: str = "stop") -> "LedgerKicker[P, R]":
        """A kicker of a call that waits for others; see `LedgerKicker.after`."""
        return self.kicker().after(*jobs, on_failure=on_failure)

    def kicker(self) -> "LedgerKicker[P, R]":
        """A kicker that keeps the labels as they are."""
        labels = {k: v for k, v in self.labels.items() if k not in labelling.DECLARED_ONLY}
        return LedgerKicker(
            task_name=self.task_name,
            broker=self.broker,
            labels=labels,
            return_type=self.return_type,
        )

    def kiq_sync(self, *args: P.args, **kwargs: P.kwargs) -> "LedgerHandle[R]":
        """Enqueue a call from code without an event loop, such as a sync task or a plain script.

        It waits until the job is recorded. Inside a sync task the call joins the job's transaction.

        Raises:
            HorariumError: the calling thread runs an event loop: ``await task.kiq()`` there.
            SendTaskError: the call could not be sent; its message says why.
        """
        kicker: Any = self.kicker()
        handle: LedgerHandle[R] = kicker.kiq_sync(*args, **kwargs)
        return handle


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

    def after(self, *jobs: Any, on_failure: str = "stop") -> "LedgerKicker[P, R]":
        """Let the call wait until others have ended.

        Args:
            jobs: ids, handles of sent calls, or batches.
            on_failure: what it does when one of them fails or is cancelled: "stop" (it is cancelled
                too) or "continue" (it runs when all have ended).
        """
        wanted = after_jobs(jobs, on_failure)
        self.labels["after"] = {"jobs": wanted.jobs, "on_failure": wanted.on_failure.value}
        return self

    async def kiq(self, *args: Any, **kwargs: Any) -> Any:
        """Enqueue a call of the task; returns its handle.

        Raises:
            SendTaskError: the call could not be sent; its message says why.
        """
        queue = self.labels.get("queue") or self.labels.get("queue_name")
        with (
            tracing.sending(self.broker, self.task_name, queue) as sending,
            answered() as answer,
        ):
            self.labels.update(sending.carried)
            try:
                sent = await super().kiq(*args, **kwargs)
            except SendTaskError as error:
                cause = error.__cause__ or error
                raise NotSent(task=self.task_name, reason=str(cause)) from cause
            enqueued = answer.enqueued
            if enqueued is None:
                enqueued = Enqueued(sent.task_id, True)
            sending.sent(job=enqueued.id)
        handle: LedgerHandle[R] = LedgerHandle(enqueued.id, sent.result_backend, sent.return_type)
        handle.is_new = enqueued.is_new
        return handle

    def kiq_sync(self, *args: Any, **kwargs: Any) -> Any:
        """Enqueue a call from code without an event loop; see `LedgerTask.kiq_sync`."""
        broker: Any = self.broker
        return broker.bridge.run(lambda: self.kiq(*args, **kwargs))

    def _prepare_message(self, *args: Any, **kwargs: Any) -> TaskiqMessage:
        return TaskiqMessage.model_construct(
            task_id=self.custom_task_id or self.broker.id_generator(),
            task_name=self.task_name,
            labels=dict(self.labels),
            labels_types=None,
            args=[plain(arg) for arg in args],
            kwargs={name: plain(arg) for name, arg in kwargs.items()},
        )


class LedgerHandle(AsyncTaskiqTask[R]):
    """A sent call: its job's id, and the way to its result.

    Attributes:
        is_new: the call made a job; false: one was there under the same id or unique key.
    """

    is_new = True

    async def get_result(self, with_logs: bool = False) -> TaskiqResult[R]:
        """The result of a job that has ended, as the type that the task's annotation says.

        What does not fit the annotation comes back as plain data.

        Raises:
            ResultExpired: the result has been forgotten (label `result_expires`).
            ResultGetError: the result backend does not have it.
        """
        try:
            result = await self.result_backend.get_result(self.task_id, with_logs=with_logs)
        except ResultExpired:
            raise
        except Exception as error:
            raise ResultGetError from error
        read = None if result.is_err else _result_reader(self.return_type)
        if read is not None:
            try:
                result.return_value = read(result.return_value)
            except Mismatch as mismatch:
                _log.warning(
                    "a result is not what its task's annotation says; it comes as plain data",
                    job=self.task_id,
                    reason=str(mismatch),
                )
        return result

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


def _result_reader(return_type: Any) -> Read | None:
    try:
        return None if return_type is None else _readers(return_type)
    except Unreadable:
        return None


_readers: Callable[[Any], Read | None] = lru_cache(maxsize=4096)(reader)


def _without_outcomes(annotation: Any) -> Any:
    """What a result may be: a task that returns `int | Snooze` has an `int` as its result."""
    is_union = isinstance(annotation, UnionType) or get_origin(annotation) is Union
    kinds = get_args(annotation) if is_union else (annotation,)
    kept = tuple(kind for kind in kinds if kind not in (Cancel, Snooze))
    if len(kept) == len(kinds):
        return annotation
    return Union[kept] if kept else None  # noqa: UP007 - made at run time
