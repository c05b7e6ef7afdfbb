"""Builds: a period's rows and summary are made equal to what the report's query says now.

A build runs in its caller's transaction, under READ COMMITTED. That of a report with a query is
told in `horarium.reports.query_build`; that of the order report takes three statements:

1. `serialise` waits until no other build of that day of the report is under way.
2. The definition's building statement compares the query's rows with those that were reported,
   adds, removes and alters what differs, and counts the figures: one statement, so one snapshot.
   What marked the period before (`horarium.reports.marks`) is in that snapshot, so that the mark
   goes with it.
3. Where rows or figures differ from the current revision, a new one is written with both, and
   becomes the current one. Where nothing does, only the note of the last check moves.

So building twice, or twice at once, gives the same rows, with the same ids, and one revision; and
the current revision equals what the query returned at its `built_at`, the time that PostgreSQL's
clock shows when the building statement starts.
"""

from collections.abc import Mapping
from datetime import datetime

import msgspec

from horarium.database import Connection, statement
from horarium.reports.announcement import announce
from horarium.reports.definition import Definition, definition_of
from horarium.reports.figures import Figures, Totals, figures
from horarium.reports.marks import accounted
from horarium.reports.period import Period
from horarium.reports.query_build import build_from_query
from horarium.reports.revision import Revision


class Merge(msgspec.Struct, frozen=True, kw_only=True):
    """What a building statement answers: the changes it made, and the figures' sums."""

    at: datetime
    row_count: int
    rows_added: int
    rows_removed: int
    rows_altered: int
    totals: bytes
    distinct_products: int
    currency: str | None
    former: bytes | None

    def figures(self) -> Figures:
        """The figures of the snapshot that was merged."""
        totals = msgspec.json.decode(self.totals, type=list[Totals])
        return figures(totals, self.distinct_products, self.currency)

    def changes(self, found: Figures) -> bool:
        """Whether rows or figures differ from the current revision, or there is none."""
        if self.former is None or self.rows_added or self.rows_removed or self.rows_altered:
            return True
        return msgspec.json.decode(self.former, type=Figures) != found


async def build(
    connection: Connection,
    report: str | Definition,
    period: Period,
    *,
    reason: str,
    job: str | None = None,
    now: datetime | None = None,
    sources: Mapping[str, str] | None = None,
) -> Revision:
    """Build one period of a report in the connection's transaction.

    Args:
        connection: one in a transaction; build several periods in one in the order of their days,
            lest two transactions wait for each other.
        report: a definition, or the name of a built-in one.
        period: of the definition's kind; the rows are those between its two instants.
        reason: kept with the revision, such as `schedule`, `backfill`, `by hand`.
        job: the id of the job that builds.
        now: the time of the build; None leaves it to the database.
        sources: addresses of the databases that definitions name as theirs.

    Returns:
        The new revision, or the current one with `changed` false where nothing differs.

    Raises:
        NotFound: there is no such built-in report; or its source is not in `sources`.
        Unbuildable, CheckFailed, Unavailable: of a report with a query; nothing was changed once
            the caller has rolled back.
    """
    definition = definition_of(report)
    await serialise(connection, definition, period)
    async with accounted(connection, definition.name, period):
        if definition.query is None:
            revision = await merge(connection, definition, period, reason=reason, job=job, now=now)
        else:
            revision = await build_from_query(
                connection, definition, period, sources=sources or {}, reason=reason, job=job,
                now=now,
            )  # fmt: skip
    await announce(connection, definition.name, period.starts_at)
    return revision


async def serialise(connection: Connection, definition: Definition, period: Period) -> None:
    """Wait for other builds of the same day, and keep them waiting until the transaction ends."""
    if definition.every != period.every:
        raise ValueError(f"{definition.name} is built every {definition.every}, not {period.every}")
    if not connection.is_in_transaction():
        raise RuntimeError("a report is built in a transaction: async with database.transaction()")
    text = statement(__package__, "serialise")
    is_ours = definition.query is None
    row = await connection.fetchrow(text, definition.name, str(period.day), is_ours)
    if row["isolation"] != "read committed":
        raise RuntimeError(f"a report is built under READ COMMITTED, not {row['isolation']}")


async def merge(
    connection: Connection,
    definition: Definition,
    period: Period,
    *,
    reason: str,
    job: str | None = None,
    now: datetime | None = None,
    added: int = 0,
) -> Revision:
    """Build a period whose other builds wait already.

    Args:
        added: rows that the caller added to the period by itself; they count as changes.
    """
    row = await connection.fetchrow(
        statement(__package__, definition.statement),
        *(period.starts_at, period.ends_at, period.day, definition.name, now),
    )
    merged = Merge(**row)
    merged = msgspec.structs.replace(merged, rows_added=merged.rows_added + added)
    found = merged.figures()
    if merged.changes(found):
        return await _record(connection, definition, period, merged, found, reason, job)
    row = await connection.fetchrow(
        statement(__package__, "confirm_revision"),
        *(definition.name, period.starts_at, period.ends_at, period.zone, merged.at),
    )
    return Revision(**row, changed=False)


async def _record(
    connection: Connection,
    definition: Definition,
    period: Period,
    merged: Merge,
    found: Figures,
    reason: str,
    job: str | None,
) -> Revision:
    row = await connection.fetchrow(
        statement(__package__, "record_revision"),
        *(definition.name, period.starts_at, period.ends_at, period.day, period.zone),
        *(reason, job, merged.at),
        *(merged.row_count, merged.rows_added, merged.rows_removed, merged.rows_altered),
        msgspec.json.encode(found),
        None,
    )
    return Revision(**row)
