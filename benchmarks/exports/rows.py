"""Where it is measured: a database of its own with one built day of very many rows."""

import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import msgspec

from horarium import migrations
from horarium.reports.figures import Totals, figures

ROWS = """
insert into shop.reports (report_at, order_id, count_product, total_amount, currency)
select
    date '2026-01-01' + (n / 20000)::int, (500000 + n)::text, n % 40, (n % 1000000) / 100.0, 'GBP'
from generate_series(1, $1::bigint) n
"""
PERIODS = """
insert into horarium.report_periods (
    report, starts_at, ends_at, day, zone, revision, reason, provisional, built_at, data_until,
    checked_at, row_count, summary
)
select 'orders', report_at, report_at + 1, report_at, 'UTC', 1, 'made', false, now(), now(), now(),
    count(*), $1
from shop.reports
group by report_at
"""


@asynccontextmanager
async def opened(server: str, count: int) -> AsyncIterator[str]:
    """The address of a new database on the server with so many rows, dropped afterwards."""
    name = f"horarium_bench_{uuid.uuid4().hex[:12]}"
    connection = await asyncpg.connect(server)
    await connection.execute(f"create database {name}")
    try:
        url = urlunsplit(urlsplit(server)._replace(path=f"/{name}"))
        await migrations.upgrade_async(url)
        filling = await asyncpg.connect(url)
        await filling.execute(ROWS, count)
        summary = figures([Totals("GBP", orders=1, value=Decimal(1))], 0, "GBP")
        await filling.execute(PERIODS, msgspec.json.encode(summary).decode())
        await filling.execute("vacuum analyze shop.reports")
        await filling.close()
        yield url
    finally:
        await connection.execute(f"drop database {name} with (force)")
        await connection.close()
