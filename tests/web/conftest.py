"""What the tests of the web stand on: sites over real databases, asked without a server.

`client` has a database of its own. `refusing` shares a filled one with all tests that only ask for
what is refused: it checks after each of them that nothing has changed.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import date
from typing import Any, NamedTuple

import httpx
import pytest
from litestar import Litestar
from visitors import DAY, fill_reports, fill_shelf, visiting

from databases import Databases
from horarium.accounts import Role, TokenChecks, add_account, issue_token
from horarium.application import Horarium
from horarium.settings import Settings
from horarium.web import answers, asgi

HERE = {"Origin": "http://localhost:8000"}
"""What a browser says that sends a form of the page that `visiting` shows it."""

EVERYTHING = """
select (select count(*) from shop.users), (select sum(stock) from shop.products),
    (select count(*) from shop.products), (select count(*) from shop.orders),
    (select count(*) from shop.order_items), (select count(*) from shop.reports),
    (select count(*) from shop.reviews),
    (select count(*) from horarium.report_revisions), (select count(*) from horarium.jobs),
    (select count(*) from horarium.schedules)
"""


class People(NamedTuple):
    """A token of each role, ready to be sent."""

    reader: dict[str, str]
    operator: dict[str, str]
    admin: dict[str, str]


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


Pair = tuple[Horarium, list[httpx.AsyncClient]]
Reporting = Callable[[str | None], AbstractAsyncContextManager[Pair]]


def application(url: str) -> Horarium:
    return Horarium(Settings(database_url=url, zone="Europe/London", currency="GBP"))


@pytest.fixture
async def app(database_url: str) -> AsyncIterator[Horarium]:
    app = application(database_url)
    async with app.running():
        await app.settle()
        yield app


class Stage:
    """One site for many tests: to put its routes together takes longer than most of them."""

    def __init__(self, **options: Any) -> None:
        self._actor = application("postgresql://nowhere")
        self._site = asgi(self._actor, **options)
        self._checks: TokenChecks = self._site.dependencies["checks"].dependency()

    async def site(self, app: Horarium) -> Litestar:
        """The site, as if it had been made for this application."""
        self._actor.__dict__ = vars(app)  # not a copy: parts are made when they are asked for
        self._checks.__init__(app.database)  # type: ignore[misc]  # it keeps what it has seen
        await self._site.stores.get(answers.STORE).delete_all()
        return self._site


@pytest.fixture(scope="session")
def stage() -> Stage:
    return Stage()


@pytest.fixture(scope="session")
def strict_stage() -> Stage:
    """Where everybody needs a token."""
    return Stage(auth="required")


@pytest.fixture
async def client(app: Horarium, stage: Stage) -> AsyncIterator[httpx.AsyncClient]:
    async with visiting(await stage.site(app)) as client:
        yield client


@pytest.fixture
async def strict(app: Horarium, strict_stage: Stage) -> AsyncIterator[httpx.AsyncClient]:
    """Asks a site where everybody needs a token."""
    async with visiting(await strict_stage.site(app)) as client:
        yield client


@pytest.fixture
async def people(app: Horarium) -> People:
    """An account of each role."""
    made = []
    async with app.transaction() as connection:
        for role in Role:
            await add_account(connection, f"{role} one", role)
            made.append(bearer((await issue_token(connection, f"{role} one")).token))
    return People(*made)


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


@pytest.fixture(scope="session")
def fill() -> Callable[[Horarium], Awaitable[None]]:
    """Fills a shop of the test's own, as `filled` is."""
    return _fill


@pytest.fixture
async def refusing(filled: tuple[Horarium, Litestar]) -> AsyncIterator[httpx.AsyncClient]:
    """A site with products, orders and a report, where nothing may change."""
    app, site = filled
    async with app.running(), visiting(site) as client, app.database.connection() as connection:
        before = await connection.fetchrow(EVERYTHING)
        yield client
        assert await connection.fetchrow(EVERYTHING) == before


async def _fill(app: Horarium) -> None:
    async with app.running():
        await app.settle()
        await fill_shelf(app)
        await fill_reports(app)
