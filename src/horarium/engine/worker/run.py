"""One attempt, while it is run in this process."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from contextvars import ContextVar
from typing import Any

import asyncpg
import msgspec
import structlog

from horarium.database import Connection, Database
from horarium.engine.jobs.job import Claim, Mark, NewJob
from horarium.engine.jobs.outcome import Cancelled, GivenBack, Outcome
from horarium.engine.worker.board import Board
from horarium.errors import HorariumError
from horarium.outage import CUT, TRANSIENT, is_gone
from horarium.transaction import current_connection, joined

_current: ContextVar["Run | None"] = ContextVar("horarium_run", default=None)
_log = structlog.get_logger()


class Run(msgspec.Struct, eq=False):
    """A claim and what belongs to its execution here.

    Attributes:
        claim: the job and the attempt.
        began: when it began, by the monotonic clock of this process.
        board: where its progress is told; `None`: nobody wants to know.
        mark: the progress that it told last.
        task: the asyncio task that runs it, once it has begun; cancelling it ends an async task
            function.
        executing: the task function, its dependencies or its middlewares are at work. Before and
            after, an order to stop must not interrupt the worker's own steps.
        connection: the job's transaction, once the task has asked for it.
        giving_back: the worker is stopping; a cancellation means "not done", not "cancelled".
        cancelled_because: somebody ordered this job to stop.
        again: a call of the same job that was sent while it ran: run it once more with this.
        error: the exception that the task raised, kept for the ledger.
        afterwards: called when the outcome has been written.
        left: the task, in a thread, is to stop: nobody waits for it any longer.
        asks: the task asks now and then whether it is to stop.
        trace: the context of OpenTelemetry that it runs in, where it is traced.
    """

    claim: Claim
    _database: Database
    board: Board | None = None
    began: float = msgspec.field(default_factory=time.monotonic)
    mark: Mark = Mark()
    task: asyncio.Task[Any] | None = None
    executing: bool = False
    connection: Connection | None = None
    giving_back: bool = False
    cancelled_because: str | None = None
    again: NewJob | None = None
    error: BaseException | None = None
    afterwards: Callable[[], Awaitable[None]] | None = None
    left: bool = False
    asks: bool = False
    trace: Any = None
    _transaction: Any = None
    _refused: bool = False

    def enter(self) -> None:
        """Make this the current run of the asyncio task that calls."""
        _current.set(self)

    def tell(self, mark: Mark) -> None:
        """Put its new mark on its worker's board."""
        self.mark = mark
        if self.board is not None:
            self.board.tell(self.claim, mark)

    @property
    def ordered_to_stop(self) -> bool:
        return self.giving_back or self.cancelled_because is not None

    def interrupt(self) -> None:
        """Stop what executes; an outcome that has been decided stands."""
        if self.executing and self.task is not None:
            self.task.cancel()

    @property
    def is_struck(self) -> bool:
        """A cancellation has come that it has not met: nobody ordered it, or all was decided."""
        return self.task is not None and self.task.cancelling() > 0

    async def shake_off(self) -> None:
        """Let such a cancellation strike here.

        A task may cancel itself and return; what it does not meet would strike the settlement.
        """
        with suppress(asyncio.CancelledError):
            await asyncio.sleep(0)
        while self.task is not None and self.task.cancelling():
            self.task.uncancel()

    async def begin(self) -> Connection:
        """The job's transaction: it commits together with the job's outcome, or not at all.

        Everything that the task calls afterwards, such as an enqueue, joins it.

        Raises:
            HorariumError: the job has ended; the caller was left behind by its task.
        """
        if not self.executing:
            raise HorariumError(f"job {self.claim.id} has ended and has no transaction any more")
        if self.connection is None:
            try:
                connection = await self._in_transaction()
            except TRANSIENT:
                self._refused = True
                raise
            self.connection = connection
            # Until `_leave`, or until this asyncio task ends.
            joined(connection, database=self._database).__enter__()
        return self.connection

    async def _in_transaction(self) -> Connection:
        connection = await self._database.acquire()
        try:
            self._transaction = connection.transaction()
            await self._transaction.start()
        except BaseException:
            await self._database.release(connection)
            raise
        return connection

    @property
    def cut_off(self) -> bool:
        """The job's transaction could not be had, or was lost with its connection."""
        if self.connection is None:
            return self._refused
        # The server's last word may be here before its end of the line is seen.
        return isinstance(self.error, CUT) or is_gone(self.connection)

    async def commit(self) -> None:
        """Commit the job's transaction and give its connection back."""
        try:
            await self._transaction.commit()
        finally:
            await self._leave()

    async def roll_back(self) -> None:
        """Undo what the task wrote; does nothing where it never asked for a transaction."""
        if self.connection is None:
            return
        try:
            if not is_gone(self.connection):
                await self._transaction.rollback()
        except (*TRANSIENT, asyncpg.PostgresError) as error:
            # The end of its connection ends a transaction too.
            _log.warning("a connection was dropped", job=self.claim.id, error=str(error))
            if not is_gone(self.connection):
                self.connection.terminate()
        finally:
            await self._leave()

    async def _leave(self) -> None:
        connection, self.connection = self.connection, None
        if current_connection() is connection:
            joined(None).__enter__()
        await self._database.release(connection)


def leave() -> None:
    """The running asyncio task belongs to no run, or to none any more."""
    _current.set(None)


def current_run() -> Run | None:
    """The attempt that the running code belongs to, if it belongs to one."""
    return _current.get()


def interrupted(run: Run) -> Outcome:
    """What a cancelled run ends with: its worker's stop is no fault of the job's."""
    if run.cancelled_because is not None:
        return Cancelled(run.cancelled_because)
    return GivenBack()
