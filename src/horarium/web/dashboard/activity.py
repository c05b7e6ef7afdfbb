"""What is done and what comes, as the pages word it: jobs, the next firings. Pure."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from horarium.engine import Job, worded
from horarium.web.dashboard.sight import LastJobs, Upcoming
from horarium.web.dashboard.timetable import is_internal
from horarium.web.wording import lasted, minute, moment, second, shortened, until

_NEAR = timedelta(days=180)


class JobLine(msgspec.Struct, frozen=True):
    """A job of the ledger."""

    id: str
    task: str
    call: str
    state: str
    due: str
    due_at: datetime
    started: str
    took: str
    error: str
    progress: str


class JobLines(msgspec.Struct, frozen=True):
    """The list; where housekeeping is left out of it (not `all`), what `failed` of that."""

    all: bool
    lines: list[JobLine]
    failed: list[JobLine]


class FiringLine(msgspec.Struct, frozen=True):
    """The next due time of a schedule by its own clock, and how long it is until then."""

    schedule: str
    rule: str
    at: str
    zone: str
    due_at: datetime
    left: str
    notes: str


class FiringLines(msgspec.Struct, frozen=True):
    """One line for each schedule, the next due first; `internal` are those that Horarium keeps."""

    own: list[FiringLine]
    internal: list[FiringLine]


def job_lines(seen: LastJobs, zone: str, now: datetime) -> JobLines:
    """The last jobs as lines, times by the clock of the zone."""
    return JobLines(seen.all, lines(seen.jobs, zone, now), lines(seen.failed, zone, now))


def lines(jobs: Sequence[Job], zone: str, now: datetime) -> list[JobLine]:
    """Jobs as lines, in their order, times by the clock of the zone."""
    return [_job_line(job, zone, now) for job in jobs]


def _job_line(job: Job, zone: str, now: datetime) -> JobLine:
    error = "" if job.error is None else shortened(f"{job.error.type}: {job.error.message}")
    return JobLine(
        id=job.id,
        task=job.task,
        call=_call(job),
        state=str(job.state),
        due=_at(job.due_at, zone, now),
        due_at=job.due_at,
        started="" if job.started_at is None else _at(job.started_at, zone, now),
        took=lasted(job.took),
        error=error,
        progress=progress_of(job),
    )


def _at(at: datetime, zone: str, now: datetime) -> str:
    """With the year where that is not near."""
    return moment(at, zone) if abs(at - now) >= _NEAR else second(at, zone)


def progress_of(job: Job) -> str:
    """How far an unfinished job has come, in a few words: 40 %, row 1,200."""
    mark = job.progress
    if mark is None or job.state.final:
        return ""
    share = None if mark.fraction is None else f"{mark.fraction:.0%}".replace("%", " %")
    return shortened(", ".join(word for word in (share, mark.state, mark.note) if word), 60)


def _call(job: Job) -> str:
    """The arguments of the call in a few words: orders, day=2010-12-01."""
    if job.arguments is None:
        return ""
    call = msgspec.json.decode(job.arguments)
    named = [f"{name}={value}" for name, value in call.get("kwargs", {}).items()]
    return shortened(", ".join([*map(str, call.get("args", ())), *named]), 60)


def firing_lines(upcoming: Sequence[Upcoming], now: datetime) -> FiringLines:
    """The next firings, those of people's own schedules apart from the others."""
    lines = [(is_internal(each.kept), _firing(each, now)) for each in upcoming]
    return FiringLines(
        own=[line for internal, line in lines if not internal],
        internal=[line for internal, line in lines if internal],
    )


def _firing(upcoming: Upcoming, now: datetime) -> FiringLine:
    zone, due = upcoming.kept.schedule.timetable.zone, upcoming.due
    return FiringLine(
        schedule=upcoming.kept.schedule.id,
        rule=worded(upcoming.kept.schedule.timetable.rule),
        at=minute(due.due, zone),
        zone=zone,
        due_at=due.due,
        left=until((due.due - now).total_seconds()),
        notes="; ".join(due.notes),
    )
