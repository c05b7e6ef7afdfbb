"""Whether all that an application needs answers."""

from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from typing import TYPE_CHECKING

import asyncpg
import msgspec

from horarium import migrations
from horarium.database import Database, statement
from horarium.outage import TRANSIENT

if TYPE_CHECKING:
    from horarium.reports.promises import Promise

NOT_MIGRATED = "the database's schema is not that of this version; run: horarium migrate"
_LATE = 60.0
"""Seconds after which a due schedule that nobody has decided is a problem."""


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """Whether everything that is needed answers.

    Attributes:
        scheduler_lag: seconds by which the longest due schedule is late; `None`: nothing is due.
        unproved: schedules of which due times are unexplained or doubled, by the standing proof.
        parked: schedules that were set aside because they cannot be run as they stand.
        reports_late, reports_at_risk: periods that are not ready although they were promised by
            now, and those that may not be; see `horarium.reports.promise`.
    """

    ready: bool
    database: bool
    migrated: bool
    scheduler_lag: float | None = None
    unproved: int = 0
    parked: int = 0
    reports_late: int = 0
    reports_at_risk: int = 0
    problem: str | None = None


async def examine(
    database: Database, promises: Callable[[], Awaitable[Iterable["Promise"]]]
) -> Health:
    """Whether the database answers, is migrated, and its due schedules are being decided.

    Args:
        promises: how those of reports stand; asked of a database that is migrated.
    """
    try:
        async with database.connection() as connection:
            row = await connection.fetchrow(statement(__package__, "health"))
        migrated = row["revision"] == migrations.newest()
        promised = Counter(each.state.value for each in (await promises() if migrated else ()))
    except asyncpg.UndefinedTableError:
        return Health(ready=False, database=True, migrated=False, problem=NOT_MIGRATED)
    except TRANSIENT as error:
        return Health(ready=False, database=False, migrated=False, problem=str(error))
    lag = None if row["lag"] is None else max(0.0, row["lag"])
    late = lag is not None and lag > _LATE
    problem = None if migrated else _mismatch(row["revision"])
    if migrated and late:
        problem = f"a schedule is due for {lag:.0f} s and no scheduler has decided it"
    return Health(
        ready=migrated and not late,
        database=True,
        migrated=migrated,
        scheduler_lag=lag,
        unproved=row["unproved"],
        parked=row["parked"],
        reports_late=promised["late"],
        reports_at_risk=promised["at risk"],
        problem=problem,
    )


def _mismatch(revision: str | None) -> str:
    """What is to be done about a schema that is not of this version."""
    is_newer = revision is not None and revision not in migrations.known()
    return migrations.NEWER if is_newer else NOT_MIGRATED
