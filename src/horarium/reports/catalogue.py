"""All reports of an application: what they are, and where each stands."""

from collections.abc import Iterable

import msgspec

from horarium.database import Connection, statement
from horarium.errors import NotFound
from horarium.reports.column import Column
from horarium.reports.content import ORDER_COLUMNS, own_columns
from horarium.reports.definition import ORDER_REPORT, Definition
from horarium.reports.failure import FailedBuild, failures
from horarium.reports.period import Every
from horarium.reports.revision import BuiltPeriod


class ReportState(msgspec.Struct, frozen=True, kw_only=True):
    """A report and where it stands.

    Attributes:
        zone: whose hours or days it counts.
        source: the database that its query is asked of; null is Horarium's own.
        newest: the newest period that was built, with its current revision; null: none was.
        failed: the latest failure of a period whose last build failed; null: none did.
    """

    name: str
    every: Every
    zone: str
    source: str | None
    newest: BuiltPeriod | None
    failed: FailedBuild | None


class ReportDetails(ReportState, frozen=True, kw_only=True):
    """A report with all that is known of it.

    Attributes:
        columns: of its newest period; those declared where none was built.
        key: names of the columns that tell its rows apart; none: the whole row does.
        checks: what has to hold of its rows before they become current.
        timeout: seconds that its query may take.
        defined_in: the file it was defined in; null: it is built in.
        periods: how many were built.
        failures: the periods whose last build failed, the latest failure first; ten at most.
    """

    columns: tuple[Column, ...]
    key: tuple[str, ...]
    checks: list[str]
    timeout: float
    defined_in: str | None
    periods: int
    failures: list[FailedBuild]


async def catalogue(
    connection: Connection, definitions: Iterable[Definition], zone: str
) -> list[ReportState]:
    """All reports, by name.

    Args:
        zone: the shop's, for those that name none.
    """
    every = sorted(definitions, key=lambda each: each.name)
    names = [each.name for each in every]
    newest = {
        row["report"]: BuiltPeriod(**row)
        for row in await connection.fetch(statement(__package__, "newest_periods"), names)
    }
    failed = {
        row["report"]: FailedBuild(**row)
        for row in await connection.fetch(statement(__package__, "newest_failures"), names)
    }
    return [
        ReportState(
            name=each.name,
            every=each.every,
            zone=each.zone or zone,
            source=each.source,
            newest=newest.get(each.name),
            failed=failed.get(each.name),
        )
        for each in every
    ]


async def details(connection: Connection, definition: Definition, zone: str) -> ReportDetails:
    """One report with all that is known of it."""
    (state,) = await catalogue(connection, [definition], zone)
    name = definition.name
    is_orders = name == ORDER_REPORT.name
    return ReportDetails(
        **{field: getattr(state, field) for field in ReportState.__struct_fields__},
        columns=ORDER_COLUMNS if is_orders else await _columns(connection, definition),
        key=("order_id",) if is_orders else definition.key,
        checks=[check.text for check in definition.checks],
        timeout=definition.timeout,
        defined_in=definition.place,
        periods=await connection.fetchval(statement(__package__, "count_periods"), name),
        failures=await failures(connection, name),
    )


async def _columns(connection: Connection, definition: Definition) -> tuple[Column, ...]:
    try:
        return await own_columns(connection, definition.name, definition)
    except NotFound:
        return ()
