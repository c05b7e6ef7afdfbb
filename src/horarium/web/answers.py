"""Answers that are asked often, kept in a store of Litestar's: memory, or Redis for all processes.

An answer is kept under the version of what it shows, and the version is read from the database by
every request before anything else: whatever was committed before a request came has another
version, and so is seen by it, in every process. The data are read after the version, so that an
answer is never older than its key. Nothing is kept that must not be lost: where the store fails,
the answer is made.
"""

import hashlib
from collections.abc import Awaitable, Callable
from importlib.util import find_spec
from typing import Any

import msgspec
import structlog
from litestar import Litestar, Response
from litestar.stores.base import Store
from litestar.stores.memory import MemoryStore

from horarium.settings import Settings

STORE = "answers"
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
    site: Litestar, key: tuple[object, ...], make: Callable[[], Awaitable[object]]
) -> Response[Any]:
    """The answer that is kept under this key, or that is made now.

    Args:
        key: what was asked for, with the version of what it shows.
    """
    name = hashlib.blake2b(repr(key).encode(), digest_size=16).hexdigest()
    kept = site.stores.get(STORE)
    content = await _tried(kept.get(name))
    if content is None:
        content = msgspec.json.encode(await make())
        await _tried(kept.set(name, content, expires_in=KEPT))
    return Response(content, media_type="application/json")


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
