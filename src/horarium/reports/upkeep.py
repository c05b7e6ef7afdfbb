"""Upkeep: what schedulers do for reports beside the step of the timetable.

Every few seconds a look at what has changed (`horarium.reports.dirt`), and a judgement of what was
promised (`horarium.reports.promises`). Any number of schedulers do so; whichever comes first has
the turn. It runs here and not as a job of the timetable: a job every few seconds would fill the
history, and would wait for a worker, whose absence is what there is to tell.
"""

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from typing import Any

import structlog

from horarium.clock import Clock, current_time
from horarium.database import Database
from horarium.events import Events, ReportAlert
from horarium.outage import TRANSIENT
from horarium.reports.dirt import look, watch_reports
from horarium.reports.promises import keep, standing, tell
from horarium.reports.tasks import ReportTasks
from horarium.reports.zone import shop_zone
from horarium.settings import Settings

EVERY = 5.0
"""Seconds between looks."""

JUDGED_EVERY = 15.0
"""Seconds between judgements of what was promised."""

LONGEST = 30.0
"""Seconds that a hook may take."""

AlertHook = Callable[[ReportAlert], Awaitable[Any] | Any]

_log = structlog.get_logger()


class Upkeep:
    """One scheduler's part in the upkeep of an application's reports.

    Attributes:
        hooks: functions that are called with each alert, once it is committed.
    """

    def __init__(
        self,
        database: Database,
        tasks: ReportTasks,
        settings: Settings,
        events: Events,
        clock: Clock,
    ) -> None:
        self._database = database
        self._tasks = tasks
        self._settings = settings
        self._events = events
        self._clock = clock
        self._noted = False
        self.hooks: list[AlertHook] = []

    async def run(self) -> None:
        """Keep the reports up until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._again_and_again(EVERY, "changed orders", self.look))
            group.create_task(self._again_and_again(JUDGED_EVERY, "promises", self.judge))

    async def look(self) -> None:
        """Mark what has changed, and have it built again."""
        if not self._noted:
            definitions = self._tasks.definitions.values()
            async with self._database.transaction() as connection:
                await watch_reports(connection, self._settings.app, definitions)
            self._noted = True
        more = True
        while more:
            every = self._settings.provisional_every
            found = await look(self._database, self._tasks, every, now=self._clock())
            more = found.more
            if found.builds:
                _log.info("changed periods are built again", periods=found.builds)

    async def judge(self) -> None:
        """Judge what was promised, raise alerts, and tell those that were not told."""
        if not any(each.ready_by for each in self._tasks.definitions.values()):
            return
        async with self._database.transaction() as connection:
            now = await current_time(self._clock, connection)
            zone = await shop_zone(connection)
            promises = await standing(connection, self._tasks.definitions.values(), zone, now)
            await keep(connection, promises, now)
        while await tell(self._database, self._tell):
            pass

    async def _tell(self, alert: ReportAlert) -> None:
        log = _log.info if alert.state == "ready" else _log.error
        log(
            f"a report is {alert.state}",
            report=alert.report,
            day=alert.day,
            deadline=alert.deadline.isoformat(),
            reason=alert.reason,
            alert=alert.number,
        )
        self._events.publish(alert)
        for hook in self.hooks:
            await self._call(hook, alert)

    async def _call(self, hook: AlertHook, alert: ReportAlert) -> None:
        name = getattr(hook, "__qualname__", type(hook).__qualname__)
        try:
            async with asyncio.timeout(LONGEST):
                answer = (
                    await asyncio.to_thread(hook, alert) if not _is_async(hook) else hook(alert)
                )
                if inspect.isawaitable(answer):
                    await answer
        except TimeoutError:
            _log.warning("a hook on alerts took too long", hook=name, alert=alert.number)
        except Exception:  # noqa: BLE001 - the hook's own fault, not the scheduler's
            _log.exception("a hook on alerts failed", hook=name, alert=alert.number)

    async def _again_and_again(
        self, seconds: float, what: str, act: Callable[[], Awaitable[None]]
    ) -> None:
        while True:
            try:
                await act()
            except TRANSIENT as error:
                _log.warning(f"{what} could not be looked at; trying again", error=str(error))
            except Exception as error:  # noqa: BLE001 - a bad look must not end all firing
                reason = str(error) or type(error).__name__
                _log.error(f"{what} could not be looked at", error=reason)
            await asyncio.sleep(seconds)


def _is_async(hook: AlertHook) -> bool:
    return inspect.iscoroutinefunction(hook)
