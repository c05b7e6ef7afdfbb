"""Processes for sync tasks that take long or a whole core, each for one job at a time.

A job that is cancelled or over its time is ended: its process is killed, with all that it started.
A process that dies fails its own job and no other. Either is replaced when it is next needed.
Weighed against the pools of the standard library and `pebble` in docs/decisions/0009.
"""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any

from horarium.engine.jobs.job import Mark
from horarium.engine.worker.afar import Told
from horarium.engine.worker.pool_call import (
    LENGTH,
    Call,
    Name,
    NotCarried,
    packed,
    raised,
    search_path,
    unpacked,
)
from horarium.errors import HorariumError

_COMMAND = (sys.executable, "-m", "horarium.engine.worker.pool_process")


class NotStarted(HorariumError):
    """A process of the pool could not be started; that is not the fault of any job."""


class ProcessDied(HorariumError):
    """The process that ran an attempt ended before the attempt did."""


class Pool:
    """So many processes at most; each is started when it is first needed.

    Args:
        modules: those of the tasks, which a process imports before its first call.
    """

    def __init__(self, most: int, modules: Callable[[], Sequence[str]]) -> None:
        self._modules = modules
        self._free = asyncio.Semaphore(most)
        self._idle: list[_Child] = []
        self._ends: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def place(self, told: Callable[[Mark], None]) -> AsyncIterator["Place"]:
        """A process for one call; waits for one that is free and ready.

        Args:
            told: is given what the call tells of its progress.

        Raises:
            NotStarted: there is none.
        """
        await self._free.acquire()
        child: _Child | None = None
        try:
            child = self._living() or await self._another()
            yield Place(child, told)
        finally:
            self._take_back(child)

    async def close(self) -> None:
        """End the processes, once their jobs have ended, and wait until they are gone."""
        idle, self._idle = self._idle, []
        await asyncio.gather(*(child.end() for child in idle), *self._ends)

    def _living(self) -> "_Child | None":
        while self._idle:
            child = self._idle.pop()
            if child.process.returncode is None:
                return child
        return None

    async def _another(self) -> "_Child":
        try:
            return await _Child.start(self._modules())
        except (OSError, ProcessDied) as error:
            raise NotStarted(f"a process of the pool could not be started: {error}") from error

    def _take_back(self, child: "_Child | None") -> None:
        if child is not None and child.is_idle:
            self._idle.append(child)
        if child is None or child.is_idle:
            self._free.release()
            return
        end = asyncio.create_task(child.end())
        self._ends.add(end)
        end.add_done_callback(self._ended)

    def _ended(self, end: asyncio.Task[None]) -> None:
        self._ends.discard(end)
        self._free.release()


class Place:
    """Room for one call in a process.

    Args:
        told: is given what the call tells of its progress.
    """

    def __init__(self, child: "_Child", told: Callable[[Mark], None]) -> None:
        self._child = child
        self._told = told

    async def call(self, name: Name, *args: Any, **kwargs: Any) -> Any:
        """Call the function of this name in the process; being cancelled kills the process.

        Raises:
            ProcessDied: it ended before it answered.
            NotCarried: an argument cannot be handed over.
        """
        try:
            message = packed(Call(name, args, kwargs))
        except NotCarried as error:
            raise NotCarried(
                f"an argument or a dependency of {name.function} cannot be handed to a process: "
                f"{error}. Run the task in a thread, or pass it plain data"
            ) from None
        succeeded, answer = await self._child.ask(message, self._told)
        if succeeded:
            return answer
        raise raised(answer)


class _Child:
    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.is_idle = False

    @classmethod
    async def start(cls, modules: Sequence[str]) -> "_Child":
        """Start a process, and wait until it has imported what it will need."""
        # A session of its own: Ctrl-C is the worker's affair, and what it starts dies with it.
        process = await asyncio.create_subprocess_exec(
            *_COMMAND,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            start_new_session=True,
        )
        child = cls(process)
        try:
            await child.ask(packed((search_path(modules), list(modules))))
        except BaseException:
            await asyncio.shield(child.end())
            raise
        return child

    async def ask(self, message: bytes, told: Callable[[Mark], None] = lambda _: None) -> Any:
        """Hand a message over and wait for the answer; `told` is given the marks before it."""
        self.is_idle = False
        entry, answers = self.process.stdin, self.process.stdout
        if entry is None or answers is None:
            raise RuntimeError("a process of the pool was started without pipes")
        try:
            entry.write(message)
            await entry.drain()
            while isinstance(answer := await _message(answers), Told):
                told(answer.mark)
        except (asyncio.IncompleteReadError, ConnectionError):
            raise ProcessDied(_reason(await self.process.wait())) from None
        self.is_idle = True
        return answer

    def kill(self) -> None:
        """End the process and all that it started."""
        if self.process.returncode is None:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, signal.SIGKILL)

    async def end(self) -> None:
        """Kill the process, and wait until it is gone and its pipes are closed."""
        self.kill()
        entry, answers = self.process.stdin, self.process.stdout
        if entry is not None and answers is not None:
            entry.close()
            while await answers.read(2**16):
                pass
        await self.process.wait()


async def _message(answers: asyncio.StreamReader) -> Any:
    (length,) = LENGTH.unpack(await answers.readexactly(LENGTH.size))
    return unpacked(await answers.readexactly(length))


def _reason(status: int) -> str:
    if status >= 0:
        return f"the process that ran this attempt ended by itself, with exit status {status}"
    name = signal.Signals(-status).name
    said = f"the process that ran this attempt was ended by {name}"
    if name == "SIGKILL":
        said += "; if nobody did that, the system may have, for want of memory"
    return said
