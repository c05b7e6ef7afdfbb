"""Outcomes, written in batches.

Runs hand in their outcome and go on; the finisher writes whatever has come together while the
last batch was on its way. Under load batches grow, at rest an outcome is written at once. An
outcome is not given up: while the database does not answer, it is kept and tried again.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from itertools import islice, takewhile
from typing import NamedTuple

import asyncpg
import msgspec
import structlog

from horarium.database import Connection
from horarium.engine.jobs.dependents import Stopped
from horarium.engine.jobs.ending import stand_alone
from horarium.engine.jobs.job import Claim, Error
from horarium.engine.jobs.ledger import Ledger
from horarium.engine.jobs.outcome import Failed, Held, Outcome, Succeeded
from horarium.engine.jobs.storable import storable
from horarium.engine.worker.announcement import tell_end, tell_stopped
from horarium.engine.worker.board import Board
from horarium.events import Events, JobSucceeded
from horarium.link import Link
from horarium.outage import TRANSIENT

MOST_AT_ONCE = 1000
MOST_KEPT = 10_000
"""Outcomes that may wait to be written before the worker stops taking more jobs."""

_SOME = 100
"""Outcomes that are worth a statement by themselves."""

_GATHERING = 0.005
"""Seconds that a few outcomes wait for more."""

_PAUSE = 0.5
_UNSTORABLE = (
    asyncpg.DataError,
    asyncpg.IntegrityConstraintViolationError,
    asyncpg.ProgramLimitExceededError,
    # What Python says of a value that it cannot write.
    TypeError,
    ValueError,
    ArithmeticError,
    AttributeError,
    RecursionError,
)
_log = structlog.get_logger()


class _Kept(msgspec.Struct, frozen=True):
    held: Held
    answer: asyncio.Future[bool] | None
    took: float


class _Written(NamedTuple):
    """What became of a batch.

    Attributes:
        accepted: the ids of the jobs that this worker still held.
        stopped: the jobs that were to stop with them, and have ended too.
        left: the ids of those that were left to a transaction of their own.
    """

    accepted: set[str]
    stopped: list[Stopped]
    left: set[str]


class Finisher:
    """Writes outcomes for one worker on a connection of its own."""

    def __init__(
        self,
        ledger: Ledger,
        link: Link,
        written: Callable[[], None],
        board: Board,
        events: Events,
    ) -> None:
        self._ledger = ledger
        self._board = board
        self._events = events
        self._link = link
        self._tell_written = written
        self._kept: list[_Kept] = []
        self._singly = 0
        self._in_doubt = 0
        self._left = 0
        self._is_behind = False
        self._writing: frozenset[str] = frozenset()
        self._came = asyncio.Event()
        self._written = asyncio.Event()
        self._written.set()

    def submit(self, claim: Claim, outcome: Outcome, began: float) -> None:
        """Hand in an outcome; it will be written soon.

        Args:
            began: when the attempt began, by this process's monotonic clock.
        """
        self._keep(_Kept(Held(claim, outcome), None, time.monotonic() - began))

    async def settle(self, claim: Claim, outcome: Outcome, began: float) -> bool:
        """Hand in an outcome and wait until it is written; false: the claim no longer held."""
        answer: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._keep(_Kept(Held(claim, outcome), answer, time.monotonic() - began))
        return await answer

    async def settle_progress(self, connection: Connection, held: Sequence[Held]) -> None:
        """Write what these jobs told last, in the transaction that is to record their outcomes."""
        if self._board:
            await self._board.settle(connection, [each.claim for each in held])

    def tell(self, claim: Claim, outcome: Outcome, took: float) -> None:
        """Tell who wants to hear of it that the ledger has accepted this outcome."""
        tell_end(self._events, claim, outcome, took)

    @property
    def full(self) -> bool:
        """Outcomes come faster than they are written."""
        return len(self._kept) >= MOST_KEPT

    def ids(self) -> list[str]:
        """The jobs whose outcomes are not written yet."""
        return [each.held.claim.id for each in self._kept]

    async def flush(self) -> None:
        """Wait until everything handed in so far is written."""
        while self._kept:
            await self._written.wait()

    async def told(self, job: str) -> None:
        """Wait until who listens has heard how this job's attempt before ended.

        Once its outcome is committed, the next attempt may be claimed before the answer to the
        commit is read: they come on different connections.
        """
        while job in self._writing:
            await self._written.wait()

    async def run(self) -> None:
        """Write until cancelled."""
        while True:
            await self._came.wait()
            try:
                await self._gather()
                await self._write()
            # An error that nobody has thought of may pass by itself; losing outcomes would not.
            except (*TRANSIENT, asyncpg.PostgresError) as error:
                _log.warning(
                    "outcomes could not be written; they are kept and tried again",
                    waiting=len(self._kept),
                    error=str(error) or type(error).__name__,
                )
                await self._link.close()
                await asyncio.sleep(_PAUSE)

    async def _gather(self) -> None:
        """Wait a moment for more, where outcomes come while others are written.

        A batch of one costs what a batch of some dozens does. It is not done where others wait for
        one of them: what follows it in this worker, other jobs, or those under its key.
        """
        if not self._is_behind or self._singly or self._left or len(self._kept) >= _SOME:
            return
        if not any(
            each.answer is not None or each.held.claim.limits is not None for each in self._kept
        ):
            await asyncio.sleep(_GATHERING)

    def _keep(self, kept: _Kept) -> None:
        if not self._kept:
            self._came.set()
            self._written.clear()
        self._kept.append(kept)

    async def _write(self) -> None:
        """Write the oldest outcomes; where the ledger cannot store one of them, one by one."""
        batch = self._batch()
        # Should its answer be lost, the very same is sent again: it may have been written, and
        # what came later must not make it look younger than the claims of today.
        self._in_doubt = len(batch)
        self._writing = frozenset(each.held.claim.id for each in batch)
        try:
            written = await self._record([each.held for each in batch])
        except _UNSTORABLE as error:
            if len(batch) > 1:
                self._singly = len(batch)
                self._in_doubt = 0
                self._writing = frozenset()
                return
            only = batch[0]
            batch = [_Kept(_not_stored(only.held, error), only.answer, only.took)]
            written = await self._record([batch[0].held])
        batch = self._take_off(batch, written.left)
        self._in_doubt = 0
        self._singly = max(0, self._singly - len(batch))
        for each in batch:
            _answer(each, each.held.claim.id in written.accepted)
        self._conclude(batch, written.accepted)
        tell_stopped(self._events, written.stopped)
        self._writing = frozenset()
        self._announce()

    def _take_off(self, batch: list[_Kept], left: set[str]) -> list[_Kept]:
        """Forget what is written, and return it; what was left is the next batch."""
        again = [each for each in batch if each.held.claim.id in left] if left else []
        self._kept[: len(batch)] = again
        self._left = len(again)
        return [each for each in batch if each.held.claim.id not in left] if left else batch

    def _conclude(self, batch: Sequence[_Kept], accepted: set[str]) -> None:
        if self._board:
            self._board.clear(each.held.claim for each in batch)
        untold = () if self._events.hears(JobSucceeded) else (Succeeded,)
        for each in batch:
            claim, outcome = each.held.claim, each.held.outcome
            # Almost all succeed, and almost never does anybody want to hear of it.
            if type(outcome) not in untold and claim.id in accepted:
                self.tell(claim, outcome, each.took)

    def _batch(self) -> list[_Kept]:
        # A worker that lost its lease goes on under a new one; its old claims keep the old one.
        lease = self._kept[0].held.claim.worker
        most = 1 if self._singly else self._in_doubt or self._left or MOST_AT_ONCE
        return list(
            takewhile(lambda each: each.held.claim.worker == lease, islice(self._kept, most))
        )

    async def _record(self, held: Sequence[Held]) -> _Written:
        connection = await self._link.get()
        worker = held[0].claim.worker
        if not self._left and not self._board and stand_alone(held):
            # One round trip to the server in the place of three. What it leaves, others wait for.
            accepted = await self._ledger.finish_alone(connection, worker, held)
            return _Written(accepted, [], {each.claim.id for each in held} - accepted)
        stopped: list[Stopped] = []
        async with connection.transaction():
            await self.settle_progress(connection, held)
            accepted = await self._ledger.finish(connection, worker, held, stopped)
        return _Written(accepted, stopped, set())

    def _announce(self) -> None:
        self._written.set()
        self._is_behind = bool(self._kept)
        if self._kept:
            self._written.clear()
        else:
            self._came.clear()
        self._tell_written()


def _not_stored(held: Held, error: Exception) -> Held:
    message = storable(f"the outcome cannot be stored: {error}")
    return Held(held.claim, Failed(Error("ResultNotStored", message)))


def _answer(kept: _Kept, accepted: bool) -> None:
    claim = kept.held.claim
    if not accepted:
        _log.warning(
            "an outcome was refused: the job had been taken back from this worker",
            job=claim.id,
            task=claim.task,
            attempt=claim.attempt,
        )
    if kept.answer is not None and not kept.answer.done():
        kept.answer.set_result(accepted)
