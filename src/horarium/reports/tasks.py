"""The built-in task of reports, and the schedules that call it."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

import msgspec
from msgspec.structs import replace

from horarium.builtin_tasks import BUILD_REPORT
from horarium.database import Connection, Database
from horarium.engine import (
    CatchUp,
    Cron,
    CurrentFiring,
    JobConnection,
    JobId,
    LedgerBroker,
    Overlap,
    Schedule,
    Timetable,
)
from horarium.errors import InvalidInput, NotFound
from horarium.events import Events, ReportBuilt
from horarium.reports.definition import ORDER_REPORT, Definition
from horarium.reports.failure import build_noted
from horarium.reports.merging import CheckFailed
from horarium.reports.period import Period, period_at, period_before, period_of
from horarium.reports.revision import Revision
from horarium.reports.sources import missing
from horarium.reports.staging import Unbuildable
from horarium.reports.zone import shop_zone
from horarium.settings import Settings

QUEUE = "reports"
TASK = BUILD_REPORT

_MONTH = 31 * 86_400.0
_CRONS = {"hour": "0 * * * *", "day": "0 0 * * *", "week": "0 0 * * 1", "month": "0 0 1 * *"}
_AFTER_WHAT_IS_DUE = -1
_RETRIES = {
    "retry_on_error": True,
    "max_retries": 5,
    "retry_delay": 10,
    "retry_backoff": 2,
    "discard_on": (CheckFailed, Unbuildable),
}


class Built(msgspec.Struct, frozen=True):
    """The result of a build's job."""

    report: str
    day: date
    revision: int
    rows: int


class ReportTasks:
    """The reports of an application, and the task that builds them.

    Args:
        database: where builds that fail are noted.
        settings: what sources there are, and for how long revisions' changes are kept.
        builtin: include the order report.
    """

    def __init__(
        self, broker: LedgerBroker, database: Database, settings: Settings, *, builtin: bool = True
    ) -> None:
        self._broker = broker
        self._database = database
        self._sources = settings.report_sources
        self._keep = timedelta(days=settings.keep_revisions)
        self._definitions = dict[str, Definition]()
        self._build: Any = None
        if builtin:
            self._add(replace(ORDER_REPORT, ready_by=settings.ready_by))

    @property
    def definitions(self) -> Mapping[str, Definition]:
        """All reports by name."""
        return self._definitions

    @property
    def sources(self) -> Mapping[str, str]:
        """The addresses of the databases that definitions name."""
        return self._sources

    def add(self, definition: Definition) -> None:
        """Add a report that a user has defined.

        Raises:
            InvalidInput: there is one of this name, or the settings do not name its source.
        """
        name, place = definition.name, definition.place or "name"
        there = self._definitions.get(name)
        if there is not None or name == ORDER_REPORT.name:
            where = there.place if there is not None and there.place else "built in"
            raise InvalidInput(place, f"there is a report {name!r} already ({where})")
        if definition.source is not None and definition.source not in self._sources:
            raise InvalidInput(place, missing(definition.source, self._sources))
        self._add(definition)

    def _add(self, definition: Definition) -> None:
        self._definitions[definition.name] = definition
        if self._build is None:
            self._build = self._broker.register_task(self._task(), TASK, queue=QUEUE, **_RETRIES)

    def definition(self, name: str) -> Definition:
        """The report of this name.

        Raises:
            NotFound: there is none.
        """
        return _definition(self._definitions, name)

    def schedules(self, zone: str) -> Sequence[Schedule]:
        """A schedule for each report: at the end of each of its periods, none left out.

        Args:
            zone: the shop's, for reports that name none of their own.
        """
        return [_schedule(each, each.zone or zone) for each in self._definitions.values()]

    async def enqueue_builds(
        self, periods: Sequence[tuple[str, datetime]], reason: str, *, states: Sequence[str]
    ) -> int:
        """Build many periods in the background, those for which no such job is there.

        In the current transaction, where there is one. They go after builds that are due.

        Args:
            periods: a report's name and an instant in its period, each.
            states: of a job that was enqueued by this for the same period: in them it is there.

        Returns:
            How many jobs were made.
        """
        calls = [{"name": n, "starts_at": at, "reason": reason} for n, at in periods]
        unique = {"fields": ["name", "starts_at"], "states": list(states)}
        return await self._broker.enqueue_many(
            self._build, calls, unique=unique, priority=_AFTER_WHAT_IS_DUE
        )

    async def enqueue_build(
        self, name: str, day: date, reason: str, *, starts_at: datetime | None = None
    ) -> str:
        """Build the period that a day lies in, in the background; returns the job's id.

        Args:
            starts_at: an instant of the period, instead of the day; of hours it names which.

        Raises:
            NotFound: there is no such report.
        """
        self.definition(name)
        instant = {} if starts_at is None else {"starts_at": starts_at}
        sent = await self._build.kiq(name, day=day, reason=reason, **instant)
        return str(sent.task_id)

    async def build(
        self,
        connection: Connection,
        definition: Definition,
        period: Period,
        *,
        reason: str,
        job: str | None = None,
    ) -> Revision:
        """Build a period in the connection's transaction, and note it where that fails."""
        return await build_noted(
            self._database, connection, definition, period, reason=reason, job=job,
            sources=self._sources, keep=self._keep,
        )  # fmt: skip

    def _task(self) -> Callable[..., Awaitable[Built]]:
        async def build_period(
            name: str,
            connection: JobConnection,
            firing: CurrentFiring,
            job: JobId,
            day: date | None = None,
            reason: str = "schedule",
            starts_at: datetime | None = None,
        ) -> Built:
            """Build one period; its rows, its summary and the job's outcome are one commit.

            Which one says `starts_at`, any instant in it, else `day`, else the due time.
            """
            definition = self.definition(name)
            zone = definition.zone or await shop_zone(connection)
            due_at = firing.due_at if firing is not None else None
            if firing is not None and firing.is_backfill:
                reason = "backfill"
            period = await _period(connection, definition, zone, due_at, day, starts_at)
            revision = await self.build(connection, definition, period, reason=reason, job=job)
            built = Built(name, period.day, revision.revision, revision.row_count)
            _tell(self._broker.events, built)
            return built

        return build_period


def _tell(events: Events, built: Built) -> None:
    if events:
        events.publish(
            ReportBuilt(
                report=built.report,
                day=str(built.day),
                revision=built.revision,
                rows=built.rows,
            )
        )


async def _period(
    connection: Connection,
    definition: Definition,
    zone: str,
    due_at: datetime | None,
    day: date | None,
    starts_at: datetime | None,
) -> Period:
    """The period to build: that of an instant or a day, else the last that had ended when due."""
    if starts_at is not None:
        return period_at(starts_at, definition.every, zone)
    if day is not None:
        return period_of(day, definition.every, zone)
    if due_at is None:
        due_at = await connection.fetchval("select now()")
    return period_before(due_at, definition.every, zone)


def _schedule(definition: Definition, zone: str) -> Schedule:
    return Schedule(
        id=definition.name,
        task=TASK,
        timetable=Timetable(Cron(_CRONS[definition.every]), zone=zone, key=definition.name),
        arguments=msgspec.Raw(msgspec.json.encode({"args": [definition.name], "kwargs": {}})),
        queue=QUEUE,
        overlap=Overlap.BUFFER_ALL,
        catch_up=CatchUp.ALL,
        catch_up_window=_MONTH,
    )


def _definition(definitions: Mapping[str, Definition], name: str) -> Definition:
    if name not in definitions:
        raise NotFound(f"there is no report {name!r}; there is {', '.join(sorted(definitions))}")
    return definitions[name]
