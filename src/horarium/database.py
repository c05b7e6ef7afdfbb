"""The way to PostgreSQL: pool, transactions, statements.

JSON travels as bytes: a ``jsonb`` value is read and written as encoded JSON, and its owner decodes
it into the type it knows (``msgspec``). Statements live in ``.sql`` files beside their owner, one
each, and are read once with `statement`.

`Database.transaction` marks its connection as the current one of the running asyncio task, so that
whatever is called inside, such as an enqueue, joins that transaction without being handed it.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from functools import cache
from importlib.resources import files
from typing import Any

import asyncpg

from horarium.errors import Unavailable
from horarium.settings import mask

Connection = Any
"""An asyncpg connection, or one taken from a pool; asyncpg has no types of its own for both."""

_current: ContextVar[Connection | None] = ContextVar("horarium_transaction", default=None)
_borrowed: ContextVar[bool] = ContextVar("horarium_transaction_borrowed", default=False)


@cache
def statement(package: str, name: str) -> str:
    """The text of ``sql/<name>.sql`` beside the package that owns it."""
    return (files(package) / "sql" / f"{name}.sql").read_text("utf-8")


async def prepare(connection: Connection) -> None:
    """Make a new connection speak as Horarium expects: JSON as bytes."""
    # The binary form of jsonb is a version byte, 1, and the text.
    await connection.set_type_codec(
        "jsonb",
        schema="pg_catalog",
        encoder=b"\x01".__add__,
        decoder=lambda data: bytes(data[1:]),
        format="binary",
    )


STEADY_PLANS = {
    "plan_cache_mode": "force_generic_plan",
    "enable_seqscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
    "jit": "off",
}
"""Server settings for the hot statements. A queue's table is empty at one moment and full at the
next: statistics are always wrong, and a plan that follows them falls over. These statements have
one right plan each, by index."""


TRANSIENT = (
    OSError,
    Unavailable,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # the driver's own word for a connection cut at a bad moment
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,  # the server is stopping, starting, or cut us off
    asyncpg.InsufficientResourcesError,  # disk full, out of memory, too many connections
    asyncpg.TransactionRollbackError,  # deadlock, serialisation
    asyncpg.LockNotAvailableError,  # lock_timeout
    asyncpg.IdleInTransactionSessionTimeoutError,
    asyncpg.ReadOnlySQLTransactionError,  # this server has become a replica; the next is not one
    asyncpg.PostgresSystemError,  # its own input and output
)
"""Errors that pass by themselves: a loop waits a moment and tries again."""


CUT = (
    asyncpg.PostgresConnectionError,
    asyncpg.InternalClientError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
)
"""Errors of a connection that was cut."""


class PooledConnection(asyncpg.Connection):  # type: ignore[misc]  # asyncpg has no types
    """A connection that a pool takes back as it is, unless others than we have worked on it.

    What a user's code may have left in the session, such as a setting or a lock, is undone when the
    pool takes the connection back, by a statement of its own. Ours leave nothing, and an enqueue
    need not wait for a second answer.
    """

    __slots__ = ("is_lent",)

    def lend(self, is_lent: bool) -> None:
        """Say whether others than we work on it until it is given back."""
        self.is_lent = is_lent

    def get_reset_query(self) -> str:
        """The statement that undoes what its user may have left."""
        return str(super().get_reset_query()) if self.is_lent else ""


class Database:
    """One PostgreSQL database: a pool of connections, opened at first use, and single ones.

    Args:
        place: its ``postgresql://`` address, or how to find it out at first use, such as by
            starting an embedded server.
        size: connections in the pool at most.
    """

    def __init__(
        self, place: str | Callable[[], Awaitable[str]], *, size: int = 10, name: str = "horarium"
    ) -> None:
        self._place = place
        self._size = size
        self._name = name
        self._pool: Any = None
        self._finding = asyncio.Lock()
        self._opening = asyncio.Lock()

    async def url(self) -> str:
        """The database's address, with its password where it has one."""
        if isinstance(self._place, str):
            return self._place
        async with self._finding:
            # Another may have found it while this one waited.
            if not isinstance(self._place, str):
                self._place = await self._place()
            return self._place

    @contextmanager
    def elsewhere(self, url: str) -> Iterator[None]:
        """Be another database for the time of a block, for tests; closed before and after."""
        place, self._place = self._place, url
        try:
            yield
        finally:
            self._place = place

    async def connect(self, name: str, settings: Mapping[str, str] | None = None) -> Connection:
        """Open one connection of its own, for a loop that must not wait for a pool.

        Args:
            name: shown by PostgreSQL as the application's name.
            settings: of the server, for this connection.

        Raises:
            Unavailable: the server does not answer or refuses; the message names it, masked.
        """
        url = await self.url()
        settings = {"application_name": name, **(settings or {})}
        try:
            connection = await asyncpg.connect(url, server_settings=settings)
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            raise _unreachable(url, error) from error
        await prepare(connection)
        return connection

    async def open(self) -> None:
        """Open the pool; calling it again does nothing.

        Raises:
            Unavailable: the server does not answer or refuses.
        """
        if self._pool is not None:
            return
        async with self._opening:
            # Another may have opened it while this one waited.
            if self._pool is None:
                self._pool = await self._new_pool()

    async def _new_pool(self) -> Any:
        url = await self.url()
        pool = asyncpg.create_pool(
            url,
            min_size=0,
            max_size=self._size,
            init=prepare,
            connection_class=PooledConnection,
            server_settings={"application_name": self._name},
        )
        try:
            await pool
            async with pool.acquire() as connection:
                connection.lend(False)
                return pool
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            pool.terminate()
            raise _unreachable(url, error) from error

    async def close(self) -> None:
        """Close the pool and its connections; the database may be opened again."""
        pool, self._pool = self._pool, None
        if pool is not None:
            await pool.close()

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """The current transaction's connection, or one from the pool for a moment.

        For statements of ours: a connection of the pool is not cleaned after them.

        Raises:
            Unavailable: the server does not answer or refuses, or went away meanwhile.
        """
        async with self._current_or_pooled(is_lent=False) as connection:
            yield connection

    @asynccontextmanager
    async def _current_or_pooled(self, *, is_lent: bool) -> AsyncIterator[Connection]:
        current = _current.get()
        if current is not None:
            yield current
            return
        connection = await self.acquire()
        try:
            connection.lend(is_lent)
            yield connection
        except (*CUT, asyncpg.InterfaceError) as error:
            if not isinstance(error, CUT) and not is_gone(connection):
                raise
            raise Unavailable(
                f"PostgreSQL at {mask(await self.url())} went away in the middle of a statement: "
                f"{error}. Whether that was still committed is not known"
            ) from error
        finally:
            await self.release(connection)

    async def acquire(self) -> Connection:
        """A connection for its taker alone, to be given back with `release`.

        Raises:
            Unavailable: the server does not answer or refuses.
        """
        await self.open()
        try:
            connection = await self._pool.acquire()
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            raise _unreachable(await self.url(), error) from error
        connection.lend(True)
        return connection

    async def release(self, connection: Connection) -> None:
        """Take a connection back into the pool."""
        try:
            await self._pool.release(connection)
        except (*CUT, asyncpg.InterfaceError):
            # It is gone, and the pool has dropped it; what was done on it is done.
            return

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        """A transaction that everything called inside joins; nested ones are savepoints."""
        async with self._current_or_pooled(is_lent=True) as connection, connection.transaction():
            with joined(connection, borrowed=is_borrowed()):
                yield connection


class Link:
    """One connection of its own, opened at first use and again whenever it was lost."""

    def __init__(
        self, database: Database, name: str, settings: Mapping[str, str] | None = None
    ) -> None:
        self._database = database
        self._name = name
        self._settings = settings
        self._connection: Connection | None = None

    async def get(self) -> Connection:
        """The connection, alive as far as is known.

        Raises:
            Unavailable: the server does not answer or refuses.
        """
        if self._connection is None or self._connection.is_closed():
            self._connection = await self._database.connect(self._name, self._settings)
        return self._connection

    async def close(self) -> None:
        """Close the connection; `get` opens another."""
        connection, self._connection = self._connection, None
        if connection is not None and not connection.is_closed():
            connection.terminate()


def is_gone(connection: Connection) -> bool:
    """Whether a connection of the pool was lost; the pool has then taken it from its holder."""
    try:
        return bool(connection.is_closed())
    except asyncpg.InterfaceError:
        return True


def current_connection() -> Connection | None:
    """The connection whose transaction the running code is in, if any."""
    return _current.get()


def is_borrowed() -> bool:
    """Whether the current connection is somebody else's, who chose how it writes JSON."""
    return _borrowed.get()


class joined:  # noqa: N801 - reads as a phrase: with joined(connection)
    """Let everything called inside run on this connection, in its transaction.

    Args:
        borrowed: it is not from `Database`: an SQLAlchemy session's, with codecs of its own.
    """

    def __init__(self, connection: Connection | None, *, borrowed: bool = False) -> None:
        self._connection = connection
        self._is_borrowed = borrowed

    def __enter__(self) -> Connection | None:
        self._token = _current.set(self._connection)
        self._borrowed_token = _borrowed.set(self._is_borrowed)
        return self._connection

    def __exit__(self, *error: object) -> None:
        _borrowed.reset(self._borrowed_token)
        _current.reset(self._token)


def _unreachable(url: str, error: BaseException) -> Unavailable:
    return Unavailable(
        f"PostgreSQL at {mask(url)} cannot be used: {error or type(error).__name__}. "
        "Is DATABASE_URL right, and does the server run?"
    )
