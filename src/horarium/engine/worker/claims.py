"""The claim loop: as many due jobs as there are free slots, again and again.

Where nothing can be claimed, it looks ahead to the next due time and sleeps until then, until the
doorbell rings, or for the poll interval: a ring may be lost, a job never.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Sequence

import structlog

from horarium.database import Connection
from horarium.engine.jobs import gate
from horarium.engine.jobs.holding import Outlook
from horarium.engine.jobs.job import Claim
from horarium.engine.jobs.ledger import Ledger
from horarium.engine.jobs.unreadable import set_aside
from horarium.engine.transports.doorbell import Doorbell
from horarium.engine.worker.audit import Audit
from horarium.engine.worker.finisher import Finisher
from horarium.engine.worker.lease import Lease
from horarium.engine.worker.shares import Shares
from horarium.engine.worker.slots import Slots
from horarium.link import Link
from horarium.outage import TRANSIENT

_LEAST_BETWEEN_PROMOTIONS = 0.5
_PAUSE_AFTER_NOTHING = 0.1
_LONGEST_GATHERING = 0.005
"""Seconds that a worker with a backlog and hardly a free slot waits for more of them."""

_TURNS_UNTIL_JOBS_BEGIN = 2
_log = structlog.get_logger()


class Claims:
    """Claims jobs for one worker.

    Args:
        queues: those that it takes; `None`: all.
        shares: how the slots are shared among queues; `None`: by priority and due time alone.
        poll: seconds after which it looks by itself.
        start: takes a claim and runs it.
    """

    def __init__(
        self,
        ledger: Ledger,
        link: Link,
        lease: Lease,
        slots: Slots,
        *,
        queues: Sequence[str] | None,
        shares: Shares | None,
        poll: float,
        doorbell: Doorbell,
        finisher: Finisher,
        audit: Audit,
        start: Callable[[Claim], None],
    ) -> None:
        self._ledger = ledger
        self._link = link
        self._lease = lease
        self._slots = slots
        self._queues = queues
        self._shares = shares
        self._poll = poll
        self._doorbell = doorbell
        self._finisher = finisher
        self._audit = audit
        self._start = start
        self._is_stopped = False
        self._promoted_at = 0.0
        self._found_nothing = False
        self._is_behind = False

    def stop(self) -> None:
        """Claim no more; `run` returns."""
        self._is_stopped = True
        self._doorbell.ring()
        self._slots.freed.set()

    async def run(self) -> None:
        """Claim until stopped."""
        while not self._is_stopped:
            try:
                await self._claim_once()
            except TRANSIENT as error:
                _log.warning("the ledger cannot be reached; trying again", error=str(error))
                await self._link.close()
                self._audit.soon()
                await self._wait(1.0)
            except Exception as error:
                _log.warning("the claim failed; looking for what cannot be read", error=repr(error))
                if not await self._set_aside():
                    raise

    async def _set_aside(self) -> int:
        """Fail the jobs that nobody can read, if it was one of them; the others come again."""
        await self._link.close()
        self._audit.soon()
        try:
            connection = await self._link.get()
            return await set_aside(connection, self._lease.worker, self._ledger.clock)
        except TRANSIENT:
            return 1  # the claim is tried again, and fails again

    async def _claim_once(self) -> None:
        limit = await self._room()
        self._doorbell.hush()
        if self._audit.is_due:
            await self._audit.perform()
        if self._is_stopped or limit < 1:
            return
        connection = await self._link.get()
        claims = await self._claim(connection, limit)
        for claim in claims:
            if claim.limits is None:
                self._start(claim)
        await self._let_in([claim for claim in claims if claim.limits is not None])
        self._is_behind = len(claims) == limit
        if not self._is_behind or time.monotonic() > self._promoted_at + _LEAST_BETWEEN_PROMOTIONS:
            await self._look_ahead(nothing=not claims)

    async def _claim(self, connection: Connection, limit: int) -> list[Claim]:
        worker, shares = self._lease.worker, self._shares
        if shares is None:
            return await self._ledger.claim(connection, worker, self._queues, limit)
        claims = await self._ledger.claim_shares(connection, worker, limit, shares.turn())
        shares.took(Counter(claim.queue for claim in claims), limit)
        return claims

    async def _let_in(self, candidates: Sequence[Claim]) -> None:
        """Start those jobs with limits that may start now; the gate keeps the others."""
        if candidates:
            connection = await self._link.get()
            for claim in await gate.admit(
                connection, self._lease.worker, candidates, self._ledger.clock
            ):
                self._start(claim)

    async def _room(self) -> int:
        """Wait for a free slot; how many jobs may be claimed."""
        while self._is_full() and not self._is_stopped and not self._audit.is_due:
            await self._slots.news()
        if self._is_behind:
            await self._gather()
        return 0 if self._is_full() else self._slots.room()

    async def _gather(self) -> None:
        """Wait a moment for more slots where few are free; each claim costs the same for any."""
        until = time.monotonic() + _LONGEST_GATHERING
        while self._slots.few and not self._is_stopped and not self._audit.is_due:
            left = until - time.monotonic()
            if left <= 0:
                break
            await self._slots.news_within(left)

    def _is_full(self) -> bool:
        return self._slots.full or self._finisher.full

    async def _look_ahead(self, *, nothing: bool) -> None:
        """Queue what has become due; where there is nothing to claim, wait until there is.

        A worker that nobody calls looks ahead again and again; it claims when there is something.
        What was claimed begins first: its lane is opened in one turn of the loop, runs in the next.
        """
        for _ in range(0 if nothing else _TURNS_UNTIL_JOBS_BEGIN):
            await asyncio.sleep(0)
        while not self._is_stopped and not self._audit.is_due:
            outlook = await self._promote()
            if outlook.ready or outlook.next_due_in == 0:
                if nothing and self._found_nothing:
                    # It cannot be had: others have locked it, or this worker's lease lapsed.
                    await self._wait(_PAUSE_AFTER_NOTHING)
                break
            due_in = self._poll if outlook.next_due_in is None else outlook.next_due_in + 0.001
            if await self._wait(min(self._poll, due_in)):
                break
        self._found_nothing = nothing

    async def _promote(self) -> Outlook:
        self._promoted_at = time.monotonic()
        return await self._ledger.promote(await self._link.get(), self._queues)

    async def _wait(self, seconds: float) -> bool:
        """Wait for a ring, no longer than so many seconds; whether it rang."""
        return not self._is_stopped and await self._doorbell.wait(seconds)
