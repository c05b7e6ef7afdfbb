"""What was seen, as the page words it. Pure: a sight in, a view out; the template places it."""

from datetime import date

import msgspec

from horarium.reports import Promise, Promised
from horarium.web.dashboard.activity import FiringLines, JobLines, firing_lines, job_lines
from horarium.web.dashboard.report_view import ReportView, report_view
from horarium.web.dashboard.sight import Refusal, Sight
from horarium.web.wording import long_day, sentence, short_day

_TOLD = (Promised.LATE, Promised.AT_RISK)


class PromiseLine(msgspec.Struct, frozen=True):
    """A report that is late, or may be."""

    name: str
    late: bool
    reason: str


class View(msgspec.Struct, frozen=True, kw_only=True):
    """The page."""

    heading: str
    zone: str
    asked: str
    newest: date | None
    refusal: Refusal | None
    promises: list[PromiseLine]
    report: ReportView | None
    jobs: JobLines
    firings: FiringLines


def view(seen: Sight) -> View:
    """The page of a sight."""
    return View(
        heading=_heading(seen),
        zone=seen.zone,
        asked=(seen.asked or "")[:40],
        newest=seen.newest,
        refusal=seen.refusal,
        promises=[_promise(each) for each in seen.promises if each.state in _TOLD],
        report=None if seen.report is None else report_view(seen.report, seen),
        jobs=job_lines(seen.jobs, seen.zone, seen.now),
        firings=firing_lines(seen.firings, seen.now),
    )


def _heading(seen: Sight) -> str:
    if seen.report is not None:
        return long_day(seen.report.summary.day)
    if seen.refusal is None:
        return "No report yet"
    return "No such day" if seen.refusal.day is None else long_day(seen.refusal.day)


def _promise(promise: Promise) -> PromiseLine:
    return PromiseLine(
        name=f"The report {promise.report} of {short_day(promise.day)} is {promise.state}",
        late=promise.state is Promised.LATE,
        reason=sentence(promise.reason),
    )
