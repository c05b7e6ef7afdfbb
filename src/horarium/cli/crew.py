"""`horarium worker --processes N`: worker processes under one supervisor.

The supervisor imports no application and opens no database; it starts members, which are
`horarium worker` as it runs alone, and sees that as many of them live as were asked for. One end of
a socket is each member's standard input. It carries words from the member ("ready", "recycling"),
and it closes when the supervisor dies, however: the members stop then.

A member that dies is started again, after pauses that grow if it dies at once. One that is to be
recycled says so when it has stopped taking jobs: its successor starts at once, beside it, while it
finishes those it holds for as long as they take.
"""

import asyncio
import os
import signal
import socket
import sys
import time
from collections.abc import Sequence
from contextlib import suppress

import structlog

from horarium.cli.processes import SUPERVISED, begin
from horarium.cli.work import Work
from horarium.settings import load

GRACE = 10.0
"""Seconds beyond the time to finish after which a member that does not end is killed."""

RELOAD_GRACE = 5.0
"""Seconds for which jobs may go on when the code has changed, before they are given back."""

AT_ONCE = signal.SIGUSR1
"""Tells a member to give back at once what it runs."""

_LIVED = 10.0
_LONGEST_PAUSE = 30.0
_USAGE = 2
_log = structlog.get_logger()


def supervise(work: Work, size: int, *, reload: bool) -> int:
    """Keep so many worker processes at work until told to stop; returns the exit status."""
    begin("worker")
    return asyncio.run(_supervise(work, size, reload=reload))


async def _supervise(work: Work, size: int, *, reload: bool) -> int:
    settings = load()
    crew = Crew(work.arguments(), size, settings.shutdown, waits_for_change=reload)
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, crew.stop)
    if not reload:
        return await crew.run()
    from horarium.cli.reload import renew_on_change

    watching = asyncio.create_task(renew_on_change(crew, work.app or settings.app))
    watching.add_done_callback(_report)
    try:
        return await crew.run()
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)


def _report(watching: "asyncio.Task[None]") -> None:
    if not watching.cancelled() and (error := watching.exception()) is not None:
        _log.error("changes of the code are not seen any more", error=str(error))


class Crew:
    """So many members, each in a place that is filled again when it falls vacant.

    Args:
        arguments: those of `horarium worker` for each member.
        shutdown: seconds that a member has to finish its jobs when it is told to stop.
        waits_for_change: a member whose start fails is started again when the code has changed.
    """

    def __init__(
        self,
        arguments: Sequence[str],
        size: int,
        shutdown: float,
        *,
        waits_for_change: bool = False,
    ) -> None:
        self._arguments = arguments
        self._size = size
        self._shutdown = shutdown
        self._waits_for_change = waits_for_change
        self._members: set[Member] = set()
        self._stopping = asyncio.Event()
        self._changed = asyncio.Event()
        self._status = 0

    async def run(self) -> int:
        """Keep the crew complete until told to stop; returns the exit status."""
        places = [asyncio.create_task(self._fill(n)) for n in range(1, self._size + 1)]
        stopping = asyncio.create_task(self._stopping.wait())
        # A place ends by itself only with an error of ours: then all end.
        await asyncio.wait((*places, stopping), return_when=asyncio.FIRST_COMPLETED)
        self._stopping.set()
        leaving = [member for member in self._members if member.is_recycling]
        try:
            await asyncio.gather(*places, *(self._end(member) for member in leaving))
        finally:
            stopping.cancel()
            for member in self._members:
                member.send(signal.SIGKILL)
        return self._status

    def stop(self) -> None:
        """Told once the members finish their jobs, told twice they give them back at once."""
        if self._stopping.is_set() and SUPERVISED not in os.environ:
            for member in self._members:
                member.send(AT_ONCE)
        self._stopping.set()

    async def renew(self) -> None:
        """The code has changed: every member is replaced."""
        self._changed.set()
        self._changed = asyncio.Event()
        await asyncio.gather(*(self._replace(member) for member in list(self._members)))

    async def _fill(self, place: int) -> None:
        pause = 0.5
        while not self._stopping.is_set():
            began, changed = time.monotonic(), self._changed
            member = await self._start(place)
            await member.leaves(self._stopping)
            if self._stopping.is_set():
                await self._end(member)
                return
            if member.is_recycling or member.is_replaced:
                continue
            if self._is_hopeless(member):
                return
            if self._waits_for_change and not member.is_ready:
                _log.error("the worker cannot start; waiting for a change of the code")
                await self._pause(changed, None)
                continue
            pause = 0.5 if time.monotonic() - began > _LIVED else min(pause * 2, _LONGEST_PAUSE)
            _log.error(
                "a worker process has ended; another takes its place",
                place=place, pid=member.pid, because=member.reason, pause=pause,
            )  # fmt: skip
            await self._pause(self._stopping, pause)

    def _is_hopeless(self, member: "Member") -> bool:
        """It was started wrongly: another would end the same way."""
        if member.status != _USAGE or member.is_ready or self._waits_for_change:
            return False
        self._status = _USAGE
        self._stopping.set()
        return True

    async def _pause(self, event: asyncio.Event, seconds: float | None) -> None:
        """Wait for the event, the order to stop, or the time."""
        waits = [asyncio.create_task(each.wait()) for each in (event, self._stopping)]
        await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        for wait in waits:
            wait.cancel()

    async def _start(self, place: int) -> "Member":
        member = await Member.start(place, self._arguments)
        self._members.add(member)
        member.ended.add_done_callback(lambda _: self._members.discard(member))
        return member

    async def _replace(self, member: "Member") -> None:
        member.is_replaced = True
        member.send(signal.SIGTERM)
        if not await member.ends_within(RELOAD_GRACE):
            member.send(AT_ONCE)
            await self._kill_late(member, GRACE)

    async def _end(self, member: "Member") -> None:
        member.send(signal.SIGTERM)
        await self._kill_late(member, self._shutdown + GRACE)

    async def _kill_late(self, member: "Member", seconds: float) -> None:
        if not await member.ends_within(seconds):
            _log.error("a worker process did not stop in time; it is killed", pid=member.pid)
            member.send(signal.SIGKILL)
            await asyncio.wait((member.ended,))


class Member:
    """One worker process, and what it has said.

    Attributes:
        is_ready: it has begun to work.
        is_recycling: it takes no more jobs, and is to be succeeded.
        is_replaced: it was told to end because the code has changed.
        ended: done when the process has ended.
    """

    def __init__(self, process: asyncio.subprocess.Process, line: socket.socket) -> None:
        self._process = process
        self._line = line
        self.is_ready = False
        self.is_recycling = False
        self.is_replaced = False
        self._recycles = asyncio.Event()
        self._hearing = asyncio.create_task(self._hear())
        self.ended = asyncio.create_task(self._end())

    @classmethod
    async def start(cls, place: int, arguments: Sequence[str]) -> "Member":
        """Start a process in a session of its own: Ctrl-C reaches the supervisor alone."""
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        with theirs:
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "horarium", "worker", *arguments,
                stdin=theirs.fileno(),
                env={**os.environ, SUPERVISED: f"worker {place}"},
                start_new_session=True,
            )  # fmt: skip
        return cls(process, ours)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def status(self) -> int | None:
        return self._process.returncode

    @property
    def reason(self) -> str:
        """Why it has ended, in words."""
        status = self.status or 0
        return signal.Signals(-status).name if status < 0 else f"exit status {status}"

    def send(self, number: signal.Signals) -> None:
        """Send a signal, if the process still lives."""
        if self.status is None:
            with suppress(ProcessLookupError):
                self._process.send_signal(number)

    async def leaves(self, stopping: asyncio.Event) -> None:
        """Wait until it ends or is to be succeeded, or all are to stop."""
        waits = [asyncio.create_task(each.wait()) for each in (self._recycles, stopping)]
        await asyncio.wait((self.ended, *waits), return_when=asyncio.FIRST_COMPLETED)
        for wait in waits:
            wait.cancel()

    async def ends_within(self, seconds: float) -> bool:
        await asyncio.wait((self.ended,), timeout=seconds)
        return self.ended.done()

    async def _end(self) -> None:
        await self._process.wait()
        await self._hearing

    async def _hear(self) -> None:
        """Take in what the process says, until it has closed its end."""
        loop, heard = asyncio.get_running_loop(), b""
        with self._line:
            while said := await self._receive(loop):
                *words, heard = (heard + said).split(b"\n")
                for word in words:
                    self._take_in(word)

    async def _receive(self, loop: asyncio.AbstractEventLoop) -> bytes:
        try:
            return await loop.sock_recv(self._line, 256)
        except ConnectionError:
            return b""

    def _take_in(self, word: bytes) -> None:
        if word == b"ready":
            self.is_ready = True
        elif word == b"recycling":
            self.is_recycling = True
            self._recycles.set()
