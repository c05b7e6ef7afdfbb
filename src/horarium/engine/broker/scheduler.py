"""TaskIQ's scheduler on the book of schedules.

Schedules that are declared with tasks are synchronised when a scheduler starts. Under
``taskiq scheduler`` the stock loop is handed no schedules: the engine's own scheduler runs beside
it, so that it may be started twice, or anywhere, without doubling anything.
"""

import asyncio
import signal
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from taskiq import TaskiqScheduler

from horarium.engine.broker.schedule_label import declared_schedules
from horarium.engine.broker.source import BookSource
from horarium.engine.schedules.book import Book
from horarium.engine.schedules.edition import synchronise
from horarium.engine.schedules.schedule import Schedule
from horarium.engine.schedules.scheduler import Scheduler

if TYPE_CHECKING:
    from horarium.engine.broker.broker import LedgerBroker


class LedgerScheduler(TaskiqScheduler):
    """What ``taskiq scheduler`` starts: the engine's scheduler, safe to run twice."""

    def __init__(
        self,
        broker: "LedgerBroker",
        book: Book,
        app: str,
        declared: Callable[[], Awaitable[Sequence[Schedule]]],
    ) -> None:
        super().__init__(broker, [BookSource(broker, book)])
        self.book = book
        self._app = app
        self._declared = declared
        self._ledger_broker = broker
        self._running: asyncio.Task[None] | None = None
        self.beside: list[Callable[[], Coroutine[Any, Any, None]]] = []

    async def startup(self) -> None:
        """Start the broker, synchronise the code's schedules, and begin to fire."""
        await super().startup()
        await self.synchronise()
        self._running = asyncio.create_task(self.engine().run())
        self._end_on_sigterm()

    async def shutdown(self) -> None:
        """Stop firing and close."""
        running, self._running = self._running, None
        if running is not None:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
        await super().shutdown()

    def engine(self) -> Scheduler:
        """The engine's scheduler, for who runs it without TaskIQ's command."""
        keep = timedelta(days=self._ledger_broker.settings.keep_firings)
        return Scheduler(self.book.ledger, self._ledger_broker.events, keep, self.beside)

    async def synchronise(self) -> None:
        """Make the book say what the code declares."""
        await synchronise(self.book, await self.declared(), self._app)

    async def declared(self) -> Sequence[Schedule]:
        """The schedules of the code."""
        return [*declared_schedules(self._ledger_broker), *await self._declared()]

    @staticmethod
    def _end_on_sigterm() -> None:
        """TaskIQ's command ends by cancellation only on SIGINT; a service manager sends SIGTERM."""
        current = asyncio.current_task()
        if current is not None:
            asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, current.cancel)
