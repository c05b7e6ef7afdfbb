"""The application: settings, database, broker, scheduler and reports, put together.

    app = Horarium()
    broker, scheduler = app.broker, app.scheduler

Nothing is opened when it is made. The database is found at its first use: the server that
`DATABASE_URL` names, or an embedded one that is started in the home folder.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from datetime import date
from typing import TYPE_CHECKING, Any, TypeVar

from horarium import migrations
from horarium.database import Connection
from horarium.errors import Unavailable
from horarium.health import NOT_MIGRATED, Health, examine
from horarium.parts import Parts
from horarium.settings import Settings, load
from horarium.transaction import driver_connection, joined

if TYPE_CHECKING:
    from horarium.engine import Hook, Schedule
    from horarium.reports.promises import Promise
    from horarium.reports.upkeep import AlertHook
    from horarium.shop import Profile

A = TypeVar("A", bound="AlertHook")
H = TypeVar("H", bound="Hook")
ReportFunction = TypeVar("ReportFunction", bound=Callable[..., Any])


class Horarium(Parts):
    """One application: its tasks, its reports, and the database that they live in.

    Args:
        settings: as `horarium.settings.load` gives them where none are given.
        builtin: include the built-in tasks and the order report.
    """

    def __init__(self, settings: Settings | None = None, *, builtin: bool = True) -> None:
        self._embedded: Any = None
        super().__init__(settings or load(), self._locate, self.close, builtin=builtin)

    # Opening and closing

    async def _locate(self) -> str:
        """The address of the database; starts and migrates the embedded server if it is that."""
        if self.settings.database_url is not None:
            return self.settings.database_url
        return await asyncio.to_thread(self._start_embedded)

    def _start_embedded(self) -> str:
        from horarium.embedded import EmbeddedPostgres

        self._embedded = EmbeddedPostgres(self.settings.home / "postgres")
        url: str = self._embedded.start()
        migrations.upgrade(url)
        return url

    async def migrate(self) -> None:
        """Bring the database's schema to this version, and settle the shop's zone and currency."""
        url = await self.database.url()
        await migrations.upgrade_async(url)
        await self.settle()

    async def settle(self) -> "Profile":
        """The shop's zone and currency: as the settings say, else as they were settled before."""
        from horarium.reports.zone import settle

        definitions = self.reports.definitions.values()
        return await settle(self.database, self.settings, definitions, self.book.now)

    async def revive(self) -> None:
        """Start the embedded server again if it has died; does nothing with a server elsewhere."""
        if self._embedded is not None:
            await asyncio.to_thread(self._embedded.start)

    def explained(self, error: Exception) -> Exception:
        """An error of the database, or what the embedded server says of its cause."""
        said = None if self._embedded is None else self._embedded.trouble()
        return error if said is None else Unavailable(said)

    async def close(self) -> None:
        """Close the database, and stop the embedded server if this was its last user."""
        if "watchers" in vars(self):
            await self.watchers.close()
        await self.database.close()
        embedded, self._embedded = self._embedded, None
        if embedded is not None:
            await asyncio.to_thread(embedded.stop)

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Horarium"]:
        """Open for the time of a block: for scripts, the command line and the API."""
        await self.database.open()
        try:
            yield self
        finally:
            await self.broker.shutdown()

    # Work

    def on_failure(self, hook: H) -> H:
        """Call a function when a job of any task has failed for good; see `LedgerBroker`."""
        return self.broker.on_failure(hook)

    def on_alert(self, hook: A) -> A:
        """Call a function with each `ReportAlert`: a report that promises to be ready by a time is
        at risk, late, or ready after that. A scheduler calls it, once the alert is committed; where
        it dies at that moment, another calls it once more, with the same number.
        """
        self._alert_hooks.append(hook)
        return hook

    @asynccontextmanager
    async def transaction(self, session: Any = None) -> AsyncIterator[Connection]:
        """A transaction that jobs enqueued inside join.

        Args:
            session: an SQLAlchemy `AsyncSession` or `AsyncConnection` on asyncpg whose transaction
                is joined; its owner commits it.
        """
        if session is None:
            async with self.database.transaction() as connection:
                yield connection
            return
        connection = await driver_connection(session)
        with joined(connection, borrowed=True, database=self.database):
            yield connection

    async def enqueue_many(self, task: Any, calls: Iterable[Any], **labels: Any) -> int:
        """Enqueue many calls of one task in one transaction.

        Args:
            calls: for each call a sequence of positional or a mapping of named arguments.
            labels: labels of these calls.

        Returns:
            How many jobs were made: of unique calls, those that were not there already.
        """
        return await self.broker.enqueue_many(task, calls, **labels)

    def report(
        self, name: str, *, every: str = "day", **how: Any
    ) -> Callable[[ReportFunction], ReportFunction]:
        """Declare a report: a function of its period that gives SQL.

            @app.report("daily_sales", every="day", zone="Europe/London", key="country",
                        columns="country text, invoices bigint, value numeric(10,2)",
                        checks=["row count over 0"], source="shop")
            def daily_sales(period):
                return "select … where invoice_date >= :start and invoice_date < :end"

        It is built at the end of each period, as `orders` is. The function gives a text with
        `:start` and `:end` (or `$1` and `$2`), also `:day` and `:zone`; a text and a mapping of
        further parameters; or a select of SQLAlchemy.

        Args:
            name: 1 to 100 letters, digits, `_`, `.` and `-`.
            every: `hour`, `day`, `week` or `month`.
            how: `zone` (the shop's where it is not given); `columns` (names with types; the query's
                where they are not given); `key` (columns that tell its rows apart); `checks`
                (`horarium.reports.check`); `source` (a database that the settings name);
                `timeout` (seconds that its query may take, 600); `reads` (`shop.orders`: built
                again when orders of the period change); `ready_by` (by when it is promised, such
                as `06:00`, or `+00:30` after the period's end).

        Raises:
            InvalidInput: something of it cannot be used; the field is file and line.
        """

        from horarium.reports.definition import declared_by

        def declare(function: ReportFunction) -> ReportFunction:
            self.reports.add(declared_by(function, name, every=every, **how))
            return function

        return declare

    async def build_report(self, day: date, name: str = "orders", reason: str = "by hand") -> str:
        """Build the report of a day in the background; returns the job's id.

        Raises:
            NotFound: there is no such report.
        """
        return await self.reports.enqueue_build(name, day, reason)

    async def zone(self) -> str:
        """The zone whose days the shop's reports count."""
        from horarium.reports.zone import shop_zone

        async with self.database.connection() as connection:
            return await shop_zone(connection, self.settings.zone)

    async def _schedules(self) -> "Sequence[Schedule]":
        reports = self.reports.schedules(await self.zone()) if self.reports.definitions else ()
        return [*reports, *(self.journal.schedules() if self.journal is not None else ())]

    # Looking

    async def require_ready(self) -> None:
        """Open the database, and refuse one whose schema is not that of this version.

        Raises:
            Unavailable: the server does not answer, or the schema has to be migrated.
        """
        health = await self.health()
        if not health.migrated:
            raise Unavailable(health.problem or NOT_MIGRATED)

    async def promises(self) -> "list[Promise]":
        """How the promises stand that reports are ready by their times; see `reports.promises`."""
        definitions = self.reports.definitions.values() if self.may_promise else ()
        if not any(each.ready_by for each in definitions):
            return []
        from horarium.reports.promises import standing
        from horarium.reports.zone import shop_zone

        async with self.database.connection() as connection:
            now = await self.book.now(connection)
            zone = await shop_zone(connection)
            return await standing(connection, definitions, zone, now)

    async def health(self) -> Health:
        """Whether the database answers, is migrated, and its due schedules are being decided."""
        return await examine(self.database, self.promises)
