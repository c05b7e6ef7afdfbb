"""Data folders for tests of the embedded server, and processes that own them."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from owners import Owner, own


@pytest.fixture(scope="session")
def born(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with a cluster, to be copied: that is quicker than making one."""
    folder = tmp_path_factory.mktemp("born") / "data"
    embedded = own(folder)
    embedded.start()
    assert embedded.stop()
    return folder


@pytest.fixture
def folder(born: Path, tmp_path: Path) -> Path:
    """A data folder whose server does not run."""
    shutil.copytree(born, tmp_path / "data")
    return tmp_path / "data"


@pytest.fixture
def new_owner(folder: Path) -> Iterator[Callable[[], Owner]]:
    """Makes processes that own the folder; they are killed at the end."""
    owners: list[Owner] = []

    def new() -> Owner:
        owners.append(Owner(folder))
        return owners[-1]

    yield new
    for owner in owners:
        owner.close()


@pytest.fixture
def open_place() -> Iterator[Path]:
    """A folder that every account may enter; pytest's own are closed."""
    place = Path(tempfile.mkdtemp(dir="/tmp", prefix="horarium-place-"))
    place.chmod(0o755)
    yield place
    shutil.rmtree(place)


@pytest.fixture
def as_root() -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can become another account")
