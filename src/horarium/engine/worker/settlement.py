"""The end of a run: its rows and its outcome, in one commit where they belong together."""

import time
from collections.abc import Awaitable, Callable

import asyncpg
import structlog

from horarium.database import Connection
from horarium.engine.jobs.failure import describe
from horarium.engine.jobs.ledger import Ledger
from horarium.engine.jobs.outcome import Failed, Held, Outcome, Snoozed, Succeeded
from horarium.engine.worker.finisher import Finisher
from horarium.engine.worker.run import Run
from horarium.outage import TRANSIENT, is_gone

MOST_CUT_OFF = 10
"""Attempts after which a job that loses its connection each time has failed: it may be why."""
_PAUSE = 1.0
_log = structlog.get_logger()


class Settlement:
    """Settles runs: by the finisher's batches, or inside the job's own transaction."""

    def __init__(self, ledger: Ledger, finisher: Finisher) -> None:
        self._ledger = ledger
        self._finisher = finisher

    def submit(self, run: Run, outcome: Outcome) -> bool:
        """Hand in the outcome of an attempt that has no rows, and that nothing follows.

        Returns:
            Whether it was one; almost all are, and nobody has to wait for anything.
        """
        if run.connection is not None or run.afterwards is not None:
            return False
        if not isinstance(outcome, Succeeded):
            return False
        self._finisher.submit(run.claim, outcome, run.began)
        return True

    async def settle(self, run: Run, outcome: Outcome) -> None:
        """See that an attempt's outcome is written, its rows with it, and do what follows."""
        outcome = _blameless(run, outcome)
        if run.connection is not None and isinstance(outcome, Succeeded):
            written = await self._commit(run, outcome)
        else:
            await run.roll_back()
            written = await self._hand_in(run, outcome)
        if written and run.afterwards is not None:
            await self._follow_up(run, run.afterwards)

    async def _hand_in(self, run: Run, outcome: Outcome) -> bool:
        """Hand in an outcome, and wait until it is written only where something follows it."""
        if run.afterwards is not None:
            return await self._finisher.settle(run.claim, outcome, run.began)
        self._finisher.submit(run.claim, outcome, run.began)
        return False

    async def _commit(self, run: Run, outcome: Succeeded) -> bool:
        """Commit the job's rows and its outcome as one, if the claim still holds."""
        connection = run.connection
        try:
            held = [Held(run.claim, outcome)]
            await self._finisher.settle_progress(connection, held)
            if await self._ledger.finish(connection, run.claim.worker, held):
                await run.commit()
                self._finisher.tell(run.claim, outcome, time.monotonic() - run.began)
                return True
            _log.warning("a job had been taken back; its rows are undone", job=run.claim.id)
            await run.roll_back()
        except Exception as error:  # noqa: BLE001 - such as a deferred constraint of the user's
            lost = _is_lost(error, connection)
            await run.roll_back()
            # Had the commit arrived all the same, the claim is gone and this changes nothing.
            again = Snoozed(_PAUSE, f"its commit failed: {error}")
            ended = again if lost else Failed(describe(error))
            self._finisher.submit(run.claim, ended, run.began)
        return False

    @staticmethod
    async def _follow_up(run: Run, afterwards: Callable[[], Awaitable[None]]) -> None:
        try:
            await afterwards()
        except BaseException:  # noqa: BLE001 - a user's middleware; the outcome stands
            _log.exception("a middleware failed after the outcome was written", job=run.claim.id)


def _blameless(run: Run, outcome: Outcome) -> Outcome:
    """A job whose own transaction was lost is tried again, whatever its labels say of failures."""
    if not isinstance(outcome, Failed) or outcome.retry_after is not None or not run.cut_off:
        return outcome
    if run.claim.attempt >= MOST_CUT_OFF:
        return outcome
    return Failed(outcome.error, _PAUSE)


def _is_lost(error: Exception, connection: Connection) -> bool:
    """Whether a commit failed with its connection or its server, not by the job's own fault."""
    if isinstance(error, asyncpg.InterfaceError):
        return is_gone(connection)
    return isinstance(error, TRANSIENT)
