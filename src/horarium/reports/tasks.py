"""The built-in task of reports, and the schedules that call it."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

import msgspec

from horarium.database import Connection
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
from horarium.errors import NotFound
from horarium.events import Events, ReportBuilt
from horarium.reports.build import build
from horarium.reports.definition import ORDER_REPORT, Definition
from horarium.reports.period import Period, period_before, period_of
from horarium.shop import profile

QUEUE = "reports"
TASK = "horarium.reports:build"

_MONTH = 31 * 86_400.0
_CRONS = {"hour": "0 * * * *", "day": "0 0 * * *", "week": "0 0 * * 1", "month": "0 0 1 * *"}
_RETRIES = {"retry_on_error": True, "max_retries": 5, "retry_delay": 10, "retry_backoff": 2}


class Built(msgspec.Struct, frozen=True):
    """The result of a build's job."""

    report: str
    day: date
    revision: int
    rows: int


class ReportTasks:
    """The reports of an application, and the task that builds them."""

    def __init__(self, broker: LedgerBroker) -> None:
        self._definitions = {ORDER_REPORT.name: ORDER_REPORT}
        build_period = _task(self._definitions, broker.events)
        self._build: Any = broker.register_task(build_period, TASK, queue=QUEUE, **_RETRIES)

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

    async def enqueue_build(self, name: str, day: date, reason: str) -> str:
        """Build the period that a day lies in, in the background; returns the job's id.

        Raises:
            NotFound: there is no such report.
        """
        self.definition(name)
        sent = await self._build.kiq(name, day=day, reason=reason)
        return str(sent.task_id)


def _task(definitions: Mapping[str, Definition], events: Events) -> Callable[..., Awaitable[Built]]:
    async def build_period(
        name: str,
        connection: JobConnection,
        firing: CurrentFiring,
        job: JobId,
        day: date | None = None,
        reason: str = "schedule",
    ) -> Built:
        """Build one period; its rows, its summary and the job's outcome are one commit."""
        definition = _definition(definitions, name)
        zone = definition.zone or await _shop_zone(connection)
        due_at = firing.due_at if firing is not None else None
        period = await _period(connection, definition, zone, due_at, day)
        revision = await build(connection, definition, period, reason=reason, job=job)
        built = Built(name, period.day, revision.revision, revision.row_count)
        if events:
            events.publish(
                ReportBuilt(
                    report=name, day=str(built.day), revision=built.revision, rows=built.rows
                )
            )
        return built

    return build_period


async def _period(
    connection: Connection,
    definition: Definition,
    zone: str,
    due_at: datetime | None,
    day: date | None,
) -> Period:
    """The period to build: that of a day, else the last one that had ended when it was due."""
    if day is not None:
        return period_of(day, definition.every, zone)
    if due_at is None:
        due_at = await connection.fetchval("select now()")
    return period_before(due_at, definition.every, zone)


async def _shop_zone(connection: Connection) -> str:
    settled = await profile(connection)
    return settled.zone if settled is not None else "UTC"


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
