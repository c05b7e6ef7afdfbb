"""A worker's one lease, and the rescue of jobs whose worker has gone.

A worker is alive as long as it renews its lease, by the database's clock. One heartbeat renews it
for all jobs that the worker runs. Any worker that finds a lapsed lease marks its holder as
stopped and queues that worker's jobs again. The holder may only have been frozen: when it wakes,
its renewal is refused, it takes a new lease under a new id, and the outcomes of its old claims are
refused by the ledger, because worker and attempt no longer match.

The heartbeat lives in a thread with an event loop and a connection of its own: a task that blocks
the worker's loop for a minute must not look like a dead worker.
"""

import asyncio
import os
import socket
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

import msgspec
import structlog

from horarium.clock import Clock
from horarium.database import Connection, Database, statement
from horarium.engine.jobs import gate
from horarium.engine.jobs.channels import JOBS_CHANNEL
from horarium.engine.jobs.dependents import Stopped
from horarium.engine.worker.keeping import Keep, tidy
from horarium.engine.worker.losses import Losses
from horarium.link import Link
from horarium.outage import TRANSIENT

_TIDY_EVERY = 3600.0
_SWEEP_EVERY = 60.0
_NEVER = 2**31 - 1
_log = structlog.get_logger()


class Rescued(msgspec.Struct, frozen=True):
    """A job that was taken back, and from which attempt of which worker.

    Attributes:
        times: how often in a row its attempts were lost, this one included.
        given_up: it was too often: it has failed.
    """

    id: str
    task: str
    attempt: int
    worker: int
    queue: str
    owner: str | None
    times: int = 1
    given_up: bool = False


class Lease:
    """Registers a worker, keeps its lease alive from a thread, and rescues for others."""

    def __init__(
        self,
        database: Database,
        *,
        queues: Sequence[str] | None,
        slots: int,
        seconds: float,
        clock: Clock,
        keep: Keep,
        losses: Losses,
        on_rescue: Callable[[Sequence[Rescued], Sequence[Stopped]], None] = lambda *_: None,
    ) -> None:
        self.worker = 0
        self._link = Link(database, "horarium heartbeat")
        self._queues = queues
        self._slots = slots
        self._seconds = seconds
        self._clock = clock
        self._keep = keep
        self._losses = losses
        self._on_rescue = on_rescue
        self._sweep_at = 0.0
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    async def begin(self, connection: Connection) -> int:
        """Announce the worker and start the heartbeat, which first clears up after dead ones."""
        self._loop = asyncio.get_running_loop()
        self.worker = await self._register(connection)
        self._thread = threading.Thread(target=self._beat, name="heartbeat", daemon=True)
        self._thread.start()
        return self.worker

    async def end(self, connection: Connection) -> None:
        """Stop the heartbeat and give the lease back."""
        self._stop.set()
        if self._thread is not None:
            await asyncio.to_thread(self._thread.join)
        await connection.execute(_sql("retire"), self.worker, self._clock())
        # Turns of jobs that only this worker listened to go to others.
        await gate.sweep(connection)

    async def _register(self, connection: Connection) -> int:
        host, pid = socket.gethostname(), os.getpid()
        return int(
            await connection.fetchval(
                _sql("register"), f"{host}:{pid}", host, pid, self._queues, self._slots,
                self._seconds, self._clock(),
            )
        )  # fmt: skip

    def _beat(self) -> None:
        asyncio.run(self._beat_forever())

    async def _beat_forever(self) -> None:
        tidy_at = 0.0
        pause = 0.0
        while not await asyncio.to_thread(self._stop.wait, pause):
            pause = self._seconds / 3
            try:
                # A server that does not answer is left before the lease has lapsed.
                async with asyncio.timeout(self._seconds / 2):
                    await self._beat_once()
                if time.monotonic() >= tidy_at and await self._tidy(await self._link.get()):
                    tidy_at = time.monotonic() + _TIDY_EVERY
            except TRANSIENT as error:
                _log.warning("the heartbeat did not reach the database", error=_words(error))
                await self._link.close()
            except Exception:  # noqa: BLE001 - whatever it was, the lease must not lapse for it
                _log.exception("the heartbeat failed; it goes on")
                await self._link.close()
        await self._link.close()

    async def _beat_once(self) -> None:
        connection = await self._link.get()
        another_lapsed = await self._renew(connection)
        sweeps = time.monotonic() >= self._sweep_at
        if another_lapsed or sweeps:
            rescued = await rescue(connection, self._clock, self._losses)
            self._tell(rescued, self._losses.stopped())
            sweeps = sweeps or bool(rescued)
        if sweeps:
            self._sweep_at = time.monotonic() + _SWEEP_EVERY
            await gate.sweep(connection)

    async def _tidy(self, connection: Connection) -> bool:
        """Tidy for no longer than the lease can wait."""
        return await tidy(connection, self._keep, self._clock, seconds=self._seconds / 10)

    def _tell(self, rescued: Sequence[Rescued], stopped: Sequence[Stopped]) -> None:
        # The heartbeat has a thread of its own; subscribers live in the worker's.
        if rescued and self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._on_rescue, rescued, stopped)

    async def _renew(self, connection: Connection) -> bool:
        """Renew the lease; whether a worker was seen whose own has lapsed."""
        another_lapsed = await connection.fetchval(
            _sql("renew"), self.worker, self._seconds, self._clock()
        )
        if another_lapsed is None:
            lost = self.worker
            self.worker = await self._register(connection)
            _log.warning(
                "this worker's lease had lapsed and its jobs were given to others; it goes on "
                "under a new lease",
                lost=lost,
                worker=self.worker,
            )
        return another_lapsed is not False


async def rescue(
    connection: Connection, clock: Clock, losses: Losses | None = None
) -> list[Rescued]:
    """Take back the jobs of workers whose lease has lapsed.

    Args:
        losses: ends those that were lost too often; without it there is no such bound.
    """
    bounds = losses.bounds() if losses is not None else ([], [], _NEVER)
    rows: list[Any] = await connection.fetch(_sql("rescue"), clock(), JOBS_CHANNEL, *bounds)
    rescued = [Rescued(*tuple(row)[:8]) for row in rows]
    for job in rescued:
        if not job.given_up:
            _log.warning("rescued a job from a worker that stopped answering", **_fields(job))
    given_up = [job for job in rescued if job.given_up]
    if losses is not None and given_up:
        await losses.give_up(connection, given_up)
    return rescued


def _words(error: BaseException) -> str:
    return str(error) or type(error).__name__


def _fields(rescued: Rescued) -> dict[str, Any]:
    return {"job": rescued.id, **{n: getattr(rescued, n) for n in ("task", "attempt", "worker")}}


def _sql(name: str) -> str:
    return statement(__package__, name)
