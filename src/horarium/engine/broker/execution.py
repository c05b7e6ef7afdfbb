"""Running one attempt by TaskIQ's rules: middlewares, dependencies, then the outcome.

`Execution` is what Horarium's own worker runs jobs with. The order of hooks is that of TaskIQ's
receiver; the difference is the end: what became of the attempt is a value for the ledger, decided
here, instead of an acknowledgement.
"""

import random
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import structlog
from taskiq.abc.middleware import TaskiqMiddleware
from taskiq.decor import AsyncTaskiqDecoratedTask
from taskiq.exceptions import NoResultError, TaskRejectedError
from taskiq.message import TaskiqMessage
from taskiq.middlewares import SimpleRetryMiddleware, SmartRetryMiddleware
from taskiq.receiver import Receiver
from taskiq.result import TaskiqResult
from taskiq.utils import maybe_awaitable

from horarium.engine.broker import direct
from horarium.engine.broker import labels as labelling
from horarium.engine.broker.arguments import WrongArgument, read_message
from horarium.engine.broker.completion import completed, takes_results
from horarium.engine.broker.direct import Ended
from horarium.engine.broker.executors import Executor, Executors, executor_of
from horarium.engine.broker.message import encode_value
from horarium.engine.broker.opening import PickleRefused, message_of, sealed_away, unreadable
from horarium.engine.broker.results import REJECTED
from horarium.engine.broker.seal import CannotOpen
from horarium.engine.jobs import retry
from horarium.engine.jobs.failure import describe, describe_end
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
from horarium.engine.jobs.storable import has_nul
from horarium.engine.worker.pool import NotStarted
from horarium.engine.worker.run import Run, interrupted

if TYPE_CHECKING:
    from horarium.engine.broker.broker import LedgerBroker

UNKNOWN_TASK_PAUSE = 60.0
"""Seconds until a job whose task nobody here knows is looked at again."""

NOT_STARTED_PAUSE = 5.0
"""Seconds until a job that no process could be started for is tried again."""

RETRY_MIDDLEWARES = (SimpleRetryMiddleware, SmartRetryMiddleware)
"""Where one of them is installed, it decides about retries, and the labels mean what it says."""

MOST_RESULT = 4 * 2**20
"""Bytes of JSON that a result may have."""

_log = structlog.get_logger()
_reported_unknown: set[str] = set()


class Execution:
    """Runs claims for a worker, as TaskIQ's receiver would."""

    def __init__(self, broker: "LedgerBroker") -> None:
        self._broker = broker
        self._executors = Executors(broker)
        # Bounds on the number of runs are the worker's; the receiver's own are not used.
        self._receiver = Receiver(
            broker,
            None,
            validate_params=False,  # arguments are read here, and refused where they do not fit
            max_async_tasks=1,
            run_startup=False,
            propagate_exceptions=True,
        )
        self._plain: dict[Any, direct.Plain | None] = {}
        self._middlewares: list[TaskiqMiddleware] = []
        self._seen = False

    async def __call__(self, run: Run) -> Outcome:
        task = self._broker.find_task(run.claim.task)
        if task is None:
            return unknown(run.claim)
        if takes_results(run.claim):
            claim = await completed(self._broker, run.claim)
            if not isinstance(claim, Claim):
                return claim
            run.claim = claim
        plain = self._plain_form(task)
        if plain is not None and run.claim.payload is None:
            call = _call_of(plain, run.claim)
            if not isinstance(call, direct.Call):
                return call
            ended = await direct.call(call)
            run.error = ended.error
            return conclude(self._broker, run, ended)
        if executor_of(task) is not Executor.LOOP:
            return await self._elsewhere(run, task)
        return await self._receive(run, task, task.original_func)

    async def _elsewhere(self, run: Run, task: AsyncTaskiqDecoratedTask[Any, Any]) -> Outcome:
        """Run it in a thread or a process."""
        try:
            async with self._executors.place(task, run) as target:
                return await self._receive(run, task, target)
        except NotStarted as error:
            _log.warning("a job has to wait", job=run.claim.id, because=str(error))
            return Snoozed(NOT_STARTED_PAUSE, str(error), kind="NotStarted")

    async def close(self) -> None:
        """End threads and processes; the worker leaves."""
        await self._executors.close()

    def _plain_form(self, task: AsyncTaskiqDecoratedTask[Any, Any]) -> direct.Plain | None:
        """How to call the task directly, where nobody looks at its run on the way."""
        middlewares = self._broker.middlewares
        if middlewares != self._middlewares:
            self._middlewares = list(middlewares)
            self._seen = direct.are_seen(m for m in middlewares if not isinstance(m, RunRecorder))
        if self._seen:
            return None
        if task not in self._plain:
            self._plain[task] = direct.plain(task)
        return self._plain[task]

    async def _receive(self, run: Run, task: Any, target: Callable[..., Any]) -> Outcome:
        """Run it by TaskIQ's receiver, with all hooks and dependencies."""
        try:
            message = message_of(self._broker, run.claim, task.labels)
        except CannotOpen as error:
            return sealed_away(error)
        except PickleRefused as error:
            return Failed(describe(error))
        except Exception as error:  # noqa: BLE001 - a row by another hand, a user's formatter
            return unreadable(run.claim, error)
        for middleware in self._broker.hooked("pre_execute"):
            message = await maybe_awaitable(middleware.pre_execute(message))
        result = await self._attempt(task.original_func, target, message)
        for middleware in reversed(self._broker.hooked("post_execute")):
            await maybe_awaitable(middleware.post_execute(message, result))
        run.afterwards = self._after_save(message, result)
        return conclude(self._broker, run, ended(message, result))

    async def _attempt(
        self, function: Callable[..., Any], target: Callable[..., Any], message: TaskiqMessage
    ) -> TaskiqResult[Any]:
        try:
            read_message(function, message)
        except WrongArgument as error:
            return await refused(self._broker, message, error)
        return await self._receiver.run_task(target, message)

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


def _call_of(plain: direct.Plain, claim: Claim) -> direct.Call | Outcome:
    """The call that a job asks for, or what becomes of one that cannot be read."""
    try:
        return direct.read(plain, claim)
    except WrongArgument as error:
        return Failed(describe(error))
    except Exception as error:  # noqa: BLE001 - a row by another hand
        return unreadable(claim, error)


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


async def refused(
    broker: "LedgerBroker", message: TaskiqMessage, error: WrongArgument
) -> TaskiqResult[Any]:
    """The result of a call that does not fit its task; middlewares see it as any other error."""
    result: TaskiqResult[Any] = TaskiqResult(
        is_err=True, return_value=None, execution_time=0.0, error=error, labels=message.labels
    )
    for middleware in reversed(broker.hooked("on_error")):
        await maybe_awaitable(middleware.on_error(message, result, error))
    result.error = error  # a retry middleware has put another in its place
    return result


def ended(message: TaskiqMessage, result: TaskiqResult[Any]) -> Ended:
    """How a run ended, as TaskIQ's receiver says it."""
    return Ended(result.return_value, result.error, message.labels)


def conclude(broker: "LedgerBroker", run: Run, ended: Ended) -> Outcome:
    """What became of an attempt, by how it ended and by what was ordered meanwhile."""
    error = ended.error
    if isinstance(error, WrongArgument):
        return Failed(describe(error))  # whatever middlewares think of retries
    if run.ordered_to_stop:
        chosen = None if error is not None else chosen_by_task(ended.returned)
        if error is not None or isinstance(chosen, Snoozed):
            return interrupted(run)
        return chosen or _kept(broker, run, ended.returned, ended.labels)
    if run.again is not None:
        return _sent_again(run)
    if error is None or isinstance(error, NoResultError):
        return chosen_by_task(ended.returned) or _kept(broker, run, ended.returned, ended.labels)
    if isinstance(error, TaskRejectedError):
        return Cancelled(REJECTED)
    return _failed(broker, run, ended.labels, error)


def _kept(broker: "LedgerBroker", run: Run, returned: Any, labels: Mapping[str, Any]) -> Outcome:
    task = run.claim.task
    try:
        stored = encode_value(returned)
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        return _not_stored(task, str(error))
    if len(stored) > MOST_RESULT:
        return _not_stored(
            task,
            f"it has {len(stored):,} bytes, and the ledger takes at most {MOST_RESULT:,}. "
            "Store the data and return its key instead",
        )
    expires = labels.get("result_expires", broker.settings.result_expires)
    after = None if expires is None else labelling.read_expiry(expires)
    stored = broker.seal.result(stored)
    if has_nul(stored):
        return _not_stored(task, "it has text with the character NUL")
    return Succeeded(stored, after)


def _not_stored(task: str, reason: str) -> Outcome:
    return Failed(Error("ResultNotStored", f"{task} ran, but its result is lost: {reason}"))


def _failed(
    broker: "LedgerBroker", run: Run, labels: Mapping[str, Any], error: BaseException
) -> Outcome:
    timeout = labelling.read({"timeout": labels.get("timeout")}).timeout
    described = describe_end(error, timeout, time.monotonic() - run.began)
    if any(isinstance(each, RETRY_MIDDLEWARES) for each in broker.middlewares):
        return Failed(described)  # the user's middleware has decided against another attempt
    task = broker.find_task(run.claim.task)
    declared = task.labels if task is not None else {}
    rule = labelling.read_retry({**declared, **labels})
    kinds = frozenset(kind.__qualname__ for kind in type(error).__mro__)
    after = retry.delay_after(rule, run.claim.attempt, kinds, random.random())  # noqa: S311
    return Failed(described, after)


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
