"""The built-in task of the journal, and the schedule that calls it."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import date, datetime, timedelta
from typing import Any

import msgspec
import structlog
from msgspec.structs import replace

from horarium.builtin_tasks import WRITE_JOURNAL
from horarium.database import Database
from horarium.engine import (
    CatchUp,
    Cron,
    CurrentFiring,
    Disclosure,
    LedgerBroker,
    Overlap,
    Schedule,
    Timetable,
)
from horarium.journal.keeping import forget
from horarium.journal.turn import Asked, Written, WrittenDay, turn, write_day
from horarium.journal.writing import Place
from horarium.settings import Settings

QUEUE = "journal"
TASK = WRITE_JOURNAL
SCHEDULE = "journal"

_CRON = "2-59/15 * * * *"
"""A little after each quarter of an hour: by then what ended before it has been recorded."""

_WINDOW = timedelta(days=1).total_seconds()
_RETRIES = {"retry_on_error": True, "max_retries": 4, "retry_delay": 30, "retry_backoff": 2}
_log = structlog.get_logger()


class Journal:
    """The journal of an application, and the task that writes it.

    Without a folder that is shared, it is read where it is written: on one machine.
    """

    def __init__(self, broker: LedgerBroker, database: Database, settings: Settings) -> None:
        self._database = database
        self._settings = settings
        self.folder = (settings.journal_folder or settings.home / "journal").absolute()
        disclosure = Disclosure(broker.seal, opens=settings.journal_secrets == "open")
        self._asked = Asked(
            place=Place(self.folder, disclosure),
            unowned=settings.journal == "all",
            zone=settings.zone,
        )
        broker.register_task(_task(self.turn), TASK, queue=QUEUE, **_RETRIES)

    def schedules(self) -> Sequence[Schedule]:
        """The schedule that writes it; none where it is switched off."""
        if self._settings.journal == "off":
            return []
        arguments = msgspec.Raw(msgspec.json.encode({"args": [], "kwargs": {}}))
        return [
            Schedule(
                id=SCHEDULE,
                task=TASK,
                timetable=Timetable(Cron(_CRON), zone="UTC", key=SCHEDULE),
                arguments=arguments,
                queue=QUEUE,
                overlap=Overlap.SKIP,
                # One turn makes up for all that were missed.
                catch_up=CatchUp.LATEST,
                catch_up_window=_WINDOW,
            )
        ]

    async def turn(self, now: datetime | None = None) -> Written:
        """Write every day that is over and not written yet, and forget those that are too old.

        Args:
            now: the time; None leaves it to the database.

        Raises:
            JournalNotWritten: some owners' days could not be written; all others are.
        """
        written = await turn(self._database, replace(self._asked, now=now))
        await forget(self._database, self.folder, self._settings.keep_journal, now)
        return written

    async def write(
        self,
        day: date,
        owner: str | None = None,
        *,
        redo: bool = False,
        now: datetime | None = None,
    ) -> list[WrittenDay]:
        """Write a day by hand; see `write_day`."""
        asked = replace(self._asked, now=now)
        return await write_day(self._database, asked, day, owner, redo=redo)


def _task(act: Callable[[], Awaitable[Written]]) -> Callable[..., Awaitable[Written]]:
    async def write(firing: CurrentFiring) -> Written:
        """Write the days that are over, of everybody."""
        written = await act()
        if written.days:
            due_at: Any = None if firing is None else firing.due_at
            _log.info("the journal was written", days=written.days, jobs=written.jobs, due=due_at)
        return written

    return write
