"""File locks: they say who lives, because the kernel drops them however a process ends."""

import fcntl
import logging
import os
import time
from pathlib import Path
from typing import Self

_log = logging.getLogger(__name__)
_PAUSE = 0.02
_PATIENCE = 3.0


class Lock:
    """A lock on a file that is made when it is missing, private to the folder's account."""

    def __init__(self, path: Path) -> None:
        self.path = path
        # A link planted by someone else must not make root open another file.
        self.fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        _hand_to_folders_owner(self.fd, path.parent)

    def take(self, *, shared: bool = False) -> bool:
        """Take the lock, or change how it is held; false when others stand in the way.

        A failed change loses what was held.
        """
        try:
            fcntl.flock(self.fd, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def wait(self, *, shared: bool = False) -> None:
        """Take the lock as soon as others let go of it, and say so when that takes long."""
        told = began = time.monotonic()
        while not self.take(shared=shared):
            if time.monotonic() - told > _PATIENCE:
                told = time.monotonic()
                _log.info("waiting for another process (%s, %.0f s)", self.path, told - began)
            time.sleep(_PAUSE)

    def is_held(self) -> bool:
        """Whether anybody else holds the lock alone; two who look do not see each other."""
        if not self.take(shared=True):
            return True
        fcntl.flock(self.fd, fcntl.LOCK_UN)
        return False

    def release(self) -> None:
        """Let go, in this process and in its forks, and close the file."""
        fcntl.flock(self.fd, fcntl.LOCK_UN)
        self.close()

    def close(self) -> None:
        """Close the file; whoever inherited it goes on holding the lock."""
        os.close(self.fd)

    def __enter__(self) -> Self:
        self.wait()
        return self

    def __exit__(self, *_: object) -> None:
        self.release()


def _hand_to_folders_owner(fd: int, folder: Path) -> None:
    """Let the folder's account open later what root made there now."""
    if os.geteuid() == 0:
        owner = folder.stat()
        os.fchown(fd, owner.st_uid, owner.st_gid)
