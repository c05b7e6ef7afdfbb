"""The watcher: stops a server whose owners are all gone, however they went.

It sleeps in one system call until the kernel gives it ``owners.lock`` alone, which is when the last
owner has ended, even by kill -9. While it holds that lock nobody can become an owner; whoever wants
to waits and then starts the server anew. It polls nothing and holds nothing else.

The file runs as a script of its own (``python -I -S watch.py FOLDER``), without Horarium's other
modules and without the packages around them: it starts at once, needs a few megabytes, and lives on
while the environment it came from is being replaced. The last owner that leaves in good order uses
the same `stop_server` itself, and does not depend on a watcher.
"""

import contextlib
import fcntl
import os
import signal
import sys
import time
from pathlib import Path

_PATIENCE = 60.0
_PAUSE = 0.01


def main(folder: Path) -> None:
    """Wait for the last owner of a data folder to end, then stop its server."""
    for number in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM):
        # Those are for the owners. When they heed them, this ends too.
        signal.signal(number, signal.SIG_IGN)
    watch = _open(folder / "watch.lock")
    # Waiting, not trying: an owner that looks whether there is a watcher takes it for a moment.
    # A second watcher waits here for the first to end, and then takes its place.
    fcntl.flock(watch, fcntl.LOCK_EX)
    owners = _open(folder / "owners.lock")
    fcntl.flock(owners, fcntl.LOCK_EX)
    stop_server(folder)
    # In this order: the next owner must not take us for its watcher.
    os.close(watch)
    os.close(owners)


def stop_server(folder: Path) -> None:
    """Stop the server of a data folder, if one runs, and wait until all its processes are gone.

    The caller holds ``owners.lock`` alone. Sessions are cut off and data is written out; a server
    that has not ended after a minute is made to, and recovers at its next start.
    """
    server = _open(folder / "server.lock")
    began = time.monotonic()
    sent = None
    while not _is_free(server):
        patient = time.monotonic() - began < _PATIENCE
        wanted = signal.SIGINT if patient else signal.SIGQUIT
        if sent != wanted and _send(folder, wanted):
            sent = wanted
        time.sleep(_PAUSE)
    os.close(server)


def postmaster(folder: Path) -> int | None:
    """The server's process id, or none; only to be asked while someone holds ``server.lock``.

    The lock may be held by a left-over child of a dead server, and its id be another's by now, so
    the process must also live in the cluster.
    """
    cluster = folder / "cluster"
    try:
        pid = int((cluster / "postmaster.pid").read_text().split("\n", 1)[0])
        os.kill(pid, 0)
        return pid if _lives_in(pid, cluster) else None
    except (OSError, ValueError):
        return None


def _lives_in(pid: int, cluster: Path) -> bool:
    process = Path("/proc") / str(pid)
    if not process.exists():
        return True  # macOS: no /proc, and nothing better to go by
    try:
        return (process / "cwd").samefile(cluster)
    except PermissionError:  # root without the right to look into other accounts' processes
        return (process / "comm").read_text().strip() == "postgres"


def _send(folder: Path, number: signal.Signals) -> bool:
    """Send the server a signal; false where there is nobody, or nobody yet, to send it to."""
    pid = postmaster(folder)
    if pid is None:
        return False
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)
    return True


def _open(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)


def _is_free(fd: int) -> bool:
    """Whether nobody holds the lock alone; asked so that whoever else asks does not meet us."""
    try:
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


if __name__ == "__main__":
    os.chdir("/")
    with contextlib.suppress(FileNotFoundError):  # the folder has been removed meanwhile
        main(Path(sys.argv[1]))
