"""The parts of an application, each imported and made when it is asked for first.

A worker of somebody's own tasks needs the ledger and the broker alone, and is up the sooner for it.
The broker knows the built-in tasks by their names; the first job of one brings the part that
declares it. What the settings say of a part is read at once, so that it is refused at the start.
"""

from collections.abc import Awaitable, Callable, Coroutine, Iterator, Sequence
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from horarium import builtin_tasks
from horarium.database import Database
from horarium.engine import Ledger, LedgerBroker
from horarium.events import Events
from horarium.settings import Settings

if TYPE_CHECKING:
    from horarium.deliveries import DeliveryTasks
    from horarium.engine import (
        Batches,
        Book,
        Companion,
        LedgerScheduler,
        Queues,
        Schedule,
        Watchers,
    )
    from horarium.exports import ExportTasks
    from horarium.journal import Journal
    from horarium.reports.tasks import ReportTasks
    from horarium.reports.upkeep import AlertHook, Upkeep
    from horarium.shop import Till
    from horarium.shop.scoring import PolarityTasks

REPORTS = "reports"
"""The folder of reports' files in the working folder, where the settings name none."""


class Parts:
    """What an application is put together from.

    Args:
        locate: finds the address of the database.
        close: closes all that is open.
        builtin: include the built-in tasks and the order report.
    """

    def __init__(
        self,
        settings: Settings,
        locate: Callable[[], Awaitable[str]],
        close: Callable[[], Awaitable[None]],
        *,
        builtin: bool,
    ) -> None:
        self.settings = settings
        self.events = Events()
        self.database = Database(locate)
        self.ledger = Ledger(self.database)
        self.broker = LedgerBroker(self.ledger, settings, self.events, close)
        self._builtin = builtin
        self._alert_hooks: list[AlertHook] = []
        self._beside_schedulers: list[Callable[[], Coroutine[Any, Any, None]]] = []
        self._beside_schedulers.append(self._tend_reports)
        self.broker.companions.append(self._tidying)
        if settings.mail_to is not None:
            self._mail_failures()
        self._announce_tasks()
        for part in self._asked_for():
            getattr(self, part)

    def _announce_tasks(self) -> None:
        later = self.broker.declare_later
        later([builtin_tasks.MAKE_EXPORT], lambda: self.exports)
        later([builtin_tasks.DELIVER], lambda: self.deliveries)
        if self._builtin:
            later([builtin_tasks.BUILD_REPORT], lambda: self.reports)
            later([builtin_tasks.WRITE_JOURNAL], lambda: self.journal)
            names = [builtin_tasks.SCORE_REVIEWS, builtin_tasks.SCORE_TEXTS]
            later(names, lambda: self.polarities)

    def _asked_for(self) -> Iterator[str]:
        """The parts that the settings say something of."""
        if self._report_files is not None:
            yield "reports"
        if self.settings.deliveries:
            yield "deliveries"

    def _tidying(self) -> "Companion":
        from horarium.exports.tidying import Tidying

        return Tidying(self.database, self.settings.home / "exports")

    def _mail_failures(self) -> None:
        from horarium.mail import AlertMail, FailureMail, Post, readers

        who, post = readers(self.settings), Post(self.settings.smtp_url or "")
        self._beside_schedulers.append(AlertMail(self.database, post, who).run)
        self.broker.companions.append(lambda: FailureMail(self.database, self.events, post, who))

    # The engine's

    @cached_property
    def batches(self) -> "Batches":
        """Jobs that were sent together."""
        from horarium.engine import Batches

        return Batches(self.ledger)

    @cached_property
    def queues(self) -> "Queues":
        """What waits in which queue; pausing and resuming."""
        from horarium.engine import Queues

        return Queues(self.database)

    @cached_property
    def watchers(self) -> "Watchers":
        """Those who watch jobs of other processes."""
        from horarium.engine import Watchers

        return Watchers(self.database)

    @cached_property
    def book(self) -> "Book":
        """The schedules and their firings."""
        from horarium.engine import Book

        return Book(self.ledger)

    @cached_property
    def scheduler(self) -> "LedgerScheduler":
        """What `taskiq scheduler` takes."""
        from horarium.engine import LedgerScheduler

        made = LedgerScheduler(self.broker, self.book, self.settings.app, self._schedules)
        made.beside += self._beside_schedulers
        return made

    async def _schedules(self) -> "Sequence[Schedule]":
        raise NotImplementedError

    async def _tend_reports(self) -> None:
        await self._upkeep().run()

    def _upkeep(self) -> "Upkeep":
        from horarium.reports.upkeep import Upkeep

        # The ledger's clock may be set later on, by tests.
        clock = lambda: self.ledger.clock()  # noqa: E731
        upkeep = Upkeep(self.database, self.reports, self.settings, self.events, clock)
        upkeep.hooks = self._alert_hooks
        return upkeep

    # The shop's and the reports'

    @cached_property
    def till(self) -> "Till":
        """Takes orders, many in one transaction."""
        from horarium.shop import Till

        return Till(self.database)

    @cached_property
    def reports(self) -> "ReportTasks":
        """The reports: the built-in one, those in files, those that code declares."""
        from horarium.reports.definition_file import read_folder
        from horarium.reports.tasks import ReportTasks

        made = ReportTasks(self.broker, self.database, self.settings, builtin=self._builtin)
        if self._report_files is not None:
            for definition in read_folder(self._report_files):
                made.add(definition)
        return made

    @property
    def may_promise(self) -> bool:
        """A report may be promised to be ready by a time."""
        return "reports" in vars(self) or (self._builtin and self.settings.ready_by is not None)

    @cached_property
    def exports(self) -> "ExportTasks":
        """Exports in the background."""
        from horarium.exports import ExportTasks, Shelf

        shelf = Shelf(self.settings.home / "exports")
        keep = timedelta(days=self.settings.keep_exports)
        return ExportTasks(self.broker, self.database, shelf, keep, self._report_named)

    def _report_named(self, name: str) -> Any:
        return self.reports.definition(name)

    @cached_property
    def deliveries(self) -> "DeliveryTasks":
        """Final revisions, sent by mail or webhook."""
        from horarium.deliveries import DeliveryTasks

        return DeliveryTasks(self.broker, self.database, self.settings, self.exports)

    @cached_property
    def polarities(self) -> "PolarityTasks | None":
        """Scoring in the background; `None` without the built-in tasks."""
        from horarium.shop.scoring import PolarityTasks

        return PolarityTasks(self.broker, self.settings.polarity_model) if self._builtin else None

    @cached_property
    def journal(self) -> "Journal | None":
        """The end-of-day record; `None` without the built-in tasks."""
        from horarium.journal import Journal

        return Journal(self.broker, self.database, self.settings) if self._builtin else None

    @cached_property
    def _report_files(self) -> Path | None:
        folder = self.settings.reports or Path(REPORTS)
        return folder if self.settings.reports is not None or folder.is_dir() else None
