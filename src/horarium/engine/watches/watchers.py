"""Watchers: those in this process who watch jobs, and what they get to hear.

All of them share one connection that listens and one row in `horarium.watches`. Both are there
while anybody watches, and a moment later they are gone. A watcher that is slow loses the oldest of
what it has not taken, and is told so: nobody's memory grows.
"""

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from uuid import uuid4

import msgspec
import structlog

from horarium.database import Database, statement
from horarium.engine.jobs.channels import EVENTS_CHANNEL, FINISHED_CHANNEL, WATCHES_CHANNEL
from horarium.engine.watches.watch import Watch, unpacked
from horarium.events import JobLife
from horarium.listener import Listener
from horarium.outage import TRANSIENT
from horarium.waiting import set_within

HOLD = 60.0
"""Seconds for which a watch holds without renewal."""

MOST_KEPT = 1000
"""Events that wait for one watcher."""

_LEAST_BETWEEN = 0.1
_PATIENCE = 2.0
_log = structlog.get_logger()


class Taken(msgspec.Struct, frozen=True):
    """What a watcher has heard; `missed`: there may have been more."""

    events: list[JobLife]
    missed: bool


class Sight:
    """What one watcher sees, from when it began.

    Attributes:
        over: there will be no more, because the process is ending.
    """

    def __init__(self, watch: Watch) -> None:
        self.watch = watch
        self.over = False
        self._events: deque[JobLife] = deque(maxlen=MOST_KEPT)
        self._missed = False
        self._came = asyncio.Event()

    async def wait(self, seconds: float) -> bool:
        """Wait until something has come, but not longer than this; whether it has."""
        return await set_within(self._came, seconds)

    def take(self) -> Taken:
        """What has come since the last time."""
        self._came.clear()
        taken = Taken(list(self._events), self._missed)
        self._events.clear()
        self._missed = False
        return taken

    def begin(self) -> None:
        """What is heard from now on is all there is: to have begun to listen is no news."""
        self._missed = False
        if not self._events and not self.over:
            self._came.clear()

    def hear(self, event: JobLife) -> None:
        """Keep an event until it is taken."""
        self._missed |= len(self._events) == MOST_KEPT
        self._events.append(event)
        self._came.set()

    def look(self) -> None:
        """Something may have been missed."""
        self._missed = True
        self._came.set()

    def end(self) -> None:
        """There will be no more."""
        self.over = True
        self._came.set()


class Watchers:
    """All who watch in this process."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._sights: set[Sight] = set()
        self._round: _Round | None = None
        self._over = False

    def __len__(self) -> int:
        """How many watch."""
        return len(self._sights)

    @asynccontextmanager
    async def watch(self, watch: Watch) -> AsyncIterator[Sight]:
        """See the events that `watch` wants, for the time of a block.

        When the block begins, the workers have been notified. Where the database does not answer,
        it begins all the same; then nothing is heard, and the taker has to look by itself.
        """
        sight = Sight(watch)
        if self._over:
            sight.end()
        self._sights.add(sight)
        if self._round is None or self._round.over:
            self._round = _Round(self._database, self._sights)
        try:
            if await self._round.announced(watch):
                sight.begin()
            yield sight
        finally:
            self._sights.discard(sight)
            self._round.change()

    def end(self) -> None:
        """End every watch; from now on they end as they begin."""
        self._over = True
        for sight in self._sights:
            sight.end()

    async def close(self) -> None:
        """End the watches that there are, and listen no more."""
        for sight in self._sights:
            sight.end()
        if self._round is not None:
            await self._round.close()


class _Round:
    """One time of listening: from the first watcher until there is none."""

    def __init__(self, database: Database, sights: set[Sight]) -> None:
        self._database = database
        self._sights = sights
        self._watcher = uuid4().hex
        self._told: set[Watch] = set()
        self._telling = asyncio.Condition()
        self._changed = asyncio.Event()
        self._connected = asyncio.Event()
        self._renew_at = 0.0
        self.over = False
        self._task = asyncio.create_task(self._run())

    def change(self) -> None:
        """Somebody has begun or ended to watch."""
        self._changed.set()

    async def announced(self, watch: Watch) -> bool:
        """Wait until the workers have been notified of a watch; for a moment at most."""
        self.change()
        try:
            async with asyncio.timeout(_PATIENCE):
                await self._connected.wait()
                async with self._telling:
                    await self._telling.wait_for(lambda: watch in self._told)
        except TimeoutError:
            return False
        return True

    async def close(self) -> None:
        """End now."""
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        listener = Listener(self._database)
        listener.subscribe(FINISHED_CHANNEL, self._hear_end)
        listener.subscribe(EVENTS_CHANNEL, self._hear)  # the last: then all is heard
        listening = asyncio.create_task(listener.run())
        try:
            while self._sights:
                await self._keep()
                await asyncio.sleep(_LEAST_BETWEEN)
        finally:
            self.over = True
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)
            with suppress(*TRANSIENT):
                await self._execute("unwatch", self._watcher, WATCHES_CHANNEL)

    async def _keep(self) -> None:
        """Say what is watched when that changes, and before the lease of it lapses."""
        await set_within(self._changed, max(0.0, self._renew_at - time.monotonic()))
        self._changed.clear()
        wanted = self._wanted()
        is_new = not wanted <= self._told
        if not is_new and time.monotonic() < self._renew_at and wanted:
            # Of watches that have ended, workers hear with the next renewal.
            return
        try:
            await self._tell(wanted, is_new=is_new)
        except TRANSIENT as error:
            _log.warning("what is watched could not be announced", error=str(error))
            self._renew_at = time.monotonic() + 1.0

    async def _tell(self, wanted: set[Watch], *, is_new: bool) -> None:
        if not wanted:
            return
        channel = WATCHES_CHANNEL if is_new or wanted != self._told else None
        encoded = msgspec.json.encode(list(wanted))
        await self._execute("watch", self._watcher, encoded, HOLD, channel)
        self._renew_at = time.monotonic() + HOLD / 3
        async with self._telling:
            self._told = wanted
            self._telling.notify_all()

    async def _execute(self, name: str, *values: object) -> None:
        async with self._database.connection() as connection:
            await connection.execute(statement(__package__, name), *values)

    def _wanted(self) -> set[Watch]:
        return {sight.watch for sight in self._sights}

    def _hear(self, payload: str | None) -> None:
        if payload is None:
            self._connected.set()
        for event in (None,) if payload is None else unpacked(payload):
            for sight in self._sights:
                if event is None:
                    sight.look()
                elif sight.watch.wants(event):
                    sight.hear(event)

    def _hear_end(self, job: str | None) -> None:
        for sight in self._sights if job is not None else ():
            if sight.watch.job == job:
                sight.look()
