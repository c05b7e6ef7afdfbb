"""From code without an event loop to the loop that enqueues.

Inside a sync task that is the worker's loop: the call belongs to the job, and to its transaction
where it has one. In a thread of a framework that runs on anyio it is the framework's loop.
Anywhere else it is a loop in a thread of its own, with a connection pool of its own: a pool serves
one loop only.
"""

import asyncio
import os
import threading
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from horarium.database import Database
from horarium.engine.worker.run import current_run
from horarium.errors import HorariumError
from horarium.transaction import joined

T = TypeVar("T")
Work = Callable[[], Coroutine[Any, Any, T]]

_CONNECTIONS = 4


class Bridge:
    """The way into a loop, for the threads of one process.

    Args:
        database: whose server is used; `None`: the work needs none.
    """

    def __init__(self, database: Database | None) -> None:
        self._database = None if database is None else _another(database)
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._process = os.getpid()

    def run(self, work: Work[T]) -> T:
        """Run something to its end, and wait for it.

        Raises:
            HorariumError: the calling thread runs a loop, which waiting would stop.
        """
        _refuse_in_loop()
        loop = _loop_of_run()
        if loop is not None:
            return asyncio.run_coroutine_threadsafe(work(), loop).result()
        if _is_anyio_thread():
            from anyio.from_thread import run

            return run(work)
        return asyncio.run_coroutine_threadsafe(self._connected(work), self._own_loop()).result()

    def close(self) -> None:
        """End the loop of its own; it is started again when it is needed again."""
        with self._lock:
            loop, self._loop = self._loop, None
        if loop is None or self._process != os.getpid():
            return
        if self._database is not None:
            asyncio.run_coroutine_threadsafe(self._database.close(), loop).result()
        loop.call_soon_threadsafe(loop.stop)

    async def _connected(self, work: Work[T]) -> T:
        if self._database is None:
            return await work()
        async with self._database.connection() as connection:
            with joined(connection):
                return await work()

    def _own_loop(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            # After a fork the thread is the parent's, and so is the pool.
            if self._process != os.getpid():
                self._process, self._loop = os.getpid(), None
                self._database = None if self._database is None else _another(self._database)
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                threading.Thread(target=_serve, args=(self._loop,), daemon=True,
                                 name="horarium-bridge").start()  # fmt: skip
            return self._loop


def _another(database: Database) -> Database:
    return Database(database.url, size=_CONNECTIONS, name="horarium bridge")


def _serve(loop: asyncio.AbstractEventLoop) -> None:
    try:
        loop.run_forever()
    finally:
        loop.close()


def _refuse_in_loop() -> None:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return
    raise HorariumError(
        "kiq_sync was called in a running event loop, which it would stop; write: await task.kiq()"
    )


def _loop_of_run() -> asyncio.AbstractEventLoop | None:
    """The loop of the job that the calling thread runs, if it runs one."""
    run = current_run()
    if run is None or not run.executing or run.task is None:
        return None
    return run.task.get_loop()


def _is_anyio_thread() -> bool:
    from anyio.from_thread import check_cancelled

    try:
        check_cancelled()
    except RuntimeError:
        return False
    return True
