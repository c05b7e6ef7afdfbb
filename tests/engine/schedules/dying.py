"""Connections that die at a chosen statement: by an exception, or with their process.

A fuse may do something else there as well, such as let another scheduler work meanwhile.
"""

import inspect
import os
import signal
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import asyncpg

from horarium.database import Connection, Database, prepare


class Crash(Exception):
    """The scheduler died here."""


def by_exception() -> None:
    raise Crash


def by_kill() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


class Fuse:
    """Blows before or after the statement with this number; never, where that does not come."""

    def __init__(self, at: int, *, after: bool, blow: Callable[[], Any] = by_exception) -> None:
        self.at = at
        self.after = after
        self.blow = blow
        self.count: int | None = None

    def light(self) -> None:
        """Count from now on."""
        self.count = 0

    async def around(self, run: Callable[[], Awaitable[Any]]) -> Any:
        here = False
        if self.count is not None:
            self.count += 1
            here = self.count == self.at
        if here and not self.after:
            await self._blow()
        result = await run()
        if here and self.after:
            await self._blow()
        return result

    async def _blow(self) -> None:
        done = self.blow()
        if inspect.isawaitable(done):
            await done


class Dying(asyncpg.Connection):
    """A connection whose statements pass a fuse."""

    fuse: Fuse

    async def execute(self, *args: Any, **kwargs: Any) -> Any:
        return await self.fuse.around(lambda: super(Dying, self).execute(*args, **kwargs))

    async def fetch(self, *args: Any, **kwargs: Any) -> Any:
        return await self.fuse.around(lambda: super(Dying, self).fetch(*args, **kwargs))

    async def fetchrow(self, *args: Any, **kwargs: Any) -> Any:
        return await self.fuse.around(lambda: super(Dying, self).fetchrow(*args, **kwargs))

    async def fetchval(self, *args: Any, **kwargs: Any) -> Any:
        return await self.fuse.around(lambda: super(Dying, self).fetchval(*args, **kwargs))

    async def copy_records_to_table(self, *args: Any, **kwargs: Any) -> Any:
        return await self.fuse.around(
            lambda: super(Dying, self).copy_records_to_table(*args, **kwargs)
        )


class DyingDatabase(Database):
    """A database whose connections of their own have a fuse; it is lit once they are open."""

    def __init__(self, url: str, fuse: Fuse, settings: Mapping[str, str] | None = None) -> None:
        super().__init__(url)
        self._fuse = fuse
        self._settings = settings or {}

    async def connect(self, name: str, settings: Mapping[str, str] | None = None) -> Connection:
        connection = await asyncpg.connect(
            await self.url(),
            server_settings={
                "application_name": "dying",
                **(settings or {}),
                **self._settings,
            },
            connection_class=type("DyingOnce", (Dying,), {"fuse": self._fuse}),
        )
        await prepare(connection)
        self._fuse.light()
        return connection
