"""What all tests stand on: a real PostgreSQL, a real RabbitMQ where there is one, shared data."""

import logging
import os
import shutil
import socket
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import hypothesis
import pytest

from databases import HASTY, Databases, remove_stale_folders, run_folder
from horarium import migrations
from horarium.embedded import EmbeddedPostgres

# As in the product: TaskIQ's own line for a failed task says less than the ledger.
logging.getLogger("taskiq.receiver.receiver").setLevel(logging.CRITICAL)

# What the environment said when the run began: tests may change it.
_DATABASE_URL = os.environ.get("DATABASE_URL", "")
_RABBITMQ_URL = os.environ.get("RABBITMQ_URL", "amqp://guest:guest@127.0.0.1:5672/")


# Machines are busy: an example that takes long says nothing about what is tested.
hypothesis.settings.register_profile(
    "busy", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("busy")


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        # The workers of this run inherit it, and so find the same server.
        os.environ["HORARIUM_TEST_RUN"] = uuid.uuid4().hex[:12]


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        shutil.rmtree(run_folder(os.environ["HORARIUM_TEST_RUN"]), ignore_errors=True)
        remove_stale_folders(time.time())


@pytest.fixture(scope="session")
def server_url() -> Iterator[str]:
    """A PostgreSQL server: the one that DATABASE_URL names, or one that the run's workers share."""
    if _DATABASE_URL:
        yield _DATABASE_URL
        return
    with EmbeddedPostgres(run_folder(os.environ["HORARIUM_TEST_RUN"]), settings=HASTY) as url:
        yield url


@pytest.fixture(scope="session")
def databases(server_url: str, worker_id: str) -> Iterator[Databases]:
    """Makes databases for this process's tests."""
    databases = Databases(server_url, f"{os.environ['HORARIUM_TEST_RUN']}_{worker_id}")
    databases.drop_stale(time.time())
    yield databases
    databases.close()


@pytest.fixture(scope="session")
def template(databases: Databases) -> Iterator[str]:
    """The name of a database that has been migrated and is only copied from."""
    name = databases.create()
    migrations.upgrade(databases.address(name))
    yield name
    databases.drop(name)


@pytest.fixture
def database_url(databases: Databases, template: str) -> Iterator[str]:
    """A migrated database for one test."""
    name = databases.create(template)
    yield databases.address(name)
    databases.drop(name)


@pytest.fixture
def empty_database_url(databases: Databases) -> Iterator[str]:
    """A database for one test with nothing in it."""
    name = databases.create()
    yield databases.address(name)
    databases.drop(name)


@pytest.fixture(scope="session")
def rabbitmq_url() -> str:
    """A RabbitMQ that answers: RABBITMQ_URL, or the usual one on this machine."""
    place = urlsplit(_RABBITMQ_URL)
    where = (place.hostname or "127.0.0.1", place.port or 5672)
    if not _speaks_amqp(where):
        pytest.skip(f"no RabbitMQ answered at {where[0]}:{where[1]}")
    return _RABBITMQ_URL


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of data files that lies beside the checkout."""
    folder = Path(__file__).parents[2] / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("the folder ../shared/data is not there")
    return folder


def _speaks_amqp(where: tuple[str, int]) -> bool:
    try:
        with socket.create_connection(where, timeout=2) as line:
            line.sendall(b"AMQP\x00\x00\x09\x01")
            return line.recv(1) == b"\x01"
    except OSError:
        return False
