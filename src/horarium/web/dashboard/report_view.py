"""The report of a day, as the page words it: tiles, chart, rows and what sold most. Pure."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal

import msgspec

from horarium import reports
from horarium.web.dashboard.chart import NARROW, WIDE, Chart, Column, chart
from horarium.web.dashboard.figures import Tile, cancelled_line, other_currencies, tiles
from horarium.web.dashboard.reviews import reviews_line
from horarium.web.dashboard.sight import SPAN, Reported, Sight
from horarium.web.wording import cash, moment, number, sentence, short_day

_DAY = timedelta(days=1)
_NARROW_DAYS = 14
_FEWEST_DAYS = 10


class Row(msgspec.Struct, frozen=True):
    """A row of the report."""

    order: str
    products: str
    amount: str
    by_hand: bool


class TopLine(msgspec.Struct, frozen=True):
    """A product in the ranking; `share` is its bar's length, of 100."""

    rank: int
    name: str
    product: str
    units: str
    value: str
    share: int


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
    stale: str
    revision: int
    built: str
    built_at: datetime
    data_until: str
    cancelled: str
    top: list[TopLine]
    rows: list[Row]
    total_rows: str
    more_rows: bool
    wide: Chart
    narrow: Chart
    chart_title: str
    chart_description: str


def report_view(found: Reported, seen: Sight) -> ReportView:
    """The report that was found."""
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
        stale=sentence(fresh.stale_reason),
        revision=fresh.revision,
        built=moment(fresh.built_at, seen.zone),
        built_at=fresh.built_at,
        data_until=moment(fresh.data_until, seen.zone),
        cancelled=cancelled_line(summary),
        top=_top(found.top),
        rows=[_row(row) for row in found.rows],
        total_rows=number(summary.total_orders),
        more_rows=summary.total_orders > len(found.rows),
        wide=chart(columns, summary.day, WIDE),
        narrow=chart(_around(columns, summary.day), summary.day, NARROW),
        chart_title=f"Value per day, {short_day(columns[0].day)} to {short_day(columns[-1].day)}",
        chart_description=_described(columns, found.points),
    )


def chart_columns(points: Sequence[reports.SeriesPoint], day: date, newest: date) -> list[Column]:
    """The days of the chart: the last ones, or those around a day that lies further back."""
    last = newest if newest - day <= SPAN else min(newest, day + SPAN / 2)
    built = {point.first: point.figures for point in points if point.figures is not None}
    days = [last - SPAN + _DAY * index for index in range(SPAN.days + 1)]
    # Nothing was built before the first day: the chart need not begin with nothing.
    first = next((index for index, day in enumerate(days) if day in built), 0)
    days = days[min(first, len(days) - _FEWEST_DAYS) :]
    return [_column(day, built.get(day)) for day in days]


def _column(day: date, found: reports.RangeFigures | None) -> Column:
    if found is None:
        return Column(day, None, f"{short_day(day)}: not built")
    orders = f"{number(found.total_orders)} {'order' if found.total_orders == 1 else 'orders'}"
    value = cash(found.total_value, found.currency)
    return Column(day, found.total_value, f"{short_day(day)}: {value}, {orders}")


def _around(columns: Sequence[Column], day: date) -> Sequence[Column]:
    """As many days as fit a narrow screen, the selected one among them."""
    if any(column.day == day for column in columns[-_NARROW_DAYS:]):
        return columns[-_NARROW_DAYS:]
    index = next(i for i, column in enumerate(columns) if column.day == day)
    start = max(0, index - _NARROW_DAYS + 1)
    return columns[start : start + _NARROW_DAYS]


def _described(columns: Sequence[Column], points: Sequence[reports.SeriesPoint]) -> str:
    """The chart in a sentence, for those who do not see it."""
    shown = [
        (point.figures.total_value, point.figures.currency, point.first)
        for point in points
        if point.figures is not None and columns[0].day <= point.first <= columns[-1].day
    ]
    if not shown:
        return "No day of these was built."
    most = max(shown, key=lambda each: each[0])
    least = min(shown, key=lambda each: each[0])
    return (
        f"{len(shown)} days were built. The most is {cash(*most[:2])} on "
        f"{short_day(most[2])}, the least {cash(*least[:2])} on {short_day(least[2])}."
    )


def _neighbours(
    points: Sequence[reports.SeriesPoint], day: date
) -> tuple[date | None, date | None]:
    """The built days before and after."""
    built = [point.first for point in points if point.built]
    before = [each for each in built if each < day]
    after = [each for each in built if each > day]
    return max(before, default=None), min(after, default=None)


def _top(found: reports.Ranking[reports.RankedProduct]) -> list[TopLine]:
    sold = [each for each in found.items if each.sales.value > 0]
    most = sold[0].sales.value if sold else Decimal(1)
    return [
        TopLine(
            rank=each.rank,
            name=each.name,
            product=each.product_id,
            units=number(each.sales.units),
            value=cash(each.sales.value, found.currency),
            share=max(1, round(100 * each.sales.value / most)),
        )
        for each in sold
    ]


def _row(row: reports.ReportRow) -> Row:
    amount = cash(row.total_amount, row.currency)
    return Row(row.order_id, number(row.count_product), amount, row.by_hand)
