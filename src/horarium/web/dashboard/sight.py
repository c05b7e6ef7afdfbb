"""What the dashboard shows, read from the database: one look at report, jobs and timetable."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

import msgspec

from horarium import reports
from horarium.application import Horarium
from horarium.builtin_tasks import HOUSEKEEPING
from horarium.database import Connection
from horarium.engine import DueTime, Filter, Job, Kept, State, compiled, preview
from horarium.errors import InvalidInput, NotFound
from horarium.mismatch import refusal
from horarium.web.api.parameters import checked_day

SPAN = timedelta(days=29)
"""From the first to the last day of the chart."""
AROUND = timedelta(days=62)
"""How far a neighbouring day that was built is looked for."""
ROWS, TOP, JOBS, FIRINGS = 10, 8, 8, 7
LATELY = timedelta(days=1)
"""For how long housekeeping that failed is told of where it is left out."""
_INSTANT = timedelta(microseconds=1)


class Refusal(msgspec.Struct, frozen=True):
    """Why the day that was asked for is not shown; `day` where it is one."""

    status: int
    reason: str
    day: date | None = None


class Upcoming(msgspec.Struct, frozen=True):
    """A schedule, and its next due time."""

    kept: Kept
    due: DueTime


class Reported(msgspec.Struct, frozen=True, kw_only=True):
    """A day's report: its summary and the one before, first rows, days around it, top products."""

    summary: reports.Summary
    before: reports.Summary | None
    rows: list[reports.ReportRow]
    points: list[reports.SeriesPoint]
    top: reports.Ranking[reports.RankedProduct]


class LastJobs(msgspec.Struct, frozen=True, kw_only=True):
    """The newest jobs: all, or those that are not Horarium's own housekeeping.

    Attributes:
        failed: of each housekeeping task that is left out the newest job that failed lately.
    """

    all: bool
    jobs: list[Job]
    failed: list[Job] = []


class Sight(msgspec.Struct, frozen=True, kw_only=True):
    """Everything the page shows, as it was found; a report, or why there is none."""

    zone: str
    now: datetime
    asked: str | None
    newest: date | None
    jobs: LastJobs
    firings: list[Upcoming]
    promises: list[reports.Promise] = []
    report: Reported | None = None
    refusal: Refusal | None = None


async def look(app: Horarium, asked: str | None, *, all_jobs: bool = False) -> Sight:
    """Look at the day that is asked for, or at the newest that was built."""
    kept = await app.book.schedules(count=FIRINGS)
    async with app.database.connection() as connection:
        newest = await reports.newest_day(connection)
        report, refusal = await _found(connection, asked, newest)
        now = await app.book.now(connection)
    return Sight(
        zone=await app.zone(),
        now=now,
        asked=asked,
        newest=newest,
        jobs=await _last_jobs(app, now, everything=all_jobs),
        firings=upcoming(kept),
        promises=await app.promises(),
        report=report,
        refusal=refusal,
    )


async def _last_jobs(app: Horarium, now: datetime, *, everything: bool) -> LastJobs:
    if everything:
        return LastJobs(all=True, jobs=await app.ledger.jobs(count=JOBS))
    failures = [Filter(task=task, state=State.FAILED, since=now - LATELY) for task in HOUSEKEEPING]
    return LastJobs(
        all=False,
        jobs=await app.ledger.jobs(Filter(without=HOUSEKEEPING), count=JOBS),
        failed=[job for each in failures for job in await app.ledger.jobs(each, count=1)],
    )


def upcoming(kept: Sequence[Kept]) -> list[Upcoming]:
    """The next due time of each schedule that is active and has one, in their order."""
    return [
        Upcoming(each, due)
        for each in kept
        if each.state == "active" and each.next_due_at is not None
        for due in preview(compiled(each.schedule.timetable), each.next_due_at - _INSTANT, 1)
    ]


async def _found(
    connection: Connection, asked: str | None, newest: date | None
) -> tuple[Reported | None, Refusal | None]:
    try:
        day = _day(asked) or newest
    except InvalidInput as error:
        return None, Refusal(400, error.reason)
    if day is None:
        return None, None
    try:
        return await _reported(connection, day), None
    except NotFound as error:
        return None, Refusal(404, str(error), day)


async def _reported(connection: Connection, day: date) -> Reported:
    summary = await reports.summary(connection, day)
    before = None
    if summary.previous is not None:
        before = await reports.summary(connection, summary.previous.day)
    rows = await reports.rows(connection, day, 1, ROWS)
    series = await reports.series(connection, day - AROUND, day + AROUND)
    top = await reports.top_products(connection, day, day, currency=summary.currency, count=TOP)
    return Reported(summary=summary, before=before, rows=rows.items, points=series.points, top=top)


def _day(asked: str | None) -> date | None:
    """The day that the address names; an empty field of the form names none."""
    if not asked:
        return None
    try:
        day = msgspec.convert(asked, date)
    except msgspec.ValidationError as error:
        raise InvalidInput("date", refusal(str(error))[1]) from None
    return checked_day("date", day)
