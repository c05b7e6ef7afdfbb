"""Lanes: the asyncio tasks that runs go through.

An asyncio task for every job costs more than a short job itself. A lane takes the next run where
the one before it ended without ever having waited; as soon as one waits, the lane is its alone, and
those behind it get another. So a job that waits has an asyncio task of its own, as anybody would
expect, and a thousand jobs that do not wait share one.

A run finds a lane as a new task would be: where a run has left context variables changed, or a
cancellation behind, its lane ends with it.
"""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable
from contextvars import copy_context

from horarium.engine.worker.run import Run, leave

_LONGEST = 0.005
"""Seconds after which a lane lets the event loop turn."""


class Lanes:
    """Takes runs through, in the order in which they came; each begins at the loop's next turn.

    Args:
        go: takes one run from its begin to its end; it raises nothing.
    """

    def __init__(self, go: Callable[[Run], Awaitable[None]]) -> None:
        self._go = go
        self._ready: deque[Run] = deque()
        self._lanes: set[asyncio.Task[None]] = set()
        self._is_opening = False

    def add(self, run: Run) -> None:
        """Begin with this run soon."""
        self._ready.append(run)
        self._open_soon()

    async def cancel(self, seconds: float) -> None:
        """End whatever is on its way; wait no longer than so many seconds for it."""
        self._ready.clear()
        for lane in self._lanes:
            lane.cancel()
        if self._lanes:
            await asyncio.wait(self._lanes, timeout=seconds)

    def _open_soon(self) -> None:
        if self._ready and not self._is_opening:
            self._is_opening = True
            asyncio.get_running_loop().call_soon(self._open)

    def _open(self) -> None:
        self._is_opening = False
        if self._ready:
            lane = asyncio.create_task(self._lane())
            self._lanes.add(lane)
            lane.add_done_callback(self._lanes.discard)

    async def _lane(self) -> None:
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("a lane is an asyncio task")
        leave()
        fresh, end = copy_context(), time.monotonic() + _LONGEST
        try:
            while self._ready:
                run = self._ready.popleft()
                run.task = task
                # Should this one wait, the loop turns and opens a lane for those behind it.
                self._open_soon()
                await self._go(run)
                leave()
                # Where the loop has turned, `_open` has run: this run did wait.
                if not self._is_opening or task.cancelling() or time.monotonic() > end:
                    break
                if copy_context() != fresh:
                    break
        finally:
            self._open_soon()
