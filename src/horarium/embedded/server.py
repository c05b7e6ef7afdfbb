"""An owner's view of the embedded server: start it, have it, let go of it.

The order of locks keeps owners, stoppers and the watcher from ever waiting for each other in a
circle. A starter takes its share of ``owners.lock`` first, then ``start.lock``. A stopper takes
``start.lock``, then asks for ``owners.lock`` alone without waiting. The watcher waits for
``owners.lock`` alone and takes nothing else. So while anybody stops the server nobody owns it, and
whoever comes meanwhile waits until it is gone.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

from horarium.embedded.cluster import DATABASE, ROLE
from horarium.embedded.failure import FULL, failure
from horarium.embedded.folder import Folder, prepare, remove_socket
from horarium.embedded.launch import launch_watcher
from horarium.embedded.lock import Lock
from horarium.embedded.startup import ensure_running, size, written_since
from horarium.embedded.watch import stop_server


class EmbeddedPostgres:
    """One owner of the PostgreSQL server of a data folder.

    Any number of owners, in one process or many, share one server. Calls block: from an event loop
    use ``asyncio.to_thread``.

    Args:
        data_dir: the data folder, made when it is missing.
        settings: PostgreSQL settings that differ from its durable defaults. They are those of the
            owner that starts the server; one that finds it running takes it as it is. ``port``
            names the socket: owners of one folder must agree on it.
    """

    def __init__(self, data_dir: Path, *, settings: Mapping[str, str] | None = None) -> None:
        self._place = Path(data_dir)
        self._settings = dict(settings or {})
        self._folder: Folder | None = None
        self._owners: Lock | None = None
        self._process = 0
        self._written = 0

    def start(self) -> str:
        """Own the server and return when it serves, however long its recovery takes.

        It may be called again at any time, and then starts a server that has died since.

        Returns:
            The address of the database ``horarium``, as asyncpg and SQLAlchemy take it.

        Raises:
            EmbeddedPostgresError: the server cannot run here; the message says why.
        """
        folder = prepare(self._place)
        port = self._settings.get("port", "5432")
        self._written = size(folder.log)
        try:
            self._own(folder)
            with folder.lock("start"):
                # First, so that it stops whatever an interrupted start leaves behind.
                launch_watcher(folder)
                ensure_running(folder, folder.socket / f".s.PGSQL.{port}", self._settings)
        except BaseException:
            self._disown()
            raise
        return f"postgresql://{ROLE}@/{DATABASE}?host={quote(str(folder.socket))}&port={port}"

    def stop(self) -> bool:
        """Let go of the server; the last owner stops it and waits until it is gone.

        Returns:
            Whether this was the last owner, so that nobody uses the folder any more.
        """
        if self._owners is None or self._folder is None or self._process != os.getpid():
            return False  # not started, or a fork of the process that did
        try:
            with self._folder.lock("start"):
                return _stop_if_last(self._folder, self._owners)
        finally:
            self._disown()

    def trouble(self) -> str | None:
        """What keeps the server from going on, where it has said so since the start here."""
        if self._folder is None:
            return None
        said = written_since(self._folder.log, self._written)
        return str(failure("go on", self._folder.path, said)) if FULL in said else None

    def __enter__(self) -> str:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _own(self, folder: Folder) -> None:
        if self._owners is None or self._process != os.getpid():
            self._folder, self._process = folder, os.getpid()
            self._owners = folder.lock("owners")
            self._owners.wait(shared=True)

    def _disown(self) -> None:
        owners, self._owners = self._owners, None
        if owners is not None:
            owners.release()


def _stop_if_last(folder: Folder, owners: Lock) -> bool:
    if not owners.take():
        # Others own it, then this takes no time; or the watcher is just stopping it.
        owners.wait(shared=True)
        return False
    stop_server(folder.path)
    remove_socket(folder)
    return True
