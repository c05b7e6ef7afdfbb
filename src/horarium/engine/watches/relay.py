"""The relay: what a worker tells of its jobs to those who watch in other processes.

It subscribes to the worker's events only while a watch holds. It learns of watches by
notification, and reads them again when the first of them would lapse: a web process that was
killed is not told anything for longer than its lease. Before it has read them for the first time it
keeps what it hears: a worker's first jobs are watched like any other.
"""

import asyncio
import time

import msgspec
import structlog

from horarium.database import Database, statement
from horarium.engine.jobs.channels import EVENTS_CHANNEL, WATCHES_CHANNEL
from horarium.engine.watches.watch import Watch, Watched, packed
from horarium.engine.worker.companion import Companion
from horarium.events import Events, JobEvent, JobLife
from horarium.link import Link
from horarium.listener import Listener
from horarium.outage import TRANSIENT
from horarium.waiting import set_within

LEAST_BETWEEN = 0.1
"""Seconds between two rounds of notifications of one worker."""

MOST_AT_ONCE = 1000
"""Events of one round; what is beyond is counted and not told."""

_PAUSE = 1.0
_MOMENT = 0.01
_log = structlog.get_logger()


class Relay(Companion):
    """Tells events of this process to those who watch elsewhere."""

    def __init__(self, database: Database, events: Events) -> None:
        self._link = Link(database, "horarium relay", {"synchronous_commit": "off"})
        self._events = events
        self._watched = Watched()
        self._has_read = False
        self._waiting: list[JobLife] = []
        self._dropped = 0
        self._came = asyncio.Event()
        self._look_at: float | None = None

    def attach(self, listener: Listener) -> None:
        """Hear of watches that begin and end."""
        listener.subscribe(WATCHES_CHANNEL, self._look)

    async def run(self) -> None:
        """Relay until cancelled."""
        self._listen(_ALL)
        try:
            while True:
                await self._wait()
                try:
                    await self._step()
                except TRANSIENT as error:
                    _log.warning("events could not be relayed", error=str(error))
                    await self._begin_again()
                except Exception:  # noqa: BLE001 - the worker goes on, watched or not
                    _log.exception("events could not be relayed")
                    await self._begin_again()
                await asyncio.sleep(LEAST_BETWEEN)
        finally:
            self._listen(Watched())
            await self._link.close()

    async def drain(self) -> None:
        """Tell what is left."""
        try:
            await self._send()
        except Exception as error:  # noqa: BLE001 - the worker stops all the same
            _log.warning("the last events could not be relayed", error=str(error))

    async def _begin_again(self) -> None:
        await self._link.close()
        self._look_at = time.monotonic() + _PAUSE

    def _look(self, _payload: str | None) -> None:
        self._look_at = time.monotonic()
        self._came.set()

    async def _wait(self) -> None:
        """Wait until there is something to tell, or it is time to look who watches."""
        seconds = None if self._look_at is None else max(0.0, self._look_at - time.monotonic())
        await set_within(self._came, seconds)
        self._came.clear()

    async def _step(self) -> None:
        if self._look_at is not None and time.monotonic() >= self._look_at:
            await self._read()
        await self._send()

    async def _read(self) -> None:
        """Look who watches, and remember when the first of them would lapse."""
        self._look_at = None
        connection = await self._link.get()
        rows = await connection.fetch(statement(__package__, "watches"))
        self._listen(Watched(watch for row in rows for watch in _decoder.decode(row["wanted"])))
        if not self._has_read:
            self._has_read = True
            self._waiting = [event for event in self._waiting if self._watched.wants(event)]
            self._dropped = self._dropped if self._watched else 0
        if rows:
            lapses = time.monotonic() + min(row["seconds"] for row in rows) + _MOMENT
            self._look_at = lapses if self._look_at is None else min(self._look_at, lapses)
        else:
            await self._link.close()

    def _listen(self, watched: Watched) -> None:
        if bool(watched) != bool(self._watched):
            if watched:
                self._events.subscribe(self._hear, JobEvent)
            else:
                self._events.unsubscribe(self._hear)
        self._watched = watched

    def _hear(self, event: JobLife) -> None:
        if not self._watched.wants(event):
            return
        if len(self._waiting) < MOST_AT_ONCE:
            self._waiting.append(event)
        else:
            self._dropped += 1
        self._came.set()

    async def _send(self) -> None:
        """Tell what has come together; what cannot be told is said to be missing."""
        events, dropped = self._waiting, self._dropped
        if not self._has_read or not (events or dropped):
            return
        self._waiting, self._dropped = [], len(events) + dropped
        connection = await self._link.get()
        payloads = list(packed(events, dropped))
        await connection.execute(statement(__package__, "relay"), EVENTS_CHANNEL, payloads)
        self._dropped -= len(events) + dropped


_ALL = Watched((Watch(),))
_decoder = msgspec.json.Decoder(list[Watch])
