"""One worker process: what it is told by signals, and what it tells its supervisor.

Told to stop once it finishes what it runs, within its time; told twice it gives that back at once;
told a third time it ends as it is, and its jobs are rescued.
"""

import asyncio
import gc
import os
import signal
import sys
import threading
from contextlib import suppress
from typing import NoReturn

import structlog

from horarium.application import Horarium
from horarium.cli.crew import AT_ONCE
from horarium.cli.opening import find_application
from horarium.cli.processes import SUPERVISED, begin, is_member
from horarium.cli.recycling import due
from horarium.cli.work import Recycling, Work
from horarium.engine import TASK_THREADS, Worker

_END = 5.0
"""Seconds that the process itself may take to end, when its account is straight."""

_log = structlog.get_logger()


def serve(work: Work) -> int:
    """Run jobs until told to stop; returns the exit status."""
    import uvloop

    begin("worker")
    try:
        status: int = uvloop.run(_obey(work))
    except asyncio.CancelledError:
        status = 1
    if any(thread.name == TASK_THREADS for thread in threading.enumerate()):
        _log.warning("threads that never returned end with the process")
        _end_now(status)
    return status


class Orders:
    """Signals, and the worker that obeys them.

    A process under a supervisor may be told the same twice, by the supervisor and by whoever stops
    them all, such as systemd: there only the supervisor's `AT_ONCE` says that it is meant.
    """

    def __init__(self) -> None:
        self._level = 0
        self._worker: Worker | None = None
        self._task = asyncio.current_task()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._told)
        loop.add_signal_handler(AT_ONCE, self._obey, 2)

    def are_for(self, worker: Worker) -> None:
        """From now on they are this worker's."""
        self._worker = worker

    @property
    def came_early(self) -> bool:
        """The process was told to stop before it had begun to work."""
        return not self.has_worker and self._level == 1

    @property
    def has_worker(self) -> bool:
        """The process has begun to work."""
        return self._worker is not None

    def _told(self) -> None:
        self._obey(1 if SUPERVISED in os.environ else self._level + 1)

    def _obey(self, level: int) -> None:
        self._level = max(self._level, level)
        if self._worker is None or level > 2:
            if self._task is not None:
                self._task.cancel()
        else:
            self._worker.stop(within=None if level == 1 else 0)


async def _obey(work: Work) -> int:
    orders = Orders()
    status = 1
    try:
        await _work(work, orders)
        status = 0
    except asyncio.CancelledError:
        if not orders.came_early:
            raise
        status = 0
    finally:
        if orders.has_worker:
            threading.Thread(target=_see_to_the_end, args=(status,), daemon=True).start()
    return status


async def _work(work: Work, orders: Orders) -> None:
    application = find_application(work.app)
    application.broker.is_worker_process = True
    await application.require_ready()
    await application.broker.startup()
    worker = application.broker.worker(queues=work.queues, slots=work.slots)
    orders.are_for(worker)
    watching = asyncio.create_task(_recycle(work.recycling, application, worker))
    # What was imported stays: it need not be looked through for garbage among jobs.
    gc.freeze()
    _tell("ready")
    try:
        await worker.run()
    finally:
        watching.cancel()
        await application.broker.shutdown()


async def _recycle(recycling: Recycling, application: Horarium, worker: Worker) -> None:
    """Leave at leisure when the time has come; the supervisor starts the successor."""
    reason = await due(recycling, application.events)
    _log.info("this process is recycled", because=reason)
    worker.stop(within=float("inf"))
    _tell("recycling")


def _tell(word: str) -> None:
    if is_member():
        with suppress(OSError):  # the supervisor has gone; this process is about to be told
            os.write(0, word.encode() + b"\n")


def _see_to_the_end(status: int) -> None:
    """End a process that hangs at its end, such as in a thread that a library waits for."""
    threading.Event().wait(_END)
    _log.warning("the process does not end by itself; it is ended", after=_END)
    _end_now(status)


def _end_now(status: int) -> NoReturn:
    with suppress(OSError, ValueError):
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(status)
