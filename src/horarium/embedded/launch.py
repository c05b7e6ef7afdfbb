"""Starting processes that outlive the one that starts them, in sessions of their own.

A Ctrl-C reaches every process of the terminal's foreground group; what is launched here is not in
it. The shell in between ends at once, so that what it started is nobody's child that would have to
be collected.
"""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from horarium.embedded import watch
from horarium.embedded.account import Account
from horarium.embedded.binaries import Binaries
from horarium.embedded.folder import Folder
from horarium.embedded.lock import Lock

_DETACHED = ("/bin/sh", "-c", '"$@" &', "sh")
_LONGEST_LOG = 10_000_000


def launch_server(
    folder: Folder, account: Account, binaries: Binaries, settings: Mapping[str, str], held: Lock
) -> None:
    """Start the server, which inherits ``server.lock`` and so holds it for as long as it lives."""
    # The lock is ours: whichever process this file names, it is no server of this folder.
    (folder.cluster / "postmaster.pid").unlink(missing_ok=True)
    command = [*_DETACHED, binaries.postgres, "-D", str(folder.cluster)]
    for name, value in {**_defaults(folder), **settings}.items():
        command += ["-c", f"{name}={value}"]
    with _log(folder) as log:
        account.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            pass_fds=[held.fd],
        )


def launch_watcher(folder: Folder) -> None:
    """Start a watcher unless there is one already; see `watch`."""
    if _is_watched(folder):
        return
    script = str(Path(watch.__file__).resolve())
    subprocess.run(  # noqa: S603 - our own script
        [*_DETACHED, sys.executable, "-I", "-S", script, str(folder.path)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd="/",
        start_new_session=True,
        check=False,
    )


def _is_watched(folder: Folder) -> bool:
    lock = folder.lock("watch")
    try:
        return lock.is_held()
    finally:
        lock.close()


def _defaults(folder: Folder) -> dict[str, str]:
    return {
        "listen_addresses": "",
        "unix_socket_directories": f'"{folder.socket}"',
        "unix_socket_permissions": "0700",
        "cluster_name": "horarium",
        "timezone": "UTC",
        "log_timezone": "UTC",
    }


@contextmanager
def _log(folder: Folder) -> Iterator[int]:
    """The server's log, begun anew when the last one has become long."""
    if folder.log.exists() and folder.log.stat().st_size > _LONGEST_LOG:
        folder.log.replace(folder.log.with_suffix(".log.1"))
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
    fd = os.open(folder.log, flags, 0o600)
    try:
        yield fd
    finally:
        os.close(fd)
