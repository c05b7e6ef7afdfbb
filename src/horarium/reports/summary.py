"""Summaries: a period's figures, those of the period before, and how fresh they are."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import msgspec

from horarium.database import Connection, statement
from horarium.reports.definition import ORDER_REPORT, Definition, definition_of
from horarium.reports.figures import Figures, Headline
from horarium.reports.reviews import ReviewFigures, review_figures
from horarium.reports.revision import never_built


class Previous(Headline, frozen=True, kw_only=True):
    """The headline of the period before, from its current revision."""

    day: date
    revision: int


class Freshness(msgspec.Struct, frozen=True, kw_only=True):
    """When a revision was made, and what it can know.

    Attributes:
        checked_at: the newest build, also one that found nothing changed.
        data_until: orders until then are in it.
        provisional: the period was not over at the newest build.
        reason: why this revision was built.
    """

    built_at: datetime
    checked_at: datetime
    data_until: datetime
    provisional: bool
    revision: int
    reason: str


class Summary(Figures, frozen=True, kw_only=True):
    """The figures (see `horarium.reports.figures`) of one period's current revision.

    `previous` is None where the period that ends where this one starts was never built. `reviews`
    are as they are now, not as of the build.
    """

    report: str
    day: date
    starts_at: datetime
    ends_at: datetime
    zone: str
    previous: Previous | None
    freshness: Freshness
    reviews: ReviewFigures


class Point(msgspec.Struct, frozen=True, kw_only=True):
    """A built period in a series: orders, item lines, units, and value in the main currency."""

    day: date
    orders: int
    lines: int
    units: int
    value: Decimal
    currency: str


async def summary(
    connection: Connection, day: date | None = None, *, report: str | Definition = ORDER_REPORT
) -> Summary:
    """The summary of a day; without one, of the newest that was built.

    Raises:
        NotFound: the day was never built; or no day was.
    """
    name = definition_of(report).name
    row = await connection.fetchrow(statement(__package__, "read_summary"), name, day)
    if row is None:
        raise never_built(day, name)
    found = msgspec.json.decode(row["summary"], type=Figures)
    return Summary(
        **_fields(found),
        **{name: row[name] for name in ("report", "day", "starts_at", "ends_at", "zone")},
        previous=_previous(row),
        freshness=Freshness(**{name: row[name] for name in Freshness.__struct_fields__}),
        reviews=await review_figures(connection, row["starts_at"], row["ends_at"]),
    )


async def series(
    connection: Connection, first: date, last: date, *, report: str | Definition = ORDER_REPORT
) -> list[Point]:
    """A point for each period that was built from the first to the last day, oldest first."""
    name = definition_of(report).name
    rows = await connection.fetch(statement(__package__, "series"), name, first, last)
    return [_point(row["day"], msgspec.json.decode(row["summary"], type=Headline)) for row in rows]


def _point(day: date, headline: Headline) -> Point:
    return Point(
        day=day,
        orders=headline.total_orders,
        lines=headline.total_products,
        units=headline.total_units,
        value=headline.total_value,
        currency=headline.currency,
    )


def _previous(row: Mapping[str, Any]) -> Previous | None:
    if row["previous_day"] is None:
        return None
    headline = msgspec.json.decode(row["previous_summary"], type=Headline)
    return Previous(**_fields(headline), day=row["previous_day"], revision=row["previous_revision"])


def _fields(figures: Headline) -> dict[str, Any]:
    return {name: getattr(figures, name) for name in figures.__struct_fields__}
