"""Reports: what the shop's orders said of a period, kept with its revisions.

`build` makes a period's rows and summary; the rest reads them. Functions take a connection first,
and nobody here commits.
"""

from horarium.reports.archive import PeriodRows, period_rows
from horarium.reports.build import build
from horarium.reports.catalogue import ReportDetails, ReportState, catalogue, details
from horarium.reports.column import Column
from horarium.reports.content import Days, columns, stream_rows
from horarium.reports.definition import ORDER_REPORT, Definition, defined, definition_of
from horarium.reports.differences import FigureChange
from horarium.reports.drilldown import (
    FIGURES,
    Figure,
    FigureOrder,
    FigureOrders,
    FigureSum,
    figure_orders,
)
from horarium.reports.failure import FailedBuild, failures
from horarium.reports.figures import (
    Cancelled,
    CurrencyFigures,
    Figures,
    Headline,
    Refunds,
    Sales,
)
from horarium.reports.freshness import DayFreshness, Freshness, freshness, freshness_of_days
from horarium.reports.history import (
    Changed,
    RevisionChanges,
    RevisionRows,
    revision_changes,
    revision_rows,
    revisions_of,
)
from horarium.reports.marks import MarkedPeriods, marked_periods
from horarium.reports.merging import CheckFailed
from horarium.reports.period import EVERY, Every, Period, period_at, period_before, period_of
from horarium.reports.promise import Promised
from horarium.reports.promises import Promise
from horarium.reports.ranking import (
    By,
    RankedCustomer,
    RankedProduct,
    Ranking,
    Sold,
    top_customers,
    top_products,
)
from horarium.reports.reviews import ReviewFigures, WorstReview
from horarium.reports.revision import BuiltPeriod, Revision, periods, revisions
from horarium.reports.rows import (
    NewRow,
    ReportRow,
    add_row,
    all_rows,
    newest_day,
    rows,
    rows_version,
)
from horarium.reports.series import STEPS, RangeFigures, Series, SeriesPoint, Step, series
from horarium.reports.staging import Unbuildable
from horarium.reports.summary import Previous, Summary, summary, summary_version

__all__ = [
    "EVERY",
    "FIGURES",
    "ORDER_REPORT",
    "STEPS",
    "BuiltPeriod",
    "By",
    "Cancelled",
    "Changed",
    "CheckFailed",
    "Column",
    "CurrencyFigures",
    "DayFreshness",
    "Days",
    "Definition",
    "Every",
    "FailedBuild",
    "Figure",
    "FigureChange",
    "FigureOrder",
    "FigureOrders",
    "FigureSum",
    "Figures",
    "Freshness",
    "Headline",
    "MarkedPeriods",
    "NewRow",
    "Period",
    "PeriodRows",
    "Previous",
    "Promise",
    "Promised",
    "RangeFigures",
    "RankedCustomer",
    "RankedProduct",
    "Ranking",
    "Refunds",
    "ReportDetails",
    "ReportRow",
    "ReportState",
    "ReviewFigures",
    "Revision",
    "RevisionChanges",
    "RevisionRows",
    "Sales",
    "Series",
    "SeriesPoint",
    "Sold",
    "Step",
    "Summary",
    "Unbuildable",
    "WorstReview",
    "add_row",
    "all_rows",
    "build",
    "catalogue",
    "columns",
    "defined",
    "definition_of",
    "details",
    "failures",
    "figure_orders",
    "freshness",
    "freshness_of_days",
    "marked_periods",
    "newest_day",
    "period_at",
    "period_before",
    "period_of",
    "period_rows",
    "periods",
    "revision_changes",
    "revision_rows",
    "revisions",
    "revisions_of",
    "rows",
    "rows_version",
    "series",
    "stream_rows",
    "summary",
    "summary_version",
    "top_customers",
    "top_products",
]
