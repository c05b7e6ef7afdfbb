"""Freshness: what an answer on a period can know, and what it does not know yet."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

import msgspec

from horarium.database import Connection, statement
from horarium.reports.definition import ORDER_REPORT, Definition, definition_of
from horarium.reports.revision import never_built

_CAUSES = {
    "orders": "orders of this period were changed since it was built; it is built again soon",
    "zone": "the shop's zone was changed since it was built; it is built again soon",
}


class Freshness(msgspec.Struct, frozen=True, kw_only=True):
    """When a revision was made, and what it can know.

    Attributes:
        checked_at: the newest build, also one that found nothing changed.
        data_until: orders until then are in it.
        provisional: the period was not over at the newest build.
        reason: why this revision was built.
        stale: something that was committed since is not in it.
        stale_since: the first change that is not; None where it is not stale.
        stale_reason: what was changed, as a sentence.
    """

    built_at: datetime
    checked_at: datetime
    data_until: datetime
    provisional: bool
    revision: int
    reason: str
    stale: bool = False
    stale_since: datetime | None = None
    stale_reason: str | None = None


class DayFreshness(Freshness, frozen=True, kw_only=True):
    """The freshness of one day."""

    day: date


async def freshness(
    connection: Connection, day: date, *, report: str | Definition = ORDER_REPORT
) -> Freshness:
    """How fresh the current revision of a day's period is.

    Raises:
        NotFound: the day was never built.
    """
    name = definition_of(report).name
    row = await connection.fetchrow(statement(__package__, "freshness"), name, [day])
    if row is None:
        raise never_built(day, name)
    return freshness_of(row)


async def freshness_of_days(
    connection: Connection, days: Sequence[date], *, report: str | Definition = ORDER_REPORT
) -> list[DayFreshness]:
    """How fresh the current revisions of days are that were built, newest first."""
    name = definition_of(report).name
    rows = await connection.fetch(statement(__package__, "freshness"), name, days)
    return [DayFreshness(**_fields(row), day=row["day"]) for row in rows]


def freshness_of(row: Mapping[str, Any]) -> Freshness:
    """The freshness that a row of the database says. Pure."""
    return Freshness(**_fields(row))


def _fields(row: Mapping[str, Any]) -> dict[str, Any]:
    said = {name: row[name] for name in _SAID}
    since, cause = row["stale_since"], row["cause"]
    reason = None if since is None else _CAUSES[cause]
    return {**said, "stale": since is not None, "stale_since": since, "stale_reason": reason}


_SAID = ("built_at", "checked_at", "data_until", "provisional", "revision", "reason")
