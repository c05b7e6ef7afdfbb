"""The board: what a worker's running jobs have told of their progress, and is not written yet.

Telling costs a few microseconds and no I/O, however often a task does it: the board keeps the last
mark of each job. It is written at most twice a second, all jobs in one statement, on a connection
that is opened by the first job that tells anything. What a job told last goes with its outcome, in
the finisher's own transaction: nobody sees a job that has ended and stands at 90 %.
"""

import asyncio
import threading
from collections.abc import Iterable, Sequence

import structlog

from horarium.clock import Clock
from horarium.database import Connection, Database
from horarium.engine.jobs.job import Claim, Mark
from horarium.engine.jobs.progress import Told, write_marks
from horarium.engine.worker.announcement import progressed
from horarium.events import Events, JobProgressed
from horarium.link import Link
from horarium.outage import TRANSIENT

LEAST_BETWEEN = 0.5
"""Seconds between two statements of one worker."""

MOST_AT_ONCE = 1000
"""Marks that one statement writes."""

_log = structlog.get_logger()
_Key = tuple[str, int, int]


class Board:
    """The last marks of a worker's jobs, until they are written."""

    def __init__(self, database: Database, clock: Clock, events: Events) -> None:
        self._link = Link(database, "horarium progress", {"synchronous_commit": "off"})
        self._clock = clock
        self._events = events
        self._lock = threading.Lock()
        self._told: dict[_Key, Told] = {}
        self._came = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    def __bool__(self) -> bool:
        """Whether there is anything to write; the finisher asks before each batch."""
        return bool(self._told)

    def tell(self, claim: Claim, mark: Mark) -> None:
        """Keep a mark until it is written; from whichever thread."""
        with self._lock:
            self._told[_key(claim)] = Told(claim, mark)
        loop = self._loop
        if loop is not None and not self._came.is_set() and not loop.is_closed():
            loop.call_soon_threadsafe(self._came.set)

    async def run(self) -> None:
        """Write until cancelled."""
        self._loop = asyncio.get_running_loop()
        if self._told:
            self._came.set()
        try:
            while True:
                await self._came.wait()
                self._came.clear()
                await self._write()
                await asyncio.sleep(LEAST_BETWEEN)
        finally:
            await self._link.close()

    async def settle(self, connection: Connection, claims: Iterable[Claim]) -> None:
        """Write what these jobs told last, in the transaction that records their outcomes."""
        found = (self._told.get(_key(claim)) for claim in claims)
        told = [each for each in found if each is not None]
        if told:
            await write_marks(connection, told, self._clock)

    def clear(self, claims: Iterable[Claim]) -> None:
        """Forget what these jobs told: their outcomes are recorded."""
        with self._lock:
            for claim in claims:
                self._told.pop(_key(claim), None)

    async def _write(self) -> None:
        told = list(self._told.values())
        for first in range(0, len(told), MOST_AT_ONCE):
            batch = told[first : first + MOST_AT_ONCE]
            try:
                held = await write_marks(await self._link.get(), batch, self._clock)
            except TRANSIENT as error:
                _log.warning("progress could not be written; trying again", error=str(error))
                self._came.set()
                await self._link.close()
                return
            except Exception:  # noqa: BLE001 - jobs go on, whatever becomes of their progress
                _log.exception("progress could not be written; it is left out")
                held = set()
            self._remove(batch)
            self._announce(batch, held)

    def _remove(self, written: Iterable[Told]) -> None:
        """Take off what is written, and not before: an outcome on its way needs it too."""
        with self._lock:
            for each in written:
                if self._told.get(_key(each.claim)) is each:
                    del self._told[_key(each.claim)]

    def _announce(self, told: Sequence[Told], held: set[str]) -> None:
        if self._events.hears(JobProgressed):
            for claim, mark in told:
                if claim.id in held:
                    self._events.publish(progressed(claim, mark))


def _key(claim: Claim) -> _Key:
    return claim.id, claim.attempt, claim.worker
