"""What the tests of the web stand on: sites over real databases, asked without a server.

`client` has a database of its own. `refusing` shares a filled one with all tests that only ask for
what is refused: it checks after each of them that nothing has changed.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import httpx
import pytest
from litestar import Litestar

from databases import Databases
from horarium import reports, shop
from horarium.application import Horarium
from horarium.settings import Settings
from horarium.web import asgi

DAY = date(2026, 3, 29)
"""London's clocks were set forward: it has 23 hours."""

EVERYTHING = """
select (select count(*) from shop.users), (select sum(stock) from shop.products),
    (select count(*) from shop.products), (select count(*) from shop.orders),
    (select count(*) from shop.order_items), (select count(*) from shop.reports),
    (select count(*) from shop.reviews),
    (select count(*) from horarium.report_revisions), (select count(*) from horarium.jobs),
    (select count(*) from horarium.schedules)
"""

Pair = tuple[Horarium, list[httpx.AsyncClient]]
Reporting = Callable[[str | None], AbstractAsyncContextManager[Pair]]


def application(url: str) -> Horarium:
    return Horarium(Settings(database_url=url, zone="Europe/London", currency="GBP"))


@asynccontextmanager
async def visiting(site: Litestar) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(site, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost:8000") as client:
        yield client


@pytest.fixture
async def app(database_url: str) -> AsyncIterator[Horarium]:
    app = application(database_url)
    async with app.running():
        await app.settle()
        yield app


@pytest.fixture
async def client(app: Horarium) -> AsyncIterator[httpx.AsyncClient]:
    async with visiting(asgi(app)) as client:
        yield client


@pytest.fixture
async def shelf(app: Horarium) -> None:
    """Two products: mugs at 2.55 with ten left, and gift wrap that is not counted."""
    await fill_shelf(app)


@pytest.fixture
async def reported(app: Horarium, shelf: None) -> date:
    """A day with two orders, and the day before it with none; both were built."""
    await fill_reports(app)
    return DAY


@pytest.fixture
def reporting(database_url: str) -> Reporting:
    """Opens two applications on one database with a report, as two processes are."""

    @asynccontextmanager
    async def opened(redis_url: str | None) -> AsyncIterator[Pair]:
        settings = Settings(
            database_url=database_url, redis_url=redis_url, zone="Europe/London", currency="GBP"
        )
        one, other = Horarium(settings), Horarium(settings)
        async with one.running(), other.running():
            await one.settle()
            await fill_shelf(one)
            await fill_reports(one)
            async with visiting(asgi(one)) as here, visiting(asgi(other)) as there:
                yield one, [here, there]

    return opened


@pytest.fixture(scope="session")
def filled(databases: Databases, template: str) -> Iterator[tuple[Horarium, Litestar]]:
    name = databases.create(template)
    app = application(databases.address(name))
    asyncio.run(_fill(app))
    yield app, asgi(app)
    databases.drop(name)


@pytest.fixture
async def refusing(filled: tuple[Horarium, Litestar]) -> AsyncIterator[httpx.AsyncClient]:
    """A site with products, orders and a report, where nothing may change."""
    app, site = filled
    async with app.running(), visiting(site) as client, app.database.connection() as connection:
        before = await connection.fetchrow(EVERYTHING)
        yield client
        assert await connection.fetchrow(EVERYTHING) == before


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


async def _fill(app: Horarium) -> None:
    async with app.running():
        await app.settle()
        await fill_shelf(app)
        await fill_reports(app)
