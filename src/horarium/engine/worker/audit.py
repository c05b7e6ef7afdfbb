"""Comparing what a worker holds with what the ledger says that it holds.

A lost connection leaves two things behind: claims whose answer never came here, and orders to stop
that were not heard. Both are put right by asking the ledger, now and then and after each such loss.
"""

import asyncio
import time
from collections.abc import Callable

import structlog

from horarium.engine.jobs.ledger import Ledger
from horarium.engine.worker.finisher import Finisher
from horarium.engine.worker.lease import Lease
from horarium.engine.worker.slots import Slots
from horarium.link import Link
from horarium.outage import TRANSIENT

EVERY = 300.0
"""Seconds."""
_PAUSE = 1.0
_log = structlog.get_logger()


class Audit:
    """Audits one worker, between two of its claims, so that none is on its way.

    Args:
        cancel: stops the job with this id, on an order that was not heard.
    """

    def __init__(
        self,
        ledger: Ledger,
        link: Link,
        lease: Lease,
        slots: Slots,
        finisher: Finisher,
        cancel: Callable[[str], None],
    ) -> None:
        self._ledger = ledger
        self._link = link
        self._lease = lease
        self._slots = slots
        self._finisher = finisher
        self._cancel = cancel
        self._due_at = time.monotonic() + EVERY

    @property
    def is_due(self) -> bool:
        return time.monotonic() >= self._due_at

    def soon(self) -> None:
        """Let the next one come at once: something may have been missed."""
        self._due_at = time.monotonic()
        self._slots.freed.set()

    async def perform(self) -> None:
        """Queue again what never came here, and stop what was ordered to."""
        held = [run.claim.id for run in self._slots.runs] + self._finisher.ids()
        self._due_at = time.monotonic() + EVERY
        audited = await self._ledger.audit(await self._link.get(), self._lease.worker, held)
        for job in audited.returned:
            _log.warning("a claimed job had not arrived here; it was queued again", job=job)
        for job in audited.cancelling:
            self._cancel(job)

    async def run(self) -> None:
        """Go on with it while jobs are finished and none is claimed, which may take them long."""
        while True:
            await self._slots.news_within(EVERY)
            if self.is_due:
                try:
                    await self.perform()
                except TRANSIENT as error:
                    _log.warning("the ledger cannot be reached; trying again", error=str(error))
                    await self._link.close()
                    self._due_at = time.monotonic() + _PAUSE
                    await asyncio.sleep(_PAUSE)
                    self._slots.freed.set()
