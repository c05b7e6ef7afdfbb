"""The scheduler's loop: step while anything is due, then sleep until the earliest next due time.

Any number of schedulers run side by side, on as many machines; each step takes what the others
have not locked. A schedule that is not due costs nothing.
"""

import asyncio
import os
import socket
import time
from collections.abc import Callable, Coroutine, Sequence
from datetime import timedelta
from typing import Any

import structlog

from horarium.database import STEADY_PLANS, Connection, statement
from horarium.engine.jobs.ledger import Ledger
from horarium.engine.schedules.book import SCHEDULES_CHANNEL, Book
from horarium.engine.schedules.filling import Turn, go_on_with
from horarium.engine.schedules.firing import Outcome
from horarium.engine.schedules.record import Fired as Recorded
from horarium.engine.schedules.refusal import REFUSED
from horarium.engine.schedules.rounds import Rounds
from horarium.engine.schedules.step import Parked, step
from horarium.engine.schedules.waiting import release
from horarium.engine.transports.doorbell import Doorbell
from horarium.events import Events, Fired, ScheduleParked
from horarium.link import Link
from horarium.listener import Listener
from horarium.outage import TRANSIENT
from horarium.transaction import joined

LONGEST_SLEEP = 60.0
_LOOK_AT_ALL = 60.0
"""Seconds between looks at everything that waits, in case a notification was lost."""
_GATHER = 0.01
"""Seconds to wait when jobs end, so that those that end together are looked at together."""
_LOCKED_ELSEWHERE = (0.01, 0.05, 0.1, 0.2, 0.5)
"""Seconds to wait when the only due schedules are in another's hands, each time longer."""

_log = structlog.get_logger()


class Scheduler:
    """Decides due times until it is cancelled.

    Args:
        beside: what else goes on as long as it does, each until cancelled; it must keep its errors.
    """

    def __init__(
        self,
        ledger: Ledger,
        events: Events | None = None,
        keep_firings: timedelta = timedelta(days=400),
        beside: Sequence[Callable[[], Coroutine[Any, Any, None]]] = (),
    ) -> None:
        self._beside = beside
        self._ledger = ledger
        self._events = events or Events()
        self._rounds = Rounds(Book(ledger), self._events, keep_firings)
        self._link = Link(ledger.database, "horarium scheduler", STEADY_PLANS)
        self._doorbell = Doorbell()
        self._ended: set[str] = set()
        self._to_fill: set[str] | None = set()
        self._filling = Turn.THROUGH
        self._looked_at_all = float("-inf")
        self._locked = 0
        self.name = f"{socket.gethostname()}:{os.getpid()}"

    async def run(self) -> None:
        """Decide due times until cancelled."""
        listener = Listener(self._ledger.database)
        listener.subscribe(SCHEDULES_CHANNEL, self._hear)
        acts = (listener.run, self._rounds.run, *self._beside)
        beside = [asyncio.create_task(act()) for act in acts]
        _log.info("scheduler started", scheduler=self.name)
        try:
            while True:
                await self._once()
        finally:
            for task in beside:
                task.cancel()
            await asyncio.gather(*beside, return_exceptions=True)
            await self._link.close()

    async def _once(self) -> None:
        try:
            self._doorbell.hush()
            decided = await self.step()
            await self._doorbell.wait(await self._until_next(decided > 0))
            if self._ended:
                await asyncio.sleep(_GATHER)
        except TRANSIENT as error:
            await self._try_again("the timetable cannot be reached; trying again", error)
        except Exception as error:  # noqa: BLE001 - one bad step must not end all firing
            await self._try_again("a step of the timetable failed; trying again", error)

    async def _try_again(self, sentence: str, error: Exception) -> None:
        _log.warning(sentence, error=str(error) or type(error).__name__)
        self._looked_at_all = float("-inf")
        await self._link.close()
        await asyncio.sleep(1.0)

    async def step(self) -> int:
        """Decide what is due now; returns how many firings were recorded."""
        connection = await self._link.get()
        try:
            fired, parked = await self._decide(connection, careful=False)
        except REFUSED:
            self._looked_at_all = float("-inf")  # what it had heard of is forgotten with it
            fired, parked = await self._decide(connection, careful=True)
        # Its job may have ended while the firing that waits for it was being recorded.
        buffered = (each.schedule for each in fired if each.firing.outcome is Outcome.BUFFERED)
        self._ended.update(buffered)
        self._publish(fired, parked)
        await self._fill(connection)
        return len(fired)

    async def _decide(
        self, connection: Connection, *, careful: bool
    ) -> tuple[list[Recorded], list[Parked]]:
        async with connection.transaction():
            with joined(connection):
                released = await self._release(connection)
                stepped = await step(connection, self._ledger, self.name, careful=careful)
        return released + stepped.fired, stepped.parked

    async def close(self) -> None:
        """Close its connection, for who takes single steps."""
        await self._link.close()

    async def _release(self, connection: Connection) -> list[Recorded]:
        ended, self._ended = sorted(self._ended), set()
        if time.monotonic() - self._looked_at_all > _LOOK_AT_ALL:
            self._looked_at_all = time.monotonic()
            self._to_fill = None
            return await release(connection, self._ledger, self.name)
        if not ended:
            return []
        if self._to_fill is not None:
            self._to_fill.update(ended)
        return await release(connection, self._ledger, self.name, ended)

    async def _fill(self, connection: Connection) -> None:
        """Let backfills go on of whose schedules something was heard, or all."""
        if self._to_fill is None or self._to_fill:
            of = None if self._to_fill is None else sorted(self._to_fill)
            self._filling = await go_on_with(connection, self._ledger, of)
            if self._filling is Turn.THROUGH:
                self._to_fill = set()

    def _hear(self, schedule: str | None) -> None:
        """A schedule was changed or a job of it ended; `None`: anything may have happened."""
        if schedule is None:
            self._looked_at_all = float("-inf")
        else:
            self._ended.add(schedule)
        self._doorbell.ring()

    async def _until_next(self, progressed: bool) -> float:
        """Seconds to wait: until the next due time, or a moment where others hold what is due."""
        connection = await self._link.get()
        row = await connection.fetchrow(statement(__package__, "next"), self._ledger.clock())
        locked = row["overdue"] or self._filling is Turn.LOCKED
        self._locked = self._locked + 1 if locked and not progressed else 0
        if self._ended or self._filling is Turn.MORE or (locked and progressed):
            return 0.0
        seconds = LONGEST_SLEEP if row["seconds"] is None else row["seconds"]
        if locked:
            pause = _LOCKED_ELSEWHERE[min(self._locked, len(_LOCKED_ELSEWHERE)) - 1]
            seconds = min(seconds, pause)
        return min(seconds, LONGEST_SLEEP)

    def _publish(self, fired: Sequence[Recorded], parked: Sequence[Parked]) -> None:
        for schedule, reason in parked:
            self._events.publish(ScheduleParked(schedule=schedule, reason=reason))
        for each in fired if self._events else ():
            self._events.publish(
                Fired(
                    schedule=each.schedule,
                    due_at=each.firing.due_at,
                    outcome=each.firing.outcome,
                    job=each.job,
                )
            )
