"""Definitions: what a report is called, how often it is due, and which statement builds it."""

import msgspec

from horarium.errors import NotFound
from horarium.reports.period import Every


class Definition(msgspec.Struct, frozen=True):
    """A report.

    Attributes:
        name: its name in schedules, addresses and tables.
        every: its period.
        zone: the zone whose hours or days it counts; None is the shop's.
        statement: the building statement, `sql/<statement>.sql`. It takes the period's start, end
            and first day, the report's name and the time (null: now), merges the period's rows,
            and answers with what it changed and the figures, all from one snapshot (`build.Merge`).
    """

    name: str
    every: Every = "day"
    zone: str | None = None
    statement: str = "build_orders"


ORDER_REPORT = Definition("orders")
"""One row an order: item lines and amount."""

_BUILT_IN = {ORDER_REPORT.name: ORDER_REPORT}


def definition_of(report: str | Definition) -> Definition:
    """The definition, given itself or its name.

    Raises:
        NotFound: no report has this name.
    """
    if isinstance(report, Definition):
        return report
    if report not in _BUILT_IN:
        raise NotFound(f"there is no report {report[:100]!r}; there is {', '.join(_BUILT_IN)}")
    return _BUILT_IN[report]
