"""Running one attempt by TaskIQ's rules: middlewares, dependencies, then the outcome.

`Execution` is what Horarium's own worker runs jobs with. The order of hooks is that of TaskIQ's
receiver; the difference is the end: what became of the attempt is a value for the ledger, decided
here, instead of an acknowledgement.
"""

import random
from collections.abc import Callable
from concurrent.futures import Executor
from typing import TYPE_CHECKING, Any

import structlog
from taskiq.abc.middleware import TaskiqMiddleware
from taskiq.exceptions import NoResultError, TaskRejectedError
from taskiq.message import TaskiqMessage
from taskiq.middlewares import SimpleRetryMiddleware, SmartRetryMiddleware
from taskiq.receiver import Receiver
from taskiq.result import TaskiqResult
from taskiq.utils import maybe_awaitable

from horarium.engine.broker import labels as labelling
from horarium.engine.broker.message import encode_value, received
from horarium.engine.jobs import retry
from horarium.engine.jobs.failure import describe
from horarium.engine.jobs.job import Claim, Error
from horarium.engine.jobs.outcome import (
    UNKNOWN_TASK,
    Again,
    Cancelled,
    Failed,
    Outcome,
    Snoozed,
    Succeeded,
    chosen_by_task,
)
from horarium.engine.worker.run import Run, interrupted

if TYPE_CHECKING:
    from horarium.engine.broker.broker import LedgerBroker

UNKNOWN_TASK_PAUSE = 60.0
"""Seconds until a job whose task nobody here knows is looked at again."""

RETRY_MIDDLEWARES = (SimpleRetryMiddleware, SmartRetryMiddleware)
"""Where one of them is installed, it decides about retries, and the labels mean what it says."""

MOST_RESULT = 4 * 2**20
"""Bytes of JSON that a result may have."""

_log = structlog.get_logger()
_reported_unknown: set[str] = set()


class Execution:
    """Runs claims for a worker, as TaskIQ's receiver would."""

    def __init__(self, broker: "LedgerBroker", executor: Executor | None = None) -> None:
        self._broker = broker
        # Bounds on the number of runs are the worker's; the receiver's own are not used.
        self._receiver = Receiver(
            broker, executor, max_async_tasks=1, run_startup=False, propagate_exceptions=True
        )

    async def __call__(self, run: Run) -> Outcome:
        task = self._broker.find_task(run.claim.task)
        if task is None:
            return unknown(run.claim)
        message = self._message(run.claim, task.labels)
        for middleware in self._broker.hooked("pre_execute"):
            message = await maybe_awaitable(middleware.pre_execute(message))
        result = await self._receiver.run_task(task.original_func, message)
        for middleware in reversed(self._broker.hooked("post_execute")):
            await maybe_awaitable(middleware.post_execute(message, result))
        run.afterwards = self._after_save(message, result)
        return conclude(self._broker, run, message, result)

    def _message(self, claim: Claim, declared: dict[str, Any]) -> TaskiqMessage:
        if claim.payload is None:
            return received(claim, declared)
        message = self._broker.formatter.loads(claim.payload)
        message.parse_labels()
        return message

    def _after_save(self, message: TaskiqMessage, result: TaskiqResult[Any]) -> Any:
        middlewares = self._broker.hooked("post_save")
        if not middlewares or isinstance(result.error, NoResultError):
            return None

        async def post_save() -> None:
            for middleware in reversed(middlewares):
                await maybe_awaitable(middleware.post_save(message, result))

        return post_save


class RunRecorder(TaskiqMiddleware):
    """The broker's own middleware: keeps the error that other middlewares may replace."""

    def __init__(self, current: Callable[[str], Run | None]) -> None:
        super().__init__()
        self._run_of = current

    def on_error(
        self, message: TaskiqMessage, result: TaskiqResult[Any], exception: BaseException
    ) -> None:
        """Remember what the task raised."""
        run = self._run_of(message.task_id)
        if run is not None:
            run.error = exception


def unknown(claim: Claim) -> Outcome:
    """A job whose task this worker does not know waits: another version may know it."""
    if claim.task not in _reported_unknown:
        _reported_unknown.add(claim.task)
        _log.warning(
            "no such task here; its jobs wait for a worker that knows it",
            task=claim.task,
            job=claim.id,
        )
    reason = f"no worker so far knows the task {claim.task!r}"
    return Snoozed(UNKNOWN_TASK_PAUSE, reason, kind=UNKNOWN_TASK)


def conclude(
    broker: "LedgerBroker", run: Run, message: TaskiqMessage, result: TaskiqResult[Any]
) -> Outcome:
    """What became of an attempt, by its result and by what was ordered meanwhile."""
    error = result.error
    if run.ordered_to_stop:
        return interrupted(run) if error is not None else _succeeded(broker, message, result)
    if run.again is not None:
        return _sent_again(run)
    if isinstance(error, TaskRejectedError):
        return Cancelled("the task rejected its message")
    if error is None or isinstance(error, NoResultError):
        return chosen_by_task(result.return_value) or _succeeded(broker, message, result)
    return _failed(broker, run.claim, message, error)


def _succeeded(
    broker: "LedgerBroker", message: TaskiqMessage, result: TaskiqResult[Any]
) -> Outcome:
    task = message.task_name
    try:
        stored = encode_value(result.return_value)
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        return Failed(Error("ResultNotStored", f"{task} ran, but its result is lost: {error}"))
    if len(stored) > MOST_RESULT:
        return Failed(
            Error(
                "ResultNotStored",
                f"{task} ran, but its result has {len(stored):,} bytes; the ledger takes at most "
                f"{MOST_RESULT:,}. Store the data and return its key instead",
            )
        )
    expires = message.labels.get("result_expires", broker.settings.result_expires)
    return Succeeded(stored, None if expires is None else labelling.read_expiry(expires))


def _failed(
    broker: "LedgerBroker", claim: Claim, message: TaskiqMessage, error: BaseException
) -> Outcome:
    if any(isinstance(each, RETRY_MIDDLEWARES) for each in broker.middlewares):
        return Failed(describe(error))  # the user's middleware has decided against another attempt
    task = broker.find_task(claim.task)
    declared = task.labels if task is not None else {}
    rule = labelling.read({**declared, **message.labels}).retry
    kinds = frozenset(kind.__qualname__ for kind in type(error).__mro__)
    after = retry.delay_after(rule, claim.attempt, kinds, random.random())  # noqa: S311
    return Failed(describe(error), after)


def _sent_again(run: Run) -> Outcome:
    """A retry middleware, or `Context.requeue`, has sent the running job once more."""
    sent = run.again
    if sent is None:
        raise RuntimeError("nothing was sent again")
    again = Again(sent.arguments, sent.payload, sent.labels)
    delay = sent.delay or 0.0
    if run.error is None or isinstance(run.error, NoResultError):
        return Snoozed(delay, "it was sent again", again)
    return Failed(describe(run.error), delay, again)
