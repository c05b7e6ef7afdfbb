"""The data folder: where things lie in it, and where its socket is.

A socket's path may have about a hundred bytes, and some characters cannot travel in an address.
Where the data folder's own path is short and plain, the socket is inside: everybody who can reach
the data finds it, whatever `/tmp` they see. Otherwise it is in a private folder under `/tmp`, named
by a hash of the data folder, so that all owners find the same one.
"""

import contextlib
import hashlib
import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path

from horarium.embedded.failure import EmbeddedPostgresError
from horarium.embedded.lock import Lock

_LONGEST = 103 - len("/.s.PGSQL.54321")  # macOS allows 103 bytes, Linux 107
_PLAIN = re.compile(r"[A-Za-z0-9/._-]+")


@dataclass(frozen=True)
class Folder:
    """A data folder by its resolved path."""

    path: Path

    @property
    def cluster(self) -> Path:
        """PostgreSQL's own folder."""
        return self.path / "cluster"

    @property
    def log(self) -> Path:
        """What the server says."""
        return self.path / "server.log"

    @property
    def socket(self) -> Path:
        """The folder of the server's socket."""
        inside = str(self.path / "socket")
        if len(inside) <= _LONGEST and _PLAIN.fullmatch(inside):
            return Path(inside)
        # Inode and device too: two containers may share /tmp and call their folders the same.
        here = self.path.stat()
        name = f"{self.path}\0{here.st_dev}\0{here.st_ino}"
        digest = hashlib.sha256(os.fsencode(name)).hexdigest()[:20]
        return Path(f"/tmp/horarium-{digest}")  # noqa: S108 - private, and checked before use

    def lock(self, name: str) -> Lock:
        """The lock of that name; the table in `horarium.embedded` says what each one means."""
        return Lock(self.path / f"{name}.lock")


def prepare(place: Path) -> Folder:
    """Make the data folder where it is missing; one that is there keeps its mode.

    Raises:
        EmbeddedPostgresError: it cannot be made, or is closed to this account.
    """
    path = Path(os.path.realpath(place.expanduser()))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.mkdir(mode=0o700, exist_ok=True)
        Folder(path).lock("start").close()
    except FileExistsError as error:
        raise EmbeddedPostgresError(
            f"The data folder {path} cannot be made: {error.filename} is a file; "
            "remove that, or set HORARIUM_HOME elsewhere."
        ) from error
    except PermissionError as error:
        raise EmbeddedPostgresError(
            f"The data folder {path} is not writable for user id {os.geteuid()}; run as the "
            "account that made it, or set HORARIUM_HOME to a folder of your own."
        ) from error
    except OSError as error:
        raise EmbeddedPostgresError(
            f"The data folder {path} cannot be made: {error.strerror}; set HORARIUM_HOME elsewhere."
        ) from error
    return Folder(path)


def prepare_socket(folder: Folder, uid: int, gid: int) -> None:
    """Make the socket's folder, for the account that runs the server and nobody else.

    Files that a killed server left there are removed: PostgreSQL goes by the process id in them.

    Raises:
        EmbeddedPostgresError: someone else sits on its name.
    """
    with contextlib.suppress(FileExistsError):
        folder.socket.mkdir(mode=0o700)
        if os.geteuid() == 0:
            os.chown(folder.socket, uid, gid)
    found = folder.socket.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != uid or found.st_mode & 0o077:
        raise EmbeddedPostgresError(
            f"The folder {folder.socket} for PostgreSQL's socket is not private to user id {uid}; "
            "remove it, or set HORARIUM_HOME to a folder with a shorter path."
        )
    _remove_files(folder)


def remove_socket(folder: Folder) -> None:
    """Take away the socket's folder, now that no server uses it."""
    _remove_files(folder)
    with contextlib.suppress(OSError):
        folder.socket.rmdir()


def _remove_files(folder: Folder) -> None:
    for leftover in folder.socket.glob(".s.PGSQL.*"):
        leftover.unlink(missing_ok=True)
