"""Answers that are asked often, kept in a store of Litestar's: memory, or Redis for all processes.

An answer is kept under the version of what it shows, and the version is read from the database by
every request before anything else: whatever was committed before a request came has another
version, and so is seen by it, in every process. The data are read after the version, so that an
answer is never older than its key. Nothing is kept that must not be lost: where the store fails,
the answer is made.

Requests for the same thing that wait at the same time share one look: the next one, which begins
after all of them have come. So fifty that ask at once cost the database one question, and none of
them is answered from a look that began before it asked.
"""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Hashable
from importlib.util import find_spec
from typing import Any

import msgspec
import structlog
from litestar import Litestar, Response
from litestar.stores.base import Store
from litestar.stores.memory import MemoryStore

from horarium.settings import Settings

STORE = "answers"
LOOKS = "horarium_looks"
"""Where the site keeps its looks in `state`."""
KEPT = 300
"""Seconds that an answer is kept; a version that is gone never comes back."""
MOST = 500
"""Answers that a store in memory holds."""

_log = structlog.get_logger()


class Bounded(MemoryStore):
    """A store in memory that is emptied when it is full: what is asked often is soon back."""

    async def set(self, key: str, value: str | bytes, expires_in: Any = None) -> None:
        """Keep a value."""
        if len(self._store) >= MOST:
            await self.delete_all()
        await super().set(key, value, expires_in)


def store(settings: Settings) -> Store:
    """Where the answers of this application are kept."""
    if settings.redis_url is None:
        return Bounded()
    if find_spec("redis") is None:
        _log.warning("REDIS_URL needs the extra: pip install 'horarium[redis]'; memory is used")
        return Bounded()
    from litestar.stores.redis import RedisStore

    return RedisStore.with_client(settings.redis_url, namespace=_namespace(settings))


async def answered(
    site: Litestar,
    asked: tuple[object, ...],
    version: Callable[[], Awaitable[object]],
    make: Callable[[], Awaitable[object]],
) -> Response[Any]:
    """The answer to what is asked, kept or made now.

    Args:
        asked: what was asked for, the same for all who may share the answer.
        version: reads the version of what it shows; None is never kept.
        make: makes the answer, in what msgspec can encode.
    """
    looks: Looks = site.state[LOOKS]

    async def look() -> bytes:
        seen = await version()
        if seen is None:
            return msgspec.json.encode(await make())
        name = hashlib.blake2b(repr((*asked, seen)).encode(), digest_size=16).hexdigest()
        kept = site.stores.get(STORE)
        content = await _tried(kept.get(name))
        if content is None:
            content = msgspec.json.encode(await make())
            await _tried(kept.set(name, content, expires_in=KEPT))
        return content

    return Response(await looks.share(asked, look), media_type="application/json")


class Looks:
    """Looks that are shared by those who ask for the same while another one is under way."""

    def __init__(self) -> None:
        self._under_way: dict[Hashable, asyncio.Task[bytes]] = {}
        self._next: dict[Hashable, asyncio.Task[bytes]] = {}

    async def share(self, asked: Hashable, look: Callable[[], Awaitable[bytes]]) -> bytes:
        """What a look finds that begins after this was called. Its errors are everybody's."""
        waiting = self._next.get(asked)
        if waiting is None:
            waiting = asyncio.create_task(self._after_others(asked, look))
            self._next[asked] = waiting
        # One who goes away does not take the answer from the others.
        return await asyncio.shield(waiting)

    async def _after_others(self, asked: Hashable, look: Callable[[], Awaitable[bytes]]) -> bytes:
        others = self._under_way.get(asked)
        if others is not None:
            await asyncio.wait([others])
        mine = self._next.pop(asked)
        self._under_way[asked] = mine
        try:
            return await look()
        finally:
            if self._under_way.get(asked) is mine:
                del self._under_way[asked]


async def _tried(act: Awaitable[bytes | None]) -> bytes | None:
    """What the store says; nothing, where it does not answer."""
    try:
        return await act
    except Exception as error:
        if not _is_of_redis(error):
            raise
        _log.warning("the store of answers does not answer", error=str(error))
        return None


def _is_of_redis(error: Exception) -> bool:
    return isinstance(error, OSError) or type(error).__module__.startswith("redis.")


def _namespace(settings: Settings) -> str:
    """Two applications on one Redis do not share answers, unless they share the database."""
    place = settings.database_url or str(settings.home.absolute())
    return f"horarium_{hashlib.blake2b(place.encode(), digest_size=8).hexdigest()}"
