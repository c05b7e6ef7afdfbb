"""What was seen, as the page words it. Pure: a sight in, a view out; the template places it."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

import msgspec

from horarium import reports
from horarium.engine import Job
from horarium.web.dashboard.chart import NARROW, WIDE, Chart, Column, chart
from horarium.web.dashboard.figures import Tile, other_currencies, tiles
from horarium.web.dashboard.reviews import reviews_line
from horarium.web.dashboard.sight import SPAN, Refusal, Reported, Sight, Upcoming
from horarium.web.dashboard.wording import (
    cash,
    lasted,
    long_day,
    minute,
    moment,
    number,
    second,
    short_day,
    shortened,
)

_DAY = timedelta(days=1)
_NARROW_DAYS = 14
_FEWEST_DAYS = 10


class Row(msgspec.Struct, frozen=True):
    """A row of the report."""

    order: str
    products: str
    amount: str
    by_hand: bool


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


class FiringLine(msgspec.Struct, frozen=True):
    """A due time that lies ahead, by its schedule's clock and in UTC."""

    schedule: str
    local: str
    zone: str
    utc: str
    due_at: datetime
    notes: str


class ReportView(msgspec.Struct, frozen=True, kw_only=True):
    """The report of the day that is shown."""

    day: date
    earlier: date | None
    later: date | None
    tiles: list[Tile]
    others: list[str]
    compared_with: str
    reviews: str
    provisional: bool
    revision: int
    built: str
    built_at: datetime
    data_until: str
    rows: list[Row]
    total_rows: str
    more_rows: bool
    wide: Chart
    narrow: Chart
    chart_title: str
    chart_description: str


class View(msgspec.Struct, frozen=True, kw_only=True):
    """The page."""

    heading: str
    zone: str
    asked: str
    newest: date | None
    refusal: Refusal | None
    report: ReportView | None
    jobs: list[JobLine]
    firings: list[FiringLine]


def view(seen: Sight) -> View:
    """The page of a sight."""
    return View(
        heading=_heading(seen),
        zone=seen.zone,
        asked=(seen.asked or "")[:40],
        newest=seen.newest,
        refusal=seen.refusal,
        report=None if seen.report is None else _report(seen.report, seen),
        jobs=[_job(job, seen.zone) for job in seen.jobs],
        firings=[_firing(each) for each in seen.firings],
    )


def _heading(seen: Sight) -> str:
    if seen.report is not None:
        return long_day(seen.report.summary.day)
    if seen.refusal is None:
        return "No report yet"
    return "No such day" if seen.refusal.day is None else long_day(seen.refusal.day)


def _report(found: Reported, seen: Sight) -> ReportView:
    summary = found.summary
    columns = chart_columns(found.points, summary.day, seen.newest or summary.day)
    earlier, later = _neighbours(found.points, summary.day)
    fresh = summary.freshness
    return ReportView(
        day=summary.day,
        earlier=earlier,
        later=later,
        tiles=tiles(summary, found.before),
        others=other_currencies(summary),
        compared_with="" if found.before is None else short_day(found.before.day),
        reviews=reviews_line(found.summary.reviews),
        provisional=fresh.provisional,
        revision=fresh.revision,
        built=moment(fresh.built_at, seen.zone),
        built_at=fresh.built_at,
        data_until=moment(fresh.data_until, seen.zone),
        rows=[_row(row) for row in found.rows],
        total_rows=number(summary.total_orders),
        more_rows=summary.total_orders > len(found.rows),
        wide=chart(columns, summary.day, WIDE),
        narrow=chart(_around(columns, summary.day), summary.day, NARROW),
        chart_title=f"Value per day, {short_day(columns[0].day)} to {short_day(columns[-1].day)}",
        chart_description=_described(columns, found.points),
    )


def chart_columns(points: Sequence[reports.Point], day: date, newest: date) -> list[Column]:
    """The days of the chart: the last ones, or those around a day that lies further back."""
    last = newest if newest - day <= SPAN else min(newest, day + SPAN / 2)
    built = {point.day: point for point in points}
    days = [last - SPAN + _DAY * index for index in range(SPAN.days + 1)]
    # Nothing was built before the first day: the chart need not begin with nothing.
    first = next((index for index, day in enumerate(days) if day in built), 0)
    days = days[min(first, len(days) - _FEWEST_DAYS) :]
    return [_column(day, built.get(day)) for day in days]


def _column(day: date, point: reports.Point | None) -> Column:
    if point is None:
        return Column(day, None, f"{short_day(day)}: not built")
    orders = f"{number(point.orders)} {'order' if point.orders == 1 else 'orders'}"
    return Column(
        day, point.value, f"{short_day(day)}: {cash(point.value, point.currency)}, {orders}"
    )


def _around(columns: Sequence[Column], day: date) -> Sequence[Column]:
    """As many days as fit a narrow screen, the selected one among them."""
    if any(column.day == day for column in columns[-_NARROW_DAYS:]):
        return columns[-_NARROW_DAYS:]
    index = next(i for i, column in enumerate(columns) if column.day == day)
    start = max(0, index - _NARROW_DAYS + 1)
    return columns[start : start + _NARROW_DAYS]


def _described(columns: Sequence[Column], points: Sequence[reports.Point]) -> str:
    """The chart in a sentence, for those who do not see it."""
    shown = [point for point in points if columns[0].day <= point.day <= columns[-1].day]
    if not shown:
        return "No day of these was built."
    most = max(shown, key=lambda point: point.value)
    least = min(shown, key=lambda point: point.value)
    return (
        f"{len(shown)} days were built. The most is {cash(most.value, most.currency)} on "
        f"{short_day(most.day)}, the least {cash(least.value, least.currency)} on "
        f"{short_day(least.day)}."
    )


def _neighbours(points: Sequence[reports.Point], day: date) -> tuple[date | None, date | None]:
    """The built days before and after."""
    before = [point.day for point in points if point.day < day]
    after = [point.day for point in points if point.day > day]
    return max(before, default=None), min(after, default=None)


def _row(row: reports.ReportRow) -> Row:
    amount = cash(row.total_amount, row.currency)
    return Row(row.order_id, number(row.count_product), amount, row.by_hand)


def _job(job: Job, zone: str) -> JobLine:
    error = "" if job.error is None else shortened(f"{job.error.type}: {job.error.message}")
    return JobLine(
        id=job.id,
        task=job.task,
        call=_call(job),
        state=str(job.state),
        due=second(job.due_at, zone),
        due_at=job.due_at,
        started="" if job.started_at is None else second(job.started_at, zone),
        took=lasted(job.took),
        error=error,
        progress=_progress(job),
    )


def _progress(job: Job) -> str:
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


def _firing(upcoming: Upcoming) -> FiringLine:
    due = upcoming.due
    return FiringLine(
        schedule=upcoming.schedule,
        local=minute(due.due, upcoming.zone),
        zone=upcoming.zone,
        utc=minute(due.due, "UTC"),
        due_at=due.due,
        notes="; ".join(due.notes),
    )
