"""Bringing a folder's server up: start it, or adopt the one that runs, and wait until it serves.

There is no limit to the wait: a server that recovers from a crash takes the time it needs, and
either ends up serving or dies, which ``server.lock`` shows.
"""

import logging
import time
from collections.abc import Mapping
from pathlib import Path

from horarium.embedded import account, binaries, cluster, watch
from horarium.embedded.failure import EmbeddedPostgresError, failure
from horarium.embedded.folder import Folder, prepare_socket
from horarium.embedded.greeting import Answer, greet
from horarium.embedded.launch import launch_server
from horarium.embedded.lock import Lock

_log = logging.getLogger(__name__)
_PAUSE = 0.01
_PATIENCE = 5.0
_LOST = 30.0  # a server opens its socket first of all, before any recovery


def ensure_running(folder: Folder, socket: Path, settings: Mapping[str, str]) -> None:
    """Return when the folder's server serves; the caller holds ``start.lock``.

    Raises:
        EmbeddedPostgresError: it cannot be started, or runs where it cannot be reached.
    """
    while True:
        server = folder.lock("server")
        starts_here = server.take()
        written = size(folder.log)
        try:
            if starts_here:
                _start(folder, settings, server)
        finally:
            server.close()
        if _serves(folder, socket):
            return
        if starts_here:
            raise failure("start", folder.path, written_since(folder.log, written))
        # The server that we found died while we waited for it: start it anew.


def _start(folder: Folder, settings: Mapping[str, str], server: Lock) -> None:
    programs = binaries.find()
    runner = account.choose(folder, programs.postgres)
    prepare_socket(folder, runner.uid, runner.gid)
    cluster.ensure(folder, runner, programs, settings)
    launch_server(folder, runner, programs, settings, server)


def _serves(folder: Folder, socket: Path) -> bool:
    """Wait for the server to welcome us; false when it has died instead."""
    server = folder.lock("server")
    told = began = time.monotonic()
    try:
        while (answer := greet(socket)) is not Answer.WELCOME:
            if not server.is_held():
                return False
            if answer is Answer.NOTHING and time.monotonic() - began > _LOST:
                _check_reachable(folder, socket)
            if time.monotonic() - told > _PATIENCE:
                told = time.monotonic()
                _log.info("PostgreSQL is not ready yet (%.0f s): %s", told - began, _news(folder))
            time.sleep(_PAUSE)
    finally:
        server.close()
    return True


def _check_reachable(folder: Folder, socket: Path) -> None:
    pid = watch.postmaster(folder.path)
    if pid is not None:
        raise EmbeddedPostgresError(
            f"PostgreSQL of {folder.path} runs as process {pid}, but its socket {socket} is not "
            "there or cannot be reached from here; stop every program that uses this folder "
            "and start again."
        )


def _news(folder: Folder) -> str:
    lines = written_since(folder.log, max(0, size(folder.log) - 2000)).splitlines()
    return lines[-1] if lines else "it has said nothing"


def size(log: Path) -> int:
    """Bytes that the server's log has."""
    return log.stat().st_size if log.exists() else 0


def written_since(log: Path, position: int) -> str:
    """What the server has written since its log had that size."""
    if not log.exists():
        return ""
    with log.open("rb") as file:
        # A log that was begun anew is shorter than it was.
        file.seek(position if position <= size(log) else 0)
        return file.read().decode(errors="replace")
