"""Databases that live as long as one test, on a server that lives as long as the run.

Names carry when they were made and by which run, so that two runs share a server without meeting,
and a later run can tell what a killed one has left behind.
"""

import asyncio
import itertools
import re
import shutil
import tempfile
import time
from collections.abc import Coroutine
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import asyncpg

PREFIX = "horarium_test"
FOLDERS = "horarium-tests-"
STALE = 24 * 3600
HASTY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class Databases:
    """Makes and drops databases of one test process.

    The connection lives on a loop in a thread of its own: it serves tests with and without a loop,
    and is opened once.
    """

    def __init__(self, url: str, run: str) -> None:
        self._url = url
        self._names = (f"{PREFIX}_{int(time.time())}_{run}_{n}" for n in itertools.count())
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._loop.run_forever, name="databases", daemon=True)
        self._thread.start()
        self._connection = self.run(asyncpg.connect(url))

    def create(self, template: str = "template1") -> str:
        """The name of a new database."""
        name = next(self._names)
        self._insist(f"create database {name} template {template}")
        return name

    def address(self, name: str) -> str:
        """Where to connect to one of our databases."""
        return urlunsplit(urlsplit(self._url)._replace(path=f"/{name}"))

    def drop(self, name: str) -> None:
        """Drop a database, whoever is connected to it."""
        self._insist(f"drop database if exists {name} with (force)")

    def drop_stale(self, now: float) -> list[str]:
        """Drop what runs that were killed more than a day ago have left behind."""
        rows = self.run(self._connection.fetch("select datname from pg_database"))
        stale = [row["datname"] for row in rows if is_stale(row["datname"], now)]
        for name in stale:
            try:
                self.drop(name)
            except asyncpg.PostgresError:
                continue  # another run is dropping it, or it belongs to another role
        return stale

    def _insist(self, statement: str) -> None:
        """Make or drop a database that others are about to leave.

        Autovacuum may be at work in it, which only a superuser may end; it ends by itself. Sessions
        that were told to end are waited for by the server, for 5 s: a busy machine takes longer.
        """
        for tries_left in reversed(range(50)):
            try:
                self.run(self._connection.execute(statement))
            except (asyncpg.InsufficientPrivilegeError, asyncpg.ObjectInUseError):
                if not tries_left:
                    raise
                time.sleep(0.2)
            else:
                return

    def close(self) -> None:
        self.run(self._connection.close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        """Do work on the thread's loop; returns its result."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()


def is_stale(name: str, now: float) -> bool:
    """Whether a database's name says that a test run made it more than a day ago."""
    made = re.fullmatch(rf"{PREFIX}_(\d+)_\w+", name)
    return made is not None and int(made[1]) < now - STALE


def run_folder(run: str) -> Path:
    """Where a run keeps its embedded server."""
    return Path(tempfile.gettempdir(), FOLDERS + run)


def bytecode_folder(run: str) -> Path:
    """Where a run keeps compiled modules, if it may not keep them beside their sources."""
    return Path(tempfile.gettempdir(), f"{FOLDERS}{run}-bytecode")


def remove_stale_folders(now: float) -> None:
    """Remove the folders of runs that were killed more than a day ago."""
    for folder in Path(tempfile.gettempdir()).glob(FOLDERS + "*"):
        if folder.stat().st_mtime < now - STALE:
            shutil.rmtree(folder, ignore_errors=True)
