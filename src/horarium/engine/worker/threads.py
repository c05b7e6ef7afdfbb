"""Threads for sync tasks, each for one job at a time.

A thread cannot be ended from outside. A job that is cancelled or over its time ends in the ledger,
and its thread goes on: it is left behind, and said to be so. It stays counted until it really ends,
so that there are never more threads at work than were asked for; the jobs after it wait. All are
daemons: a process that has put its account straight does not wait for them.
"""

import asyncio
import contextvars
import threading
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Future
from contextlib import asynccontextmanager, suppress
from queue import SimpleQueue
from typing import Any

import structlog

from horarium.engine.worker.cancellation import JobStopped
from horarium.engine.worker.run import Run

NAME = "horarium-task"
GRACE = 3.0
"""Seconds that a task which asks whether it should stop is given to hear that it should; less than
a worker that leaves waits for what it gives back."""

_log = structlog.get_logger()
_Work = tuple[Callable[[], Any], "Future[Any]"]


class Threads:
    """So many threads at most; each is started when it is first needed."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._free = asyncio.Semaphore(most)
        self._work: SimpleQueue[_Work | None] = SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._idle = threading.Semaphore(0)
        self._left: set[str] = set()

    @asynccontextmanager
    async def place(self, run: Run) -> AsyncIterator["Place"]:
        """A thread for one call; waits for one that is free."""
        await self._free.acquire()
        place = Place(self, run)
        try:
            yield place
        finally:
            place.leave()

    def close(self) -> None:
        """End the threads that are idle, and the others when they have done their work."""
        for _ in self._threads:
            self._work.put(None)

    def submit(self, call: Callable[[], Any]) -> "Future[Any]":
        """Run a call in a thread; only for a place that was waited for."""
        future: Future[Any] = Future()
        self._work.put((call, future))
        if not self._idle.acquire(blocking=False) and len(self._threads) < self._most:
            thread = threading.Thread(target=self._serve, name=NAME, daemon=True)
            self._threads.append(thread)
            thread.start()
        return future

    def free(self) -> None:
        """A place is free again."""
        self._free.release()

    def leave_behind(self, job: str, future: "Future[Any]") -> None:
        """A job has ended without its thread; its place is free when the thread is."""
        self._left.add(job)
        _log.warning(
            "a job has ended but its thread goes on; no other job gets it until it returns. "
            "A sync task that can take long should ask horarium.cancelled() now and then",
            job=job,
            left_behind=len(self._left),
            threads=self._most,
        )
        loop = asyncio.get_running_loop()

        def returned(_: object) -> None:
            with suppress(RuntimeError):  # the loop has ended before the thread
                loop.call_soon_threadsafe(self._returned, job)

        future.add_done_callback(returned)

    def _returned(self, job: str) -> None:
        self._left.discard(job)
        self.free()
        _log.info("a thread that was left behind has returned", job=job)

    def _serve(self) -> None:
        while (work := self._work.get()) is not None:
            _do(*work)
            del work  # a result that nobody wants any more must not live on here
            self._idle.release()


class Place:
    """Room for one call in a thread."""

    def __init__(self, threads: Threads, run: Run) -> None:
        self._threads = threads
        self._run = run
        self._future: Future[Any] | None = None

    async def call(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Call a function in the thread, in the context of the caller.

        Being cancelled leaves the thread behind, unless its task listens.
        """
        context = contextvars.copy_context()
        self._future = self._threads.submit(lambda: context.run(function, *args, **kwargs))
        ended = asyncio.wrap_future(self._future)
        ended.add_done_callback(_seen)
        try:
            return await asyncio.shield(ended)
        except asyncio.CancelledError as order:
            if self._run.asks:
                return await self._hear_it_out(ended, order)
            raise
        except JobStopped:
            raise asyncio.CancelledError from None

    async def _hear_it_out(
        self, ended: "asyncio.Future[Any]", order: asyncio.CancelledError
    ) -> Any:
        """A task that asks hears now that it should stop; what it ends with in time counts."""
        from anyio import move_on_after

        self._run.left = True
        with move_on_after(GRACE, shield=True):
            try:
                return await asyncio.shield(ended)
            except JobStopped:
                pass
        raise order

    def leave(self) -> None:
        """The job has ended; the thread may not have."""
        self._run.left = True
        if self._future is None or self._future.done():
            self._threads.free()
        else:
            self._threads.leave_behind(self._run.claim.id, self._future)


def _seen(ended: "asyncio.Future[Any]") -> None:
    """What a thread ends with that was left behind is nobody's concern."""
    if not ended.cancelled():
        ended.exception()


def _do(call: Callable[[], Any], future: "Future[Any]") -> None:
    try:
        result = call()
    except (StopIteration, GeneratorExit) as error:
        # A future takes no StopIteration; a GeneratorExit would end every coroutine that waits.
        kind = type(error).__name__
        future.set_exception(RuntimeError(f"the task raised {kind}: {error}"))
    except BaseException as error:  # noqa: BLE001 - a user's task; SystemExit is its failure too
        future.set_exception(error)
    else:
        future.set_result(result)
