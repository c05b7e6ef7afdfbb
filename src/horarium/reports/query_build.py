"""Builds of reports that have a query: staged, checked, compared, and written where it differs.

As every build, it runs in its caller's transaction, after others of the same day. The rows are
staged first, so that a query that fails or a check that does not hold leaves everything as it was.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime

import msgspec

from horarium.database import Connection, statement
from horarium.reports.column import Column
from horarium.reports.definition import Definition
from horarium.reports.merging import (
    Difference,
    RowFigures,
    add_first_rows,
    differ,
    keep_changes,
    replace_rows,
    row_figures,
    verify,
)
from horarium.reports.period import Period
from horarium.reports.revision import Revision
from horarium.reports.staging import Staged, stage


async def build_from_query(
    connection: Connection,
    definition: Definition,
    period: Period,
    *,
    sources: Mapping[str, str],
    reason: str,
    job: str | None,
    now: datetime | None,
) -> Revision:
    """Build a period of a report that has a query, whose other builds wait already.

    Raises:
        Unbuildable: the query, or what it gives, cannot be used.
        CheckFailed: a check does not hold.
        Unavailable: the report's source does not answer.
    """
    staged = await stage(connection, definition, period, sources, now)
    async with _steady_texts(connection):
        figures = await row_figures(connection, staged)
        await verify(connection, definition, period, staged, figures)
        await connection.execute(
            statement(__package__, "remove_replaced"),
            *(definition.name, period.day, period.zone, period.starts_at),
        )
        return await _merge(connection, definition.name, period, staged, figures, reason, job)


async def _merge(
    connection: Connection,
    name: str,
    period: Period,
    staged: Staged,
    figures: RowFigures,
    reason: str,
    job: str | None,
) -> Revision:
    current = await connection.fetchrow(
        statement(__package__, "current_period"), name, period.starts_at
    )
    if current is None:
        await add_first_rows(connection, name, period, staged.columns)
        found = Difference(figures.rows, 0, 0)
        return await _record(connection, name, period, staged, figures, found, reason, job)
    kept = bytes(current["columns"])
    found = await differ(connection, name, period, staged.columns, kept)
    if not found and msgspec.json.decode(kept, type=tuple[Column, ...]) == staged.columns:
        row = await connection.fetchrow(
            statement(__package__, "confirm_revision"),
            *(name, period.starts_at, period.ends_at, period.zone, staged.at),
        )
        return Revision(**row, changed=False)
    await replace_rows(connection, name, period)
    revision = await _record(connection, name, period, staged, figures, found, reason, job)
    await keep_changes(connection, name, period, revision.revision)
    return revision


async def _record(
    connection: Connection,
    name: str,
    period: Period,
    staged: Staged,
    figures: RowFigures,
    found: Difference,
    reason: str,
    job: str | None,
) -> Revision:
    row = await connection.fetchrow(
        statement(__package__, "record_revision"),
        *(name, period.starts_at, period.ends_at, period.day, period.zone, reason, job, staged.at),
        *(figures.rows, found.added, found.removed, found.altered),
        msgspec.json.encode(figures),
        encoded(staged.columns),
    )
    return Revision(**row)


def encoded(columns: Sequence[Column]) -> bytes:
    """Columns as the database keeps them."""
    return msgspec.json.encode(columns)


@asynccontextmanager
async def _steady_texts(connection: Connection) -> AsyncIterator[None]:
    """Let every value have one text, whatever the session says, for the time of a block."""
    former = await connection.fetchrow(statement(__package__, "former_settings"))
    await connection.execute(statement(__package__, "steady_texts"))
    yield
    await connection.execute(statement(__package__, "put_back"), *former)
