"""The hourly round: what schedulers do beside the step, one of them at a time.

It proves what was decided since the last round and alerts where that does not hold; it forgets
firings that are older than they are kept. When a scheduler starts, and in each round, it is seen
whether the zone data has changed. A round that is cut off goes on with the next one.
"""

import asyncio
from datetime import timedelta

import structlog

from horarium.database import statement
from horarium.engine.schedules.book import Book
from horarium.engine.schedules.forgetting import forget_firings
from horarium.engine.schedules.proof import Proof
from horarium.engine.schedules.standing import prove_decided
from horarium.engine.schedules.zone_data import settle_zone_data
from horarium.events import Events, ProofFailed
from horarium.outage import TRANSIENT

EVERY = timedelta(hours=1)
_LOOK = 300.0
"""Seconds between looks at whether a round is due: another scheduler may have made it."""
_SETTLED = 60.0
"""Seconds that a scheduler has for its first due times, before its first round."""

_log = structlog.get_logger()


class Rounds:
    """One scheduler's part in the rounds of all."""

    def __init__(self, book: Book, events: Events, keep_firings: timedelta) -> None:
        self._book = book
        self._events = events
        self._keep = keep_firings

    async def run(self) -> None:
        """Make rounds until cancelled."""
        pause = _SETTLED
        await self._guarded(zone_data_only=True)
        while True:
            await asyncio.sleep(pause)
            await self._guarded()
            pause = _LOOK

    async def _guarded(self, *, zone_data_only: bool = False) -> None:
        try:
            await (settle_zone_data(self._book) if zone_data_only else self.once())
        except TRANSIENT as error:
            _log.warning("a round was cut off; it goes on later", error=str(error))
        except Exception as error:  # noqa: BLE001 - a bad round must not end all firing
            _log.error("a round of the timetable failed", error=str(error) or type(error).__name__)

    async def once(self) -> bool:
        """Make a round, if one is due and nobody else is at it; returns whether it was made."""
        async with self._book.database.connection() as connection:
            clock = self._book.ledger.clock()
            mine = await connection.fetchval(statement(__package__, "take_round"), clock, EVERY)
        if mine is None:
            return False
        await settle_zone_data(self._book)
        for proof in await prove_decided(self._book):
            self._alert(proof)
        await forget_firings(self._book, self._keep)
        return True

    def _alert(self, proof: Proof) -> None:
        _log.error(
            "the timetable does not hold: due times without their one outcome",
            schedule=proof.schedule,
            unexplained=proof.unexplained,
            doubled=proof.doubled,
            details=proof.details,
        )
        self._events.publish(
            ProofFailed(
                schedule=proof.schedule,
                unexplained=proof.unexplained,
                doubled=proof.doubled,
                details=proof.details,
            )
        )
