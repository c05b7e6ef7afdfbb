"""The shop's zone, whose days reports count, and what becomes of them when it changes."""

from collections.abc import Awaitable, Callable, Collection
from datetime import datetime

import structlog

from horarium.database import Connection, Database, statement
from horarium.reports.definition import Definition
from horarium.reports.marks import NewMark, mark, spanned
from horarium.settings import Settings
from horarium.shop import Profile, profile, settle_profile

_log = structlog.get_logger()


async def shop_zone(connection: Connection, otherwise: str = "UTC") -> str:
    """The zone of reports that have none of their own.

    Args:
        otherwise: where the shop has not settled one.
    """
    settled = await profile(connection)
    return settled.zone if settled is not None else otherwise


async def settle(
    database: Database,
    settings: Settings,
    definitions: Collection[Definition],
    clock: Callable[[Connection], Awaitable[datetime]],
) -> Profile:
    """Settle the shop's zone and currency: as the settings say, else as they were before.

    In another zone than before a day is another span: the periods that are reported are marked.
    """
    async with database.transaction() as connection:
        before = await profile(connection)
        zone = _chosen(settings, "zone", before.zone if before else None)
        currency = _chosen(settings, "currency", before.currency if before else None)
        settled = await settle_profile(connection, zone, currency)
        if before is None or before.zone == settled.zone:
            return settled
        now = await clock(connection)
        marked = await _mark_zone_change(connection, definitions, settled.zone, now)
    _log.warning(
        "the shop's zone has changed: periods that were reported in the former zone are marked, "
        "and schedulers have them built again",
        before=before.zone,
        now=settled.zone,
        periods=marked,
    )
    return settled


async def _mark_zone_change(
    connection: Connection, definitions: Collection[Definition], zone: str, now: datetime
) -> int:
    """Mark what was reported in another zone than the shop's, and return how many periods that is.

    Each span that was reported is covered by periods of the new zone; these are marked. A day that
    was reported in the former zone goes when the same day is built in the new one.
    """
    every = {each.name: each.every for each in definitions if each.zone is None}
    rows = await connection.fetch(
        statement(__package__, "periods_in_other_zones"), zone, list(every)
    )
    found = {
        (row["report"], period.starts_at): NewMark(row["report"], period, now, now)
        for row in rows
        for period in spanned(row["starts_at"], row["ends_at"], every[row["report"]], zone)
    }
    await mark(connection, list(found.values()), "zone")
    forget = statement(__package__, "forget_marks_of_other_zones")
    await connection.execute(forget, zone, list(every))
    await connection.execute(statement(__package__, "forget_open_promises"), list(every))
    return len(found)


def _chosen(settings: Settings, name: str, settled: str | None) -> str:
    value: str = getattr(settings, name)
    if settled is None or settings.sources.get(name, "given") != "default":
        return value
    return settled
