"""The pytest plugin: databases for tests, and the application on one of them.

    async def test_a_receipt_follows_an_order(horarium_app):
        await place_order(42)
        assert [job.state for job in await run_jobs(horarium_app)] == ["succeeded"]

Which application that is says the option ``horarium_app`` of pytest's configuration, as
``module:name``, or else `HORARIUM_APP`. The server is that of `DATABASE_URL`, where databases are
made and dropped, or an embedded one. Nothing is imported before a test asks for a fixture.
"""

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import pytest

async_fixture: Any = pytest.fixture
with suppress(ImportError):  # anyio's plugin runs async fixtures as they are
    from pytest_asyncio import fixture as async_fixture

if TYPE_CHECKING:
    from horarium import Horarium
    from horarium.testing.places import Places


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options of pytest's configuration."""
    parser.addini("horarium_app", "The application of horarium_app, as module:name", default="")


@pytest.fixture(scope="session")
def horarium_places(tmp_path_factory: pytest.TempPathFactory) -> "Iterator[Places]":
    """Where this run's databases are made."""
    from horarium.testing.places import Places, server

    with server(tmp_path_factory.mktemp("horarium")) as url:
        yield Places(url)


@pytest.fixture(scope="session")
def horarium_template(horarium_places: "Places") -> Iterator[str]:
    """The name of a migrated database that is only copied from."""
    with horarium_places.migrated() as name:
        yield name


@pytest.fixture
def horarium_database(horarium_places: "Places", horarium_template: str) -> Iterator[str]:
    """The address of a migrated database for one test."""
    with horarium_places.copied(horarium_template) as url:
        yield url


@pytest.fixture
def horarium_application(pytestconfig: pytest.Config) -> "Horarium":
    """The application that `horarium_app` puts on a database; to be overridden where it differs."""
    from horarium.cli.opening import find_application

    return find_application(pytestconfig.getini("horarium_app") or None)


@async_fixture  # type: ignore[untyped-decorator]
async def horarium_app(
    horarium_application: "Horarium", horarium_database: str
) -> "AsyncIterator[Horarium]":
    """The application, on an empty database of the test's own."""
    app = horarium_application
    with app.database.elsewhere(horarium_database), _clock_of(app):
        try:
            yield app
        finally:
            await app.broker.result_backend.shutdown()
            await app.database.close()


@contextmanager
def _clock_of(app: Any) -> Iterator[None]:
    """Put the clock back when the test has ended."""
    clock = app.ledger.clock
    try:
        yield
    finally:
        app.ledger.clock = app.queues.clock = clock
