"""The application: settings, database, broker, scheduler and reports, put together.

    app = Horarium()
    broker, scheduler = app.broker, app.scheduler

Nothing is opened when it is made. The database is found at its first use: the server that
`DATABASE_URL` names, or an embedded one that is started in the home folder.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from datetime import date
from typing import Any, TypeVar

import asyncpg
import msgspec
import structlog

from horarium import migrations
from horarium.database import TRANSIENT, Connection, Database, joined, statement
from horarium.engine import (
    Batches,
    Book,
    Hook,
    Ledger,
    LedgerBroker,
    LedgerScheduler,
    Queues,
    Schedule,
    Watchers,
)
from horarium.errors import Unavailable
from horarium.events import Events
from horarium.reports.tasks import ReportTasks
from horarium.settings import Settings, load
from horarium.shop import Profile, Till, profile, settle_profile
from horarium.shop.scoring import PolarityTasks

H = TypeVar("H", bound=Hook)
_log = structlog.get_logger()


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """Whether everything that is needed answers.

    Attributes:
        scheduler_lag: seconds by which the longest due schedule is late; `None`: nothing is due.
        unproved: schedules of which due times are unexplained or doubled, by the standing proof.
    """

    ready: bool
    database: bool
    migrated: bool
    scheduler_lag: float | None = None
    unproved: int = 0
    problem: str | None = None


class Horarium:
    """One application: its tasks, its reports, and the database that they live in.

    Args:
        settings: as `horarium.settings.load` gives them where none are given.
        builtin: include the built-in tasks and the order report.
    """

    def __init__(self, settings: Settings | None = None, *, builtin: bool = True) -> None:
        self.settings = settings or load()
        self.events = Events()
        self.database = Database(self._locate)
        self.ledger = Ledger(self.database)
        self.batches = Batches(self.ledger)
        self.queues = Queues(self.database)
        self.book = Book(self.ledger)
        self.watchers = Watchers(self.database)
        self.till = Till(self.database)
        self.broker = LedgerBroker(self.ledger, self.settings, self.events, self.close)
        self.scheduler = LedgerScheduler(
            self.broker, self.book, self.settings.app, self._report_schedules
        )
        self.reports = ReportTasks(self.broker) if builtin else None
        model = self.settings.polarity_model
        self.polarities = PolarityTasks(self.broker, model) if builtin else None
        self._embedded: Any = None
        if self.settings.mail_to is not None:
            self._mail_failures()

    def _mail_failures(self) -> None:
        # Mail takes long to import, and most processes send none.
        from horarium.mail import FailureMail, Post, readers

        who, post = readers(self.settings), Post(self.settings.smtp_url or "")
        self.broker.companions.append(lambda: FailureMail(self.database, self.events, post, who))

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

    async def settle(self) -> Profile:
        """The shop's zone and currency: as the settings say, else as they were settled before."""
        async with self.database.transaction() as connection:
            before = await profile(connection)
            zone = self._chosen("zone", before.zone if before else None)
            currency = self._chosen("currency", before.currency if before else None)
            settled = await settle_profile(connection, zone, currency)
        if before is not None and before.zone != settled.zone:
            _log.warning(
                "the shop's zone has changed: days that were reported in the former zone have to "
                "be built again (horarium schedule backfill orders --redo)",
                before=before.zone,
                now=settled.zone,
            )
        return settled

    def _chosen(self, name: str, settled: str | None) -> str:
        value: str = getattr(self.settings, name)
        if settled is None or self.settings.sources.get(name, "given") != "default":
            return value
        return settled

    async def revive(self) -> None:
        """Start the embedded server again if it has died; does nothing with a server elsewhere."""
        if self._embedded is not None:
            await asyncio.to_thread(self._embedded.start)

    async def close(self) -> None:
        """Close the database, and stop the embedded server if this was its last user."""
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
        connection = await _driver_connection(session)
        with joined(connection, borrowed=True):
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

    async def build_report(self, day: date, name: str = "orders", reason: str = "by hand") -> str:
        """Build the report of a day in the background; returns the job's id."""
        if self.reports is None:
            raise RuntimeError("this application was made without the built-in reports")
        return await self.reports.enqueue_build(name, day, reason)

    async def zone(self) -> str:
        """The zone whose days the shop's reports count."""
        async with self.database.connection() as connection:
            settled = await profile(connection)
        return settled.zone if settled is not None else self.settings.zone

    async def _report_schedules(self) -> Sequence[Schedule]:
        return [] if self.reports is None else self.reports.schedules(await self.zone())

    # Looking

    async def require_ready(self) -> None:
        """Open the database, and refuse one whose schema is not that of this version.

        Raises:
            Unavailable: the server does not answer, or the schema has to be migrated.
        """
        health = await self.health()
        if not health.migrated:
            raise Unavailable(health.problem or _NOT_MIGRATED)

    async def health(self) -> Health:
        """Whether the database answers, is migrated, and its due schedules are being decided."""
        try:
            async with self.database.connection() as connection:
                row = await connection.fetchrow(statement(__package__, "health"))
        except asyncpg.UndefinedTableError:
            return Health(ready=False, database=True, migrated=False, problem=_NOT_MIGRATED)
        except TRANSIENT as error:
            return Health(ready=False, database=False, migrated=False, problem=str(error))
        migrated = row["revision"] == migrations.newest()
        lag = None if row["lag"] is None else max(0.0, row["lag"])
        late = lag is not None and lag > _LATE
        problem = None if migrated else _NOT_MIGRATED
        if late:
            problem = f"a schedule is due for {lag:.0f} s and no scheduler has decided it"
        return Health(
            ready=migrated and not late,
            database=True,
            migrated=migrated,
            scheduler_lag=lag,
            unproved=row["unproved"],
            problem=problem,
        )


_LATE = 60.0
_NOT_MIGRATED = "the database's schema is not that of this version; run: horarium migrate"


async def _driver_connection(session: Any) -> Connection:
    connection = await session.connection() if hasattr(session, "connection") else session
    if hasattr(connection, "get_raw_connection"):
        # SQLAlchemy begins its transaction with the first statement that goes through it.
        await connection.exec_driver_sql("select 1")
        raw = await connection.get_raw_connection()
        return raw.driver_connection
    return connection
