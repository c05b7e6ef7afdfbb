"""Summaries: a period's figures, those of the period before, and how fresh they are."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

import msgspec

from horarium.database import Connection, statement
from horarium.reports.definition import ORDER_REPORT, Definition, definition_of
from horarium.reports.figures import Figures, Headline
from horarium.reports.freshness import Freshness, freshness_of
from horarium.reports.reviews import ReviewFigures, review_figures
from horarium.reports.revision import never_built


class Previous(Headline, frozen=True, kw_only=True):
    """The headline of the period before, from its current revision."""

    day: date
    revision: int


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
        freshness=freshness_of(row),
        reviews=await review_figures(connection, row["starts_at"], row["ends_at"]),
    )


async def summary_version(
    connection: Connection, day: date | None = None, *, report: str | Definition = ORDER_REPORT
) -> str | None:
    """What tells one state of a day's summary from every other; None where there is none.

    It covers the day's current revision, that of the period before, and the day's reviews.
    """
    name = definition_of(report).name
    version: str | None = await connection.fetchval(
        statement(__package__, "summary_version"), name, day
    )
    return version


def _previous(row: Mapping[str, Any]) -> Previous | None:
    if row["previous_day"] is None:
        return None
    headline = msgspec.json.decode(row["previous_summary"], type=Headline)
    return Previous(**_fields(headline), day=row["previous_day"], revision=row["previous_revision"])


def _fields(figures: Headline) -> dict[str, Any]:
    return {name: getattr(figures, name) for name in figures.__struct_fields__}
