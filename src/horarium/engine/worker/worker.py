"""The worker: claims jobs, runs them, hands in their outcomes.

Four things go on side by side: the claim loop below, the runs it starts, the finisher that writes
their outcomes in batches, and the heartbeat in its thread. `Worker.run` is the table of contents.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence

import msgspec
import structlog

from horarium.database import STEADY_PLANS, TRANSIENT, Link
from horarium.engine.jobs import gate
from horarium.engine.jobs.failure import describe
from horarium.engine.jobs.job import Claim
from horarium.engine.jobs.ledger import CANCEL_CHANNEL, Ledger
from horarium.engine.jobs.outcome import Cancelled, Failed, Outcome
from horarium.engine.transports import postgres
from horarium.engine.transports.doorbell import Doorbell
from horarium.engine.worker.announcement import started
from horarium.engine.worker.board import Board
from horarium.engine.worker.companion import Companion
from horarium.engine.worker.finisher import Finisher
from horarium.engine.worker.keeping import Keep
from horarium.engine.worker.lease import Lease, Rescued
from horarium.engine.worker.run import Run, interrupted
from horarium.engine.worker.settlement import Settlement
from horarium.events import Events, JobRescued, JobStarted
from horarium.listener import Listener

Execute = Callable[[Run], Awaitable[Outcome]]
"""Runs one attempt and says what became of it."""

MOST_CLAIMED = 500
_LEAST_BETWEEN_PROMOTIONS = 0.5
_PAUSE_AFTER_NOTHING = 0.1
_AUDIT_EVERY = 300.0
_log = structlog.get_logger()


class Worker:
    """One worker: some queues, some slots, one lease."""

    def __init__(
        self,
        ledger: Ledger,
        execute: Execute,
        *,
        queues: Sequence[str] | None = None,
        slots: int = 100,
        lease: float = 45.0,
        poll: float = 30.0,
        shutdown: float = 30.0,
        keep: Keep = Keep(),
        events: Events | None = None,
        companions: Sequence[Companion] = (),
    ) -> None:
        self._ledger = ledger
        self._execute = execute
        self._queues = queues
        self._slots = slots
        self._poll = poll
        self._shutdown = shutdown
        self._events = Events() if events is None else events
        self._companions = companions
        database = ledger.database
        self._link = Link(database, "horarium claim", STEADY_PLANS)
        self._finish_link = Link(database, "horarium finish", STEADY_PLANS)
        self._lease = Lease(
            database,
            queues=queues,
            slots=slots,
            seconds=lease,
            clock=ledger.clock,
            keep=keep,
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
        self._stopping = asyncio.Event()
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

    def stop(self) -> None:
        """Take no more jobs; `run` returns when those held are finished or given back."""
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

    async def _claim_once(self) -> None:
        limit = await self._room()
        self._doorbell.hush()
        if self._audit_is_due():
            await self._audit()
        if self._stopping.is_set() or limit < 1:
            return
        connection = await self._link.get()
        claims = await self._ledger.claim(connection, self._lease.worker, self._queues, limit)
        for claim in claims:
            if claim.limits is None:
                self._start(claim)
        await self._let_in([claim for claim in claims if claim.limits is not None])
        if len(claims) < limit or time.monotonic() > self._promoted_at + _LEAST_BETWEEN_PROMOTIONS:
            await self._look_ahead(nothing=not claims)

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
        return 0 if self._is_full() else min(self._slots - len(self._runs), MOST_CLAIMED)

    def _is_full(self) -> bool:
        return len(self._runs) >= self._slots or self._finisher.full

    async def _look_ahead(self, *, nothing: bool) -> None:
        self._promoted_at = time.monotonic()
        connection = await self._link.get()
        outlook = await self._ledger.promote(connection, self._queues)
        if outlook.ready or outlook.next_due_in == 0:
            if nothing and self._found_nothing:
                # It cannot be had: others have locked it, or this worker's lease lapsed.
                await self._wait(_PAUSE_AFTER_NOTHING)
        elif outlook.next_due_in is None:
            await self._wait(self._poll)
        else:
            await self._wait(min(self._poll, outlook.next_due_in + 0.001))
        self._found_nothing = nothing

    async def _wait(self, seconds: float) -> None:
        if not self._stopping.is_set():
            await self._doorbell.wait(seconds)

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

    # Running

    def _start(self, claim: Claim) -> None:
        run = Run(claim, self._ledger.database, self._board)
        run.giving_back = self._stopping.is_set()
        self._runs.add(run)
        run.task = asyncio.create_task(self._run(run))

    async def _run(self, run: Run) -> None:
        run.enter()
        try:
            if self._events.hears(JobStarted):
                self._events.publish(started(run.claim))
            await self._settlement.settle(run, await self._outcome(run))
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
        except asyncio.CancelledError:
            return interrupted(run)
        except Exception as error:  # noqa: BLE001 - a user's task, dependency or middleware
            return Failed(describe(error))
        finally:
            run.executing = False

    def _cancel(self, job: str | None) -> None:
        """Stop a job on somebody's order; `None`: orders may have been missed."""
        if job is None:
            self._audit_soon()
            self._doorbell.ring()
        for run in self._runs:
            if run.claim.id == job:
                run.cancelled_because = "it was cancelled while it ran"
                run.interrupt()

    # Stopping

    async def _drain(self) -> None:
        _log.info("worker stops", running=len(self._runs))
        if self._runs:
            tasks = [run.task for run in self._runs if run.task is not None]
            _, late = await asyncio.wait(tasks, timeout=self._shutdown)
            if late:
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
        tasks = []
        for run in self._runs:
            run.giving_back = True
            run.interrupt()
            tasks.append(run.task)
        await asyncio.wait([task for task in tasks if task is not None], timeout=5.0)

    async def _abandon(self) -> None:
        """End what still runs when the worker itself fails or is cancelled; others rescue it."""
        tasks = [run.task for run in self._runs if run.task is not None]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=5.0)

    async def _leave(self) -> None:
        try:
            await self._lease.end(await self._link.get())
        except TRANSIENT as error:
            _log.warning("the lease was not returned; it will lapse", error=str(error))
        await self._link.close()
        await self._finish_link.close()

    def _report_rescued(self, rescued: Sequence[Rescued]) -> None:
        for job in rescued if self._events.hears(JobRescued) else ():
            self._events.publish(JobRescued(**msgspec.structs.asdict(job)))
