"""The worker: claims jobs, runs them, hands in their outcomes.

Four things go on side by side: the claim loop (`claims.py`), the runs it starts, the finisher that
writes their outcomes in batches, and the heartbeat in its thread. `Worker.run` is the table of
contents.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence

import structlog

from horarium.database import STEADY_PLANS
from horarium.engine.jobs.channels import CANCEL_CHANNEL
from horarium.engine.jobs.dependents import Stopped
from horarium.engine.jobs.failure import describe
from horarium.engine.jobs.job import Claim
from horarium.engine.jobs.ledger import Ledger
from horarium.engine.jobs.outcome import Cancelled, Failed, Outcome
from horarium.engine.transports import postgres
from horarium.engine.transports.doorbell import Doorbell
from horarium.engine.worker.announcement import started, tell_rescue, tell_stopped
from horarium.engine.worker.audit import Audit
from horarium.engine.worker.board import Board
from horarium.engine.worker.claims import Claims
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
from horarium.engine.worker.slots import Slots
from horarium.events import Events, JobStarted
from horarium.link import Link
from horarium.listener import Listener
from horarium.outage import TRANSIENT

Execute = Callable[[Run], Awaitable[Outcome]]
"""Runs one attempt and says what became of it."""

MOST_CLAIMED = 500
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
        self._slots = Slots(slots, MOST_CLAIMED)
        self._runs = self._slots.runs
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
        self._board = Board(database, ledger.clock, self._events)
        self._finisher = Finisher(
            ledger, self._finish_link, self._slots.freed.set, self._board, self._events
        )
        self._settlement = Settlement(ledger, self._finisher)
        self._doorbell = Doorbell()
        self._audit = Audit(
            ledger, self._link, self._lease, self._slots, self._finisher, self._cancel
        )
        self._claims = Claims(
            ledger,
            self._link,
            self._lease,
            self._slots,
            queues=queues,
            shares=Shares(weights) if weights else None,
            poll=poll,
            doorbell=self._doorbell,
            finisher=self._finisher,
            audit=self._audit,
            start=self._start,
        )
        self._lanes = Lanes(self._run)
        self._is_stopping = False
        self._departure = Departure()

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
                await self._claims.run()
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
        self._is_stopping = True
        self._claims.stop()

    # Running

    def _start(self, claim: Claim) -> None:
        run = Run(claim, self._ledger.database, self._board)
        run.giving_back = self._is_stopping
        self._runs.add(run)
        self._lanes.add(run)

    async def _run(self, run: Run) -> None:
        run.enter()
        try:
            if self._events.hears(JobStarted):
                await self._finisher.told(run.claim.id)
                self._events.publish(started(run.claim))
            outcome = await self._outcome(run)
            if run.is_struck:
                await run.shake_off()
            if not self._settlement.submit(run, outcome):
                await self._settlement.settle(run, outcome)
        except Exception:  # noqa: BLE001 - nobody awaits this task; the audit finds its job
            _log.exception("a run could not be settled; its job goes back", job=run.claim.id)
        finally:
            self._runs.discard(run)
            self._slots.freed.set()

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
            self._audit.soon()
            self._doorbell.ring()
        for run in self._runs:
            # An order may be heard twice; a task that is ending must not be struck again.
            if run.claim.id == job and run.cancelled_because is None:
                run.cancelled_because = "it was cancelled while it ran"
                run.interrupt()

    # Stopping

    async def _drain(self) -> None:
        _log.info("worker stops", running=len(self._runs))
        auditing = asyncio.create_task(self._audit.run())
        are_done = await self._departure.wait(self._slots.idle())
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
            await asyncio.wait_for(self._slots.idle(), _PATIENCE_AT_THE_END)
        except TimeoutError:
            _log.error("jobs do not give way; they will be rescued", jobs=len(self._runs))

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

    def _report_rescued(self, rescued: Sequence[Rescued], stopped: Sequence[Stopped]) -> None:
        for job in rescued:
            tell_rescue(self._events, job)
        tell_stopped(self._events, stopped)
