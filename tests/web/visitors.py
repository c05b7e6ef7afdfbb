"""Visitors of a site without a server, and what they find there: a shelf, and two reported days."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import httpx
from litestar import Litestar

from horarium import reports, shop
from horarium.application import Horarium

DAY = date(2026, 3, 29)
"""London's clocks were set forward: it has 23 hours."""


@asynccontextmanager
async def visiting(site: Litestar) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(site, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost:8000") as client:
        yield client


async def fill_shelf(app: Horarium) -> None:
    async with app.database.transaction() as connection:
        for new in (
            shop.NewProduct("WHITE MUG", Decimal("2.55"), stock=10, id="mug"),
            shop.NewProduct("GIFT WRAP", Decimal("0.5"), stock=None, id="wrap"),
        ):
            await shop.create_product(connection, new)


async def fill_reports(app: Horarium) -> None:
    async with app.database.transaction() as connection:
        for order, hour, items in (
            ("1001", 9, [shop.NewItem("mug", 4), shop.NewItem("wrap", 1)]),
            ("1002", 22, [shop.NewItem("mug", 2)]),
        ):
            placed_at = datetime(2026, 3, 29, hour, 30, tzinfo=UTC)
            new = shop.NewOrder(items=items, placed_at=placed_at, id=order)
            await shop.create_order(connection, new)
        for day in (DAY - timedelta(days=1), DAY):
            period = reports.period_of(day, "day", "Europe/London")
            await reports.build(connection, "orders", period, reason="test")
