"""`horarium demo`: a month of real orders on the first start, and its reports."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from rich.console import Console

from horarium.application import Horarium
from horarium.database import Connection
from horarium.engine import backfill
from horarium.reports import ORDER_REPORT
from horarium.reports.dirt import leave_to_backfill, watch_reports
from horarium.shop import import_orders, sample

REPORT = ORDER_REPORT.name


async def take_sample(application: Horarium, said: Console) -> None:
    """Import the sample where there are no orders yet, and have the days' reports built.

    Both may be done again and change nothing the second time.
    """
    async with application.database.connection() as connection:
        empty = not await connection.fetchval("select exists (select from shop.orders)")
    if empty:
        said.print("Importing one month of real orders (UCI Online Retail, CC BY 4.0) …")
        async with application.transaction() as connection:
            done = await import_orders(connection, sample.path(), mapping="uci")
            await _leave_to_backfill(application, connection)
        said.print(f"{done.lines:,} lines imported.")
    await application.scheduler.synchronise()
    await _backfill(application)


async def _leave_to_backfill(application: Horarium, connection: Connection) -> None:
    """Keep schedulers from building the imported days a second time, beside the backfill."""
    definitions = application.reports.definitions.values()
    await watch_reports(connection, application.settings.app, definitions)
    await leave_to_backfill(connection, REPORT, await application.book.now(connection))


async def _backfill(application: Horarium) -> None:
    async with application.database.connection() as connection:
        first, last = await connection.fetchrow(
            "select min(placed_at), max(placed_at) from shop.orders"
        )
    zone = ZoneInfo(await application.zone())
    start = _midnight(first, zone)
    end = _midnight(last + timedelta(days=1), zone)
    now = datetime.now(UTC)
    await backfill(application.book, REPORT, start, min(end, now))


def _midnight(instant: datetime, zone: ZoneInfo) -> datetime:
    day = instant.astimezone(zone).date()
    return datetime.combine(day, time(), zone).astimezone(UTC)
