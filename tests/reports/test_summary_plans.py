"""The statements behind summaries go by their index, however long the shop has been there."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from horarium.database import Connection, statement

START = datetime(2020, 1, 1, tzinfo=UTC)
DAY = START + timedelta(days=1000)

REVIEWS = """
insert into shop.reviews (id, rating, text, written_at)
select n::text, 3, 'text ' || n, $1::timestamptz + n * interval '2 hours'
from generate_series(1, 20000) n
"""
PERIODS = """
insert into horarium.report_periods (
    report, starts_at, ends_at, day, zone, revision, reason, provisional,
    built_at, data_until, checked_at, row_count, summary
)
select
    'orders', at, at + interval '1 day', (at at time zone 'UTC')::date, 'UTC', 1, 'test', false,
    at, at, at, 0, '{}'
from (select $1::timestamptz + n * interval '1 day' as at from generate_series(0, 1999) n) days
"""
ORDERS = """
insert into shop.orders (id, currency, placed_at)
select 'o' || n, 'EUR', $1::timestamptz + n * interval '2 hours' from generate_series(1, 20000) n
"""
ITEMS = """
insert into shop.order_items (order_id, line, product_id, quantity, price)
select 'o' || n, line, 'p', 1, 1 from generate_series(1, 20000) n, generate_series(1, 2) line
"""


@pytest.fixture
async def many(shared_connection: Connection) -> Connection:
    """Twenty thousand orders and reviews, two thousand days."""
    await shared_connection.execute(
        "insert into shop.products (id, name, currency) values ('p', 'P', 'EUR')"
    )
    for sql in (REVIEWS, PERIODS, ORDERS):
        await shared_connection.execute(sql, START)
    await shared_connection.execute(ITEMS)
    await shared_connection.execute(
        "analyze shop.reviews, horarium.report_periods, shop.orders, shop.order_items"
    )
    return shared_connection


async def test_plans(many: Connection) -> None:
    span = (DAY, DAY + timedelta(days=1))
    day = date(2022, 9, 27)
    cases: dict[str, tuple[Any, ...]] = {
        "summary_version": ("orders", day),
        "read_summary": ("orders", day),
        "series": ("orders", day - timedelta(days=29), day),
        "figure_orders": (*span, day, "sales", None, 50, 0),
        "top_products": (*span, "EUR", "value", 10, 0),
        "top_customers": (*span, "EUR", "units", 10, 0),
    }
    for name, arguments in cases.items():
        rows = await many.fetch(f"explain {statement('horarium.reports', name)}", *arguments)
        plan = "\n".join(row[0] for row in rows)
        for table in ("reviews", "report_periods", "orders", "order_items"):
            assert f"Seq Scan on {table}" not in plan, (name, plan)
