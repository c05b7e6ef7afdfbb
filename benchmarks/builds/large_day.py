"""A day with very many orders: filling it, and the builds that are measured."""

import time
from datetime import date
from decimal import Decimal

from horarium import reports, shop
from horarium.database import Connection, Database

DAY = date(2026, 3, 2)
LINES = 5
PRODUCTS = 4000

_BARE = """
insert into shop.reports (
    report_at, order_id, count_product, total_amount, currency, created_at
)
select
    $3::date, o.id, count(i.line)::integer, coalesce(sum(i.quantity * i.price), 0), o.currency,
    now()
from shop.orders o
left join shop.order_items i on i.order_id = o.id
where o.placed_at >= $1::timestamptz and o.placed_at < $2::timestamptz
group by o.id
"""
_ROWS = """
select o.id as order_id, count(i.line) as lines, coalesce(sum(i.quantity * i.price), 0) as value
from shop.orders o left join shop.order_items i on i.order_id = o.id
where o.placed_at >= :start and o.placed_at < :end
group by o.id
"""
_FILL = f"""
insert into shop.products (id, name, currency)
select 'P' || n, 'product', 'EUR' from generate_series(0, {PRODUCTS - 1}) n;
insert into shop.orders (id, currency, placed_at)
select
    (100000000 + n)::text, 'EUR',
    timestamptz '2026-03-02 00:00+00' + n * interval '86399 s' / %(n)s
from generate_series(1, %(n)s) n;
insert into shop.order_items (order_id, line, product_id, quantity, price)
select (100000000 + n)::text, l, 'P' || ((n::bigint * 7919 + l * 104729) %% {PRODUCTS}),
    1 + (n + l) %% 3, 1.25 + ((n * 31 + l) %% 500) / 100.0
from generate_series(1, %(n)s) n, generate_series(1, {LINES}) l;
"""


async def fill(database: Database, orders: int) -> None:
    """Make a day with so many orders of five lines each."""
    async with database.transaction() as connection:
        await shop.settle_profile(connection, "UTC", "EUR")
        await connection.execute("set local session_replication_role = replica")
        await connection.execute(_FILL % {"n": orders}, timeout=3600)
    connection = await database.connect("vacuum")
    await connection.execute("vacuum analyze", timeout=3600)
    await connection.close()


async def bare(connection: Connection) -> float:
    """Seconds that the insert alone takes."""
    period = reports.period_of(DAY)
    await connection.execute("set local plan_cache_mode = 'force_custom_plan'")
    begun = time.perf_counter()
    await connection.execute(_BARE, period.starts_at, period.ends_at, DAY, timeout=3600)
    return time.perf_counter() - begun


async def order_report(connection: Connection, orders: int) -> float:
    """Seconds that the build of the order report takes."""
    return await _built(connection, reports.ORDER_REPORT, orders)


async def own_report(connection: Connection, orders: int) -> float:
    """Seconds that the build of a report with a query takes, of the same rows."""
    definition = reports.defined(
        "large", lambda _: _ROWS, key="order_id", checks=["row count over 0"], timeout=3600
    )
    return await _built(connection, definition, orders)


async def _built(connection: Connection, definition: reports.Definition, orders: int) -> float:
    begun = time.perf_counter()
    revision = await reports.build(
        connection, definition, reports.period_of(DAY), reason="benchmark"
    )
    seconds = time.perf_counter() - begun
    if revision.row_count != orders or Decimal(revision.rows_added) != orders:
        raise RuntimeError(f"{revision.row_count} rows of {orders} orders")
    return seconds
