"""Hooks on final failure: users' functions that are called when a job has failed for good.

A hook is called after the failure is committed, by the worker that recorded it, at most once: a
worker that is killed at this very moment does not call it, and nobody does in its place. What must
not be lost is in the ledger (`Filter(state=State.FAILED)`). Hooks run beside the worker's jobs, a
few at a time, and what they raise is logged: the outcome stands, and the worker goes on.
"""

import asyncio
import inspect
from collections import defaultdict
from collections.abc import Awaitable, Callable
from typing import Any

import structlog

from horarium.engine.worker.companion import Companion
from horarium.errors import InvalidInput
from horarium.events import Events, JobFailed

Hook = Callable[[JobFailed], Awaitable[Any] | Any]

AT_ONCE = 4
MOST_WAITING = 1000
"""Calls of hooks that run, and that wait for their turn; further ones are left out and logged."""

LONGEST = 30.0
"""Seconds that a hook may take."""

_log = structlog.get_logger()


class FailureHooks:
    """The hooks of an application: for all tasks, and for single ones."""

    def __init__(self) -> None:
        self._hooks: dict[str | None, list[Hook]] = defaultdict(list)

    def add(self, hook: Hook, task: str | None = None) -> None:
        """Call `hook` when a job of the task has failed for good; `None`: of any task.

        Raises:
            InvalidInput: it cannot be called.
        """
        if not callable(hook):
            raise InvalidInput("on_failure", f"{hook!r} is no function that takes a failed job")
        self._hooks[task].append(hook)

    def of(self, task: str) -> list[Hook]:
        """The hooks that a failure of this task is told to."""
        return [*self._hooks.get(None, ()), *self._hooks.get(task, ())]


class HookCalls(Companion):
    """Calls the hooks, for one worker."""

    def __init__(self, events: Events, hooks: FailureHooks) -> None:
        self._events = events
        self._hooks = hooks
        self._waiting: asyncio.Queue[tuple[Hook, JobFailed]] = asyncio.Queue(MOST_WAITING)

    async def run(self) -> None:
        """Call until cancelled."""
        with self._events.subscribed(self._hear, JobFailed):
            async with asyncio.TaskGroup() as callers:
                for _ in range(AT_ONCE):
                    callers.create_task(self._call_all())

    async def drain(self) -> None:
        """Wait for the last calls."""
        try:
            async with asyncio.timeout(LONGEST):
                await self._waiting.join()
        except TimeoutError:
            _log.warning("hooks on failure did not end in time", left=self._waiting.qsize())

    def _hear(self, failed: JobFailed) -> None:
        for hook in self._hooks.of(failed.task):
            try:
                self._waiting.put_nowait((hook, failed))
            except asyncio.QueueFull:
                _log.warning("too many failures: a hook was not called", **_fields(hook, failed))

    async def _call_all(self) -> None:
        while True:
            hook, failed = await self._waiting.get()
            try:
                async with asyncio.timeout(LONGEST):
                    await _call(hook, failed)
            except TimeoutError:
                _log.warning("a hook on failure took too long", **_fields(hook, failed))
            except Exception:  # noqa: BLE001 - the hook's own fault, not the worker's
                _log.exception("a hook on failure failed", **_fields(hook, failed))
            finally:
                self._waiting.task_done()


async def _call(hook: Hook, failed: JobFailed) -> None:
    if inspect.iscoroutinefunction(hook):
        await hook(failed)
        return
    answer = await asyncio.to_thread(hook, failed)
    if inspect.isawaitable(answer):
        await answer


def _fields(hook: Hook, failed: JobFailed) -> dict[str, Any]:
    name = getattr(hook, "__qualname__", type(hook).__qualname__)
    return {"hook": name, "job": failed.id, "task": failed.task}
