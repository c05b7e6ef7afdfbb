"""Reports: what the shop's orders said of a period, kept with its revisions.

`build` makes a period's rows and summary; the rest reads them. Functions take a connection first,
and nobody here commits.
"""

from horarium.reports.build import build
from horarium.reports.definition import ORDER_REPORT, Definition, definition_of
from horarium.reports.figures import CurrencyFigures, Figures, Headline, Refunds, Sales
from horarium.reports.period import EVERY, Every, Period, period_at, period_before, period_of
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
from horarium.reports.summary import Freshness, Point, Previous, Summary, series, summary

__all__ = [
    "EVERY",
    "ORDER_REPORT",
    "BuiltPeriod",
    "CurrencyFigures",
    "Definition",
    "Every",
    "Figures",
    "Freshness",
    "Headline",
    "NewRow",
    "Period",
    "Point",
    "Previous",
    "Refunds",
    "ReportRow",
    "ReviewFigures",
    "Revision",
    "Sales",
    "Summary",
    "WorstReview",
    "add_row",
    "all_rows",
    "build",
    "definition_of",
    "newest_day",
    "period_at",
    "period_before",
    "period_of",
    "periods",
    "revisions",
    "rows",
    "rows_version",
    "series",
    "summary",
]
