"""Databases for tests: made from a migrated template, dropped when their test has ended."""

import asyncio
import itertools
import os
import time
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit, urlunsplit

import asyncpg
from uuid_utils.compat import uuid7

from horarium import migrations
from horarium.embedded import EmbeddedPostgres

T = TypeVar("T")

_HASTY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
_TRIES = 50
_PAUSE = 0.2
"""Seconds."""


class Places:
    """Makes databases on a server, under names that no other run has."""

    def __init__(self, url: str) -> None:
        self._url = url
        run = uuid7().hex
        self._names = (f"horarium_try_{run}_{number}" for number in itertools.count())

    @contextmanager
    def migrated(self) -> Iterator[str]:
        """The name of a database with the schema of this version, for `copied`."""
        with self._made("template1") as name:
            migrations.upgrade(self.address(name))
            yield name

    @contextmanager
    def copied(self, template: str) -> Iterator[str]:
        """The address of a copy, which nobody else uses."""
        with self._made(template) as name:
            yield self.address(name)

    def address(self, name: str) -> str:
        """Where to connect to one of these databases."""
        return urlunsplit(urlsplit(self._url)._replace(path=f"/{name}"))

    @contextmanager
    def _made(self, template: str) -> Iterator[str]:
        name = next(self._names)
        self._execute(f"create database {name} template {template}")
        try:
            yield name
        finally:
            self._drop(name)

    def _drop(self, name: str) -> None:
        for tries_left in reversed(range(_TRIES)):
            try:
                self._execute(f"drop database if exists {name} with (force)")
            except asyncpg.InsufficientPrivilegeError:
                # Autovacuum is at work in it, which only a superuser may end; it ends by itself.
                if not tries_left:
                    raise
                time.sleep(_PAUSE)
            else:
                return

    def _execute(self, sql: str) -> None:
        async def execute() -> None:
            connection = await asyncpg.connect(self._url)
            try:
                await connection.execute(sql)
            finally:
                await connection.close()

        apart(execute())


@contextmanager
def server(folder: Path) -> Iterator[str]:
    """A PostgreSQL server: the one that ``DATABASE_URL`` names, else an embedded one."""
    url = os.environ.get("DATABASE_URL")
    if url:
        yield url
        return
    with EmbeddedPostgres(folder, settings=_HASTY) as embedded:
        yield embedded


def apart(work: Coroutine[Any, Any, T]) -> T:
    """Run something to its end in a thread with a loop of its own, whatever loop runs here."""
    with ThreadPoolExecutor(1, "horarium-apart") as thread:
        return thread.submit(asyncio.run, work).result()
