"""Revisions: what each build of a period found and changed, and the periods that have one."""

from datetime import date, datetime

import msgspec

from horarium.database import Connection, as_struct, statement
from horarium.errors import NotFound
from horarium.reports.definition import ORDER_REPORT, Definition, definition_of
from horarium.shop.pages import Page, window


class Revision(msgspec.Struct, frozen=True, kw_only=True):
    """One revision of a period of a report.

    Attributes:
        reason: why it was built, such as `schedule` or `by hand`.
        data_until: orders until then are in it: the period's end, or the build of a period that
            was not over.
        job: the job that built it.
        changed: False when a build found nothing changed and gives the revision that stands.
    """

    report: str
    day: date
    starts_at: datetime
    revision: int
    reason: str
    built_at: datetime
    data_until: datetime
    row_count: int
    rows_added: int
    rows_removed: int
    rows_altered: int
    job: str | None
    changed: bool = True


class BuiltPeriod(msgspec.Struct, frozen=True, kw_only=True):
    """A period that was built, with its current revision; stale: orders were changed since."""

    report: str
    day: date
    starts_at: datetime
    ends_at: datetime
    zone: str
    revision: int
    reason: str
    provisional: bool
    built_at: datetime
    data_until: datetime
    checked_at: datetime
    row_count: int
    job: str | None
    stale: bool


async def periods(
    connection: Connection,
    page: int = 1,
    count: int = 10,
    *,
    report: str | Definition = ORDER_REPORT,
) -> Page[BuiltPeriod]:
    """The periods of a report that were built, newest first.

    Raises:
        InvalidInput: there is no such page.
        NotFound: there is no such report.
    """
    name = definition_of(report).name
    rows = await connection.fetch(
        statement(__package__, "list_periods"), name, *window(page, count)
    )
    found = [as_struct(BuiltPeriod, row) for row in rows if row["starts_at"]]
    return Page(found, rows[0]["total"], page, count)


async def revisions(
    connection: Connection, day: date, *, report: str | Definition = ORDER_REPORT
) -> list[Revision]:
    """The revisions of a day, newest first.

    Raises:
        NotFound: the day was never built.
    """
    name = definition_of(report).name
    rows = await connection.fetch(statement(__package__, "list_revisions"), name, day)
    if not rows:
        raise never_built(day, name)
    return [Revision(**row) for row in rows]


def never_built(day: date | None, report: str = ORDER_REPORT.name) -> NotFound:
    """What is raised where a report has nothing for a day, or nothing at all."""
    if day is None:
        return NotFound(f"no day of the report {report} was built yet")
    return NotFound(
        f"the report {report} of {day} was never built; 'horarium report build {day}' builds it"
    )
