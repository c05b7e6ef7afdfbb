"""Builds that failed: the last one of a period is noted until one succeeds.

A build that fails takes everything back that it wrote, so this is noted on another connection, and
after the build's savepoint was rolled back: nothing that it locked is waited for.
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta

import asyncpg
import msgspec
import structlog

from horarium.database import Connection, Database, statement
from horarium.errors import HorariumError
from horarium.outage import TRANSIENT
from horarium.reports.build import build
from horarium.reports.definition import Definition
from horarium.reports.period import Period
from horarium.reports.revision import Revision

LONGEST = 2000
MOST_FORGOTTEN = 20
"""Revisions whose changes one build forgets."""

_log = structlog.get_logger()


class FailedBuild(msgspec.Struct, frozen=True, kw_only=True):
    """The last build of a period, where it failed: the former revision is still the current one."""

    report: str
    day: date
    starts_at: datetime
    failed_at: datetime
    problem: str
    reason: str
    job: str | None


async def build_noted(
    database: Database,
    connection: Connection,
    definition: Definition,
    period: Period,
    *,
    reason: str,
    job: str | None = None,
    sources: Mapping[str, str] | None = None,
    keep: timedelta | None = None,
) -> Revision:
    """Build a period in the connection's transaction, and note it where that fails.

    Args:
        keep: for how long what revisions changed is kept; None: for ever.

    Raises:
        What `build` does.
    """
    try:
        async with connection.transaction():
            revision = await build(
                connection, definition, period, reason=reason, job=job, sources=sources
            )
            await connection.execute(
                statement(__package__, "remove_failure"), definition.name, period.starts_at
            )
            if keep is not None:
                await connection.execute(
                    statement(__package__, "forget_changes"),
                    *(definition.name, revision.built_at - keep, MOST_FORGOTTEN),
                )
            return revision
    except Exception as error:
        await _note(database, definition, period, reason, job, error)
        raise


async def failures(connection: Connection, report: str, count: int = 10) -> list[FailedBuild]:
    """The periods of a report whose last build failed, the latest failure first."""
    rows = await connection.fetch(statement(__package__, "list_failures"), report, count)
    return [FailedBuild(**row) for row in rows]


async def _note(
    database: Database,
    definition: Definition,
    period: Period,
    reason: str,
    job: str | None,
    error: Exception,
) -> None:
    problem = str(error) if isinstance(error, HorariumError) else f"{type(error).__name__}: {error}"
    text = problem.replace("\0", "")[:LONGEST]
    values = (definition.name, period.starts_at, period.ends_at, period.day, text, reason, job)
    try:
        # Not of the pool: whoever fails holds one of its connections already.
        connection = await database.connect("horarium failed build", {"lock_timeout": "5s"})
        try:
            await connection.execute(statement(__package__, "record_failure"), *values)
        finally:
            await connection.close()
    except (*TRANSIENT, asyncpg.PostgresError) as second:
        _log.warning("a failed build could not be noted", report=definition.name, error=str(second))
