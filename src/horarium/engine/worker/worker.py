"""The worker: claims jobs, runs them, hands in their outcomes.

Four things go on side by side: the claim loop below, the runs it starts, the finisher that writes
their outcomes in batches, and the heartbeat in its thread. `Worker.run` is the table of contents.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence

import structlog

from horarium.database import STEADY_PLANS, TRANSIENT, Connection, Link
from horarium.engine.jobs import gate
from horarium.engine.jobs.failure import describe
from horarium.engine.jobs.job import Claim
from horarium.engine.jobs.ledger import CANCEL_CHANNEL, Ledger, Outlook
from horarium.engine.jobs.outcome import Cancelled, Failed, Outcome
from horarium.engine.jobs.unreadable import set_aside
from horarium.engine.transports import postgres
from horarium.engine.transports.doorbell import Doorbell
from horarium.engine.worker.announcement import started, tell_rescue
from horarium.engine.worker.board import Board
from horarium.engine.worker.companion import Companion
from horarium.engine.worker.departure import Departure
from horarium.engine.worker.finisher import Finisher
from horarium.engine.worker.keeping import Keep
from horarium.engine.worker.lanes import Lanes
from horarium.engine.worker.lease import Lease, Rescued
from horarium.engine.worker.losses import Losses
from horarium.engine.worker.run import Run, interrupted
from horarium.engine.worker.settlement import Settlement
from horarium.engine.worker.shares import Shares
from horarium.events import Events, JobStarted
from horarium.listener import Listener

Execute = Callable[[Run], Awaitable[Outcome]]
"""Runs one attempt and says what became of it."""

MOST_CLAIMED = 500
_LEAST_BETWEEN_PROMOTIONS = 0.5
_PAUSE_AFTER_NOTHING = 0.1
_AUDIT_EVERY = 300.0
_PATIENCE_AT_THE_END = 5.0
_UNHURRIED = {"synchronous_commit": "off"}
"""A claim need not be on the disk before its job begins. Should the server crash in the next
moment, the job is queued again, and the outcome of the claim that it has forgotten is refused.
What is promised, the enqueue and the outcome, waits for the disk, and claims before it with it."""

_log = structlog.get_logger()


class Worker:
    """One worker: some queues, some slots, one lease."""

    def __init__(
        self,
        ledger: Ledger,
        execute: Execute,
        *,
        queues: Sequence[str] | None = None,
        weights: Mapping[str, int] | None = None,
        slots: int = 100,
        lease: float = 45.0,
        poll: float = 30.0,
        shutdown: float = 30.0,
        keep: Keep = Keep(),
        events: Events | None = None,
        most_lost: Callable[[], Mapping[str, int]] = dict,
        companions: Sequence[Companion] = (),
    ) -> None:
        self._ledger = ledger
        self._execute = execute
        self._queues = queues
        self._shares = Shares(weights) if weights else None
        self._slots = slots
        # Half of the slots: the next claim is on its way while the jobs of the last one run.
        self._batch = min(max(slots // 2, 1), MOST_CLAIMED)
        self._poll = poll
        self._shutdown = shutdown
        self._events = Events() if events is None else events
        self._companions = companions
        self.on_leave: Callable[[], Awaitable[None]] | None = None
        database = ledger.database
        self._link = Link(database, "horarium claim", {**STEADY_PLANS, **_UNHURRIED})
        self._finish_link = Link(database, "horarium finish", STEADY_PLANS)
        self._lease = Lease(
            database,
            queues=queues,
            slots=slots,
            seconds=lease,
            clock=ledger.clock,
            keep=keep,
            losses=Losses(ledger, most_lost),
            on_rescue=self._report_rescued,
        )
        self._freed = asyncio.Event()
        self._board = Board(database, ledger.clock, self._events)
        self._finisher = Finisher(
            ledger, self._finish_link, self._freed.set, self._board, self._events
        )
        self._settlement = Settlement(ledger, self._finisher)
        self._doorbell = Doorbell()
        # A job may be here twice: its lease was lost, and it was claimed again under the next.
        self._runs: set[Run] = set()
        self._lanes = Lanes(self._run)
        self._stopping = asyncio.Event()
        self._departure = Departure()
        self._promoted_at = 0.0
        self._audit_at = time.monotonic() + _AUDIT_EVERY
        self._found_nothing = False

    async def run(self) -> None:
        """Work until `stop` is called, then finish or give back what is held.

        Raises:
            Unavailable: the database cannot be reached at the start.
        """
        listener = Listener(self._ledger.database)
        postgres.attach(listener, self._doorbell, self._queues)
        listener.subscribe(CANCEL_CHANNEL, self._cancel)
        for companion in self._companions:
            companion.attach(listener)
        try:
            await self._lease.begin(await self._link.get())
            _log.info("worker started", worker=self._lease.worker, queues=self._queues or "all")
            # Should one of them fail, the worker ends, and its jobs are rescued.
            async with asyncio.TaskGroup() as background:
                loops = [
                    background.create_task(listener.run()),
                    background.create_task(self._finisher.run()),
                    background.create_task(self._board.run()),
                    *(background.create_task(each.run()) for each in self._companions),
                ]
                await self._claim_until_stopped()
                await self._drain()
                for companion in self._companions:
                    await companion.drain()
                for loop in loops:
                    loop.cancel()
        finally:
            await self._abandon()
            await self._leave()
            if self.on_leave is not None:
                await self.on_leave()

    def stop(self, within: float | None = None) -> None:
        """Take no more jobs; `run` returns when those held are finished or given back.

        Args:
            within: seconds until they are given back; without it as the worker was made; infinite:
                they are finished. Called again, the earlier time counts.
        """
        self._departure.order(self._shutdown if within is None else within)
        self._stopping.set()
        self._doorbell.ring()
        self._freed.set()

    # Claiming

    async def _claim_until_stopped(self) -> None:
        while not self._stopping.is_set():
            try:
                await self._claim_once()
            except TRANSIENT as error:
                _log.warning("the ledger cannot be reached; trying again", error=str(error))
                await self._link.close()
                self._audit_soon()
                await self._wait(1.0)
            except Exception as error:
                _log.warning("the claim failed; looking for what cannot be read", error=repr(error))
                if not await self._set_aside():
                    raise

    async def _set_aside(self) -> int:
        """Fail the jobs that nobody can read, if it was one of them; the others come again."""
        await self._link.close()
        self._audit_soon()
        try:
            connection = await self._link.get()
            return await set_aside(connection, self._lease.worker, self._ledger.clock)
        except TRANSIENT:
            return 1  # the claim is tried again, and fails again

    async def _claim_once(self) -> None:
        limit = await self._room()
        self._doorbell.hush()
        if self._audit_is_due():
            await self._audit()
        if self._stopping.is_set() or limit < 1:
            return
        connection = await self._link.get()
        claims = await self._claim(connection, limit)
        for claim in claims:
            if claim.limits is None:
                self._start(claim)
        await self._let_in([claim for claim in claims if claim.limits is not None])
        if len(claims) < limit or time.monotonic() > self._promoted_at + _LEAST_BETWEEN_PROMOTIONS:
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
        while self._is_full() and not self._stopping.is_set() and not self._audit_is_due():
            self._freed.clear()
            await self._freed.wait()
        return 0 if self._is_full() else min(self._slots - len(self._runs), self._batch)

    def _is_full(self) -> bool:
        return len(self._runs) >= self._slots or self._finisher.full

    async def _look_ahead(self, *, nothing: bool) -> None:
        """Queue what has become due; where there is nothing to claim, wait until there is.

        A worker that nobody calls looks ahead again and again; it claims when there is something.
        """
        while not self._stopping.is_set() and not self._audit_is_due():
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
        return not self._stopping.is_set() and await self._doorbell.wait(seconds)

    # Comparing with the ledger

    def _audit_is_due(self) -> bool:
        return time.monotonic() >= self._audit_at

    def _audit_soon(self) -> None:
        self._audit_at = time.monotonic()
        self._freed.set()

    async def _audit(self) -> None:
        """Put right what a lost connection has left: claims that never came here, orders unheard.

        Done between two claims, so that none is on its way.
        """
        held = [run.claim.id for run in self._runs] + self._finisher.ids()
        self._audit_at = time.monotonic() + _AUDIT_EVERY
        audited = await self._ledger.audit(await self._link.get(), self._lease.worker, held)
        for job in audited.returned:
            _log.warning("a claimed job had not arrived here; it was queued again", job=job)
        for job in audited.cancelling:
            self._cancel(job)

    async def _audit_on(self) -> None:
        """Go on with it while jobs are finished, which may take them long."""
        while True:
            await self._wait_for_news(_AUDIT_EVERY)
            if self._audit_is_due():
                try:
                    await self._audit()
                except TRANSIENT as error:
                    _log.warning("the ledger cannot be reached; trying again", error=str(error))
                    await self._link.close()
                    self._audit_at = time.monotonic() + 1.0
                    await asyncio.sleep(1.0)
                    self._freed.set()

    async def _wait_for_news(self, seconds: float) -> None:
        self._freed.clear()
        try:
            async with asyncio.timeout(seconds):
                await self._freed.wait()
        except TimeoutError:
            return

    # Running

    def _start(self, claim: Claim) -> None:
        run = Run(claim, self._ledger.database, self._board)
        run.giving_back = self._stopping.is_set()
        self._runs.add(run)
        self._lanes.add(run)

    async def _run(self, run: Run) -> None:
        run.enter()
        try:
            if self._events.hears(JobStarted):
                self._events.publish(started(run.claim))
            outcome = await self._outcome(run)
            await run.shake_off()
            await self._settlement.settle(run, outcome)
        except Exception:  # noqa: BLE001 - nobody awaits this task; the audit finds its job
            _log.exception("a run could not be settled; its job goes back", job=run.claim.id)
        finally:
            self._runs.discard(run)
            self._freed.set()

    async def _outcome(self, run: Run) -> Outcome:
        if run.claim.expired:
            return Cancelled("it expired before it began")
        if run.claim.cancelling:
            return Cancelled("it was cancelled during an earlier attempt")
        if run.ordered_to_stop:
            return interrupted(run)
        run.executing = True
        try:
            return await self._execute(run)
        except BaseException as error:  # noqa: BLE001 - a user's task, dependency or middleware
            # Also a sys.exit() in one of them must not end the worker.
            return interrupted(run) if run.ordered_to_stop else Failed(describe(error))
        finally:
            run.executing = False

    def _cancel(self, job: str | None) -> None:
        """Stop a job on somebody's order; `None`: orders may have been missed."""
        if job is None:
            self._audit_soon()
            self._doorbell.ring()
        for run in self._runs:
            # An order may be heard twice; a task that is ending must not be struck again.
            if run.claim.id == job and run.cancelled_because is None:
                run.cancelled_because = "it was cancelled while it ran"
                run.interrupt()

    # Stopping

    async def _drain(self) -> None:
        _log.info("worker stops", running=len(self._runs))
        auditing = asyncio.create_task(self._audit_on())
        are_done = await self._departure.wait(self._idle())
        auditing.cancel()
        await asyncio.wait((auditing,))
        if not are_done:
            await self._give_back()
        try:
            async with asyncio.timeout(self._shutdown):
                await self._finisher.flush()
        except TimeoutError:
            _log.error(
                "outcomes were not written in time; their jobs will be rescued and run again"
            )

    async def _give_back(self) -> None:
        _log.warning("jobs are given back: they did not end in time", jobs=len(self._runs))
        for run in self._runs:
            run.giving_back = True
            run.interrupt()
        try:
            await asyncio.wait_for(self._idle(), _PATIENCE_AT_THE_END)
        except TimeoutError:
            _log.error("jobs do not give way; they will be rescued", jobs=len(self._runs))

    async def _idle(self) -> None:
        """Return when nothing runs any more."""
        while self._runs:
            self._freed.clear()
            await self._freed.wait()

    async def _abandon(self) -> None:
        """End what still runs when the worker itself fails or is cancelled; others rescue it."""
        for run in self._runs:
            run.giving_back = True
        await self._lanes.cancel(_PATIENCE_AT_THE_END)

    async def _leave(self) -> None:
        try:
            await self._lease.end(await self._link.get())
        except TRANSIENT as error:
            _log.warning("the lease was not returned; it will lapse", error=str(error))
        await self._link.close()
        await self._finish_link.close()

    def _report_rescued(self, rescued: Sequence[Rescued]) -> None:
        for job in rescued:
            tell_rescue(self._events, job)
