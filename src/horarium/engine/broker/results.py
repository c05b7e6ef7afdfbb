"""The ledger as TaskIQ's result backend: a result is a column of the job it belongs to."""

import asyncio
import sys
from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from taskiq.abc.result_backend import AsyncResultBackend
from taskiq.depends.progress_tracker import TaskProgress
from taskiq.exceptions import TaskRejectedError
from taskiq.result import TaskiqResult

from horarium.engine.broker import labels as labelling
from horarium.engine.broker.progress import (
    from_taskiq,
    run_that_tells,
    seen_from_outside,
    to_taskiq,
)
from horarium.engine.broker.seal import Seal
from horarium.engine.jobs.channels import FINISHED_CHANNEL
from horarium.engine.jobs.job import Error, Job, State
from horarium.engine.jobs.ledger import Ledger
from horarium.engine.worker.run import current_run
from horarium.errors import HorariumError, NotFound
from horarium.listener import Listener
from horarium.waiting import set_within

REJECTED = "the task rejected its message"
"""Why a job was cancelled whose task called `Context.reject`."""

_LOOK_AGAIN = 5.0
"""Seconds after which a waiter looks by itself: notifications are hints."""


class JobFailed(HorariumError):
    """The error of a job whose own exception type is not known in this process."""


class ResultExpired(HorariumError):
    """The result of a job was kept for as long as it was to be kept."""


class LedgerResults(AsyncResultBackend[Any]):
    """Reads results from the ledger; they are written with the job's outcome, not here.

    Args:
        declared: the labels that a task was declared with, by its name; only those of the call are
            kept with the job.
    """

    def __init__(
        self,
        ledger: Ledger,
        seal: Seal = Seal(()),
        declared: Callable[[str], Mapping[str, Any]] = lambda _: {},
    ) -> None:
        self._ledger = ledger
        self._seal = seal
        self._declared = declared
        self._waiting: dict[str, set[asyncio.Event]] = defaultdict(set)
        self._listening: asyncio.Task[None] | None = None

    async def shutdown(self) -> None:
        """Stop listening."""
        listening, self._listening = self._listening, None
        if listening is not None:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)

    async def set_result(self, task_id: str, result: TaskiqResult[Any]) -> None:
        """Does nothing: the worker records the result together with the outcome."""

    async def is_result_ready(self, task_id: str) -> bool:
        """Whether the job has ended."""
        job = await self._ledger.find(task_id)
        return job is not None and job.state.final

    async def get_result(self, task_id: str, with_logs: bool = False) -> TaskiqResult[Any]:
        """The result of a job that has ended.

        Raises:
            NotFound: the ledger has no such job, or it has not ended.
            CannotOpen: it is encrypted, and this process does not have the key.
            ResultExpired: its result has been forgotten (label `result_expires`).
        """
        job = await self._ledger.show(task_id)
        if not job.state.final:
            raise NotFound(f"job {task_id} has no result yet: it is {job.state}")
        if job.result_expired:
            raise ResultExpired(
                f"the result of job {task_id} has expired; that it succeeded is still recorded"
            )
        if job.result is not None:
            opened = msgspec.Raw(self._seal.opened_result(bytes(job.result)))
            job = msgspec.structs.replace(job, result=opened)
        return _result(job, self._declared(job.task))

    async def set_progress(self, task_id: str, progress: TaskProgress[Any]) -> None:
        """Tell the progress of a job, from inside it.

        Raises:
            HorariumError: the calling code is not run for this job.
        """
        run = run_that_tells(task_id)
        run.tell(from_taskiq(run.mark, progress))

    async def get_progress(self, task_id: str) -> TaskProgress[Any] | None:
        """What the newest attempt of a job told last; `None`: nothing."""
        run = current_run()
        if run is not None and run.claim.id == task_id:
            return to_taskiq(run.mark)
        job = await self._ledger.find(task_id)
        return None if job is None else seen_from_outside(job.progress)

    async def wait(self, task_id: str, timeout: float | None) -> None:
        """Return when the job has ended.

        Raises:
            TimeoutError: it has not ended within `timeout` seconds.
            NotFound: the ledger has no such job.
        """
        self._listen()
        ended = asyncio.Event()
        self._waiting[task_id].add(ended)
        try:
            async with asyncio.timeout(timeout):
                while await self._ledger.expect(task_id):
                    await set_within(ended, _LOOK_AGAIN)
                    ended.clear()
            await self._ledger.show(task_id)
        finally:
            self._waiting[task_id].discard(ended)
            if not self._waiting[task_id]:
                del self._waiting[task_id]

    def _listen(self) -> None:
        if self._listening is None or self._listening.done():
            listener = Listener(self._ledger.database)
            listener.subscribe(FINISHED_CHANNEL, self._ended)
            self._listening = asyncio.get_running_loop().create_task(listener.run())

    def _ended(self, job: str | None) -> None:
        jobs = [job] if job is not None else list(self._waiting)
        for each in jobs:
            for waiter in self._waiting.get(each, ()):
                waiter.set()


def _result(job: Job, declared: Mapping[str, Any]) -> TaskiqResult[Any]:
    failed = job.state is not State.SUCCEEDED
    own = {} if job.labels is None else msgspec.json.decode(job.labels)
    return TaskiqResult(
        is_err=failed,
        log=None,
        return_value=None if job.result is None else msgspec.json.decode(job.result),
        execution_time=round(job.took or 0.0, 6),
        labels=labelling.together(declared, own),
        error=_exception(job.error) if failed and job.error is not None else None,
    )


def _exception(error: Error) -> BaseException:
    """The exception again, where its type is known here; nothing is imported for it."""
    if (error.type, error.message) == ("Cancelled", REJECTED):
        return TaskRejectedError()
    kind: Any = sys.modules.get(error.module or "builtins")
    for part in error.type.split("."):
        kind = getattr(kind, part, None)
    if isinstance(kind, type) and issubclass(kind, Exception):
        # What `OSError` says of its file is no argument: where words are lost, they go first.
        again = _made(kind, error.args, error.message)
        if again is None:
            again = _made(kind, (error.message,))
        if again is not None:
            return again
    return JobFailed(f"{error.type}: {error.message}")


def _made(
    kind: type[Exception], args: tuple[Any, ...] | None, message: str | None = None
) -> Exception | None:
    """An exception, where it can be made from this, and says this."""
    if args is None:
        return None
    try:
        made = kind(*args)
        return made if message is None or str(made) == message else None
    except Exception:  # noqa: BLE001 - a user's class that takes other arguments
        return None
