"""Files that are there as a whole or not at all, and that nobody else may read.

A file is written under a name of its own (``.tmp-…``), brought to the disk, and given its name.
"""

import os
from pathlib import Path
from typing import BinaryIO, Self

from horarium.disk import sync_folder

TEMPORARY = ".tmp-"


class Temporary:
    """A file under a name that nobody looks for."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.path = folder / f"{TEMPORARY}{os.urandom(8).hex()}"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.remove()

    def open(self) -> BinaryIO:
        """Make it, readable by nobody else."""
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        return os.fdopen(os.open(self.path, flags, 0o600), "wb")

    def become(self, name: str) -> None:
        """Take the place of the file of this name, if there is one."""
        self.path.rename(self._folder / name)

    def remove(self) -> None:
        """Remove it, if it is there still."""
        self.path.unlink(missing_ok=True)


def clear_away(folder: Path) -> None:
    """Remove what one that was killed has left: nobody else writes here now."""
    with os.scandir(folder) as files:  # one by one: there may be very many
        for each in files:
            if each.name.startswith(TEMPORARY):
                Path(each.path).unlink(missing_ok=True)


def make_private(path: Path) -> None:
    """Make a folder and those above it, for nobody else to look into."""
    if not path.is_dir():
        if not path.parent.is_dir():
            make_private(path.parent)
        path.mkdir(mode=0o700, exist_ok=True)
        sync_folder(path.parent)


def close(file: BinaryIO) -> None:
    """Close a file whether or not the disk takes what it still holds."""
    try:
        file.close()
    except OSError:
        return  # what it still held did not fit, and is given up


def content_of(path: Path) -> bytes | None:
    """What a file holds; `None`: it is not there."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def are_same(one: Path, other: Path) -> bool:
    """Whether two files are there and hold the same, read in pieces."""
    try:
        if one.stat().st_size != other.stat().st_size:
            return False
        with one.open("rb") as here, other.open("rb") as there:
            while content := here.read(2**16):
                if content != there.read(2**16):
                    return False
    except FileNotFoundError:
        return False
    return True
