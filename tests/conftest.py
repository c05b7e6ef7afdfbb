"""What all tests stand on: a real PostgreSQL, a real RabbitMQ where there is one, shared data."""

import faulthandler
import logging
import os
import shutil
import signal
import socket
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import hypothesis
import pytest

from databases import HASTY, Databases, bytecode_folder, remove_stale_folders, run_folder
from horarium import logs, migrations
from horarium.embedded import EmbeddedPostgres
from washing import Washed

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


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addini("longest_run", "seconds after which a run is ended; 0 for never", default="0")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers", "new_database: this test's database_url is one that no other test has used"
    )
    end_hung_run(config)
    # A shell starts what runs in its background with SIGINT ignored, and children inherit that:
    # no process of the tests could be stopped as Ctrl-C stops it.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    start_processes_as_installed()
    if not hasattr(config, "workerinput"):
        # The workers of this run inherit it, and so find the same server.
        os.environ["HORARIUM_TEST_RUN"] = uuid.uuid4().hex[:12]
        keep_bytecode(bytecode_folder(os.environ["HORARIUM_TEST_RUN"]))


def end_hung_run(config: pytest.Config) -> None:
    """Have this process say where it stands and end, when the run has taken too long.

    A test has its own limit; this is for what hangs outside of tests, between processes.
    """
    longest = int(config.getini("longest_run"))
    if hasattr(config, "workerinput"):
        longest -= longest // 10  # before the process that would end it unheard
    if longest:
        faulthandler.dump_traceback_later(longest, exit=True, file=os.dup(2))


def start_processes_as_installed() -> None:
    """Give the processes that tests start what an installation has (`as_installed`)."""
    folder = str(Path(__file__).with_name("as_installed"))
    while folder in sys.path:
        sys.path.remove(folder)  # a worker of this run, which has its tests to run
    others = [each for each in os.environ.get("PYTHONPATH", "").split(os.pathsep) if each]
    os.environ["PYTHONPATH"] = os.pathsep.join(
        [folder, *(each for each in others if each != folder)]
    )


def keep_bytecode(folder: Path) -> None:
    """Have processes find compiled what the one before them compiled, as in an installation.

    Where Python may write nothing beside the modules, each process would compile a checkout anew.
    """
    if os.environ.pop("PYTHONDONTWRITEBYTECODE", ""):
        os.environ.setdefault("PYTHONPYCACHEPREFIX", str(folder))


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        run = os.environ["HORARIUM_TEST_RUN"]
        for folder in (run_folder(run), bytecode_folder(run)):
            shutil.rmtree(folder, ignore_errors=True)
        remove_stale_folders(time.time())


@pytest.fixture(scope="session", autouse=True)
def own_logs() -> Iterator[None]:
    """Leaves the logs of this process as pytest has them: a command that a test runs here would set
    up its own, on a stream that is closed when the test has ended.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(logs, "configure", lambda *_, **__: None)
        yield


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


@pytest.fixture(scope="session")
def washed(databases: Databases, template: str) -> Iterator[Washed]:
    """Migrated databases that are used one test after another."""
    washed = Washed(databases, template)
    yield washed
    washed.close()


@pytest.fixture
def database_url(
    request: pytest.FixtureRequest, databases: Databases, template: str, washed: Washed
) -> Iterator[str]:
    """A migrated database for one test, with nothing in it and nobody else connected."""
    if request.node.get_closest_marker("new_database"):
        name = databases.create(template)
        yield databases.address(name)
        databases.drop(name)
    else:
        name = washed.lend()
        yield databases.address(name)
        washed.take_back(name)


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
