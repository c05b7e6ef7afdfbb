"""The way to PostgreSQL: pool, transactions, statements.

JSON travels as bytes: a ``jsonb`` value is read and written as encoded JSON, and its owner decodes
it into the type it knows (``msgspec``). Statements live in ``.sql`` files beside their owner, one
each, and are read once with `statement`.

`Database.transaction` marks its connection as the current one of the running asyncio task, so that
whatever is called inside, such as an enqueue, joins that transaction without being handed it.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from functools import cache
from importlib.resources import files
from typing import Any, TypeVar

import asyncpg
import msgspec
import structlog

from horarium.addresses import mask
from horarium.errors import HorariumError, Unavailable
from horarium.outage import CUT, NOT_CONNECTED, is_gone, unreachable
from horarium.transaction import Connection as Connection
from horarium.transaction import Place, current_transaction, joined

S = TypeVar("S", bound=msgspec.Struct)

_CLOSING = 10.0
_log = structlog.get_logger()


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
    _know_arrays(connection)


def _know_arrays(connection: Connection) -> None:
    """Tell a connection what arrays of PostgreSQL's own types are, which are the same everywhere.

    It would ask each server, at the first statement that has any: three round trips, and more CPU
    than opening the connection takes. asyncpg has no public way; where its inner one has changed it
    asks as before.
    """
    with suppress(AttributeError, KeyError, TypeError):
        # After the codec above: an array takes that of its elements as it is now.
        connection._protocol.get_settings().register_data_types(_ARRAYS)


_ARRAYS = [
    {
        "oid": oid, "ns": "pg_catalog", "name": f"_{name}", "kind": b"b", "basetype": None,
        "elemtype": element, "elemdelim": b",", "range_subtype": None,
        "attrtypoids": None, "attrnames": None,
    }
    for name, oid, element in (
        ("bool", 1000, 16), ("bytea", 1001, 17), ("int2", 1005, 21), ("int4", 1007, 23),
        ("int8", 1016, 20), ("float8", 1022, 701), ("numeric", 1231, 1700), ("date", 1182, 1082),
        ("timestamptz", 1185, 1184), ("interval", 1187, 1186), ("jsonb", 3807, 3802),
    )
]  # fmt: skip
"""As asyncpg's own query would find them; numbers from PostgreSQL's `pg_type.dat`."""


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


def as_struct(kind: type[S], row: Mapping[str, Any]) -> S:
    """A row as a struct; columns that are no field of it are left out."""
    return kind(**{name: row[name] for name in kind.__struct_fields__})


class PooledConnection(asyncpg.Connection):  # type: ignore[misc]  # asyncpg has no types
    """A connection that a pool takes back as it is, unless others than we have worked on it.

    What a user's code may have left in the session, such as a setting or a lock, is undone when the
    pool takes the connection back, by a statement of its own. Ours leave nothing, and an enqueue
    need not wait for a second answer.
    """

    __slots__ = ("home", "is_lent")

    def lend(self, is_lent: bool, home: object = None) -> None:
        """Say whether others than we work on it until it is given back, and whose pool it is of."""
        self.is_lent = is_lent
        self.home = home

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
        except NOT_CONNECTED as error:
            raise unreachable(url, error) from error
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
        except NOT_CONNECTED as error:
            pool.terminate()
            raise unreachable(url, error) from error

    async def close(self) -> None:
        """Close the pool and its connections; the database may be opened again.

        Statements that run are waited for, up to 10 s; then they are cut off.
        """
        pool = self._pool
        if pool is None:
            return
        try:
            async with asyncio.timeout(_CLOSING):
                await pool.close()
        except TimeoutError:
            _log.warning("connections were cut off: they were in use when the database was closed")
        finally:
            # Until now those who use a connection had to give it back to its pool.
            if self._pool is pool:
                self._pool = None

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
        current = current_transaction()
        if current.connection is not None:
            if current.database is not None and current.database is not self:
                await self._require_same(current.database)
            yield current.connection
            return
        connection = await self.acquire()
        try:
            connection.lend(is_lent, self)
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

    async def _require_same(self, owner: Place) -> None:
        """Refuse to join the transaction of another database: what is written would be there.

        Raises:
            HorariumError: the current transaction is not in this database.
        """
        if await self.url() != await owner.url():
            raise HorariumError(
                f"the running code is in a transaction in {mask(await owner.url())}, which "
                f"{mask(await self.url())} cannot take part in; use the second database before or "
                "after it, or in an asyncio task that was started outside"
            )

    async def acquire(self) -> Connection:
        """A connection for its taker alone, to be given back with `release`.

        Raises:
            Unavailable: the server does not answer or refuses.
        """
        await self.open()
        pool = self._pool
        try:
            connection = await pool.acquire()
        except NOT_CONNECTED as error:
            raise unreachable(await self.url(), error) from error
        connection.lend(True, self)
        return connection

    def owns(self, connection: Connection) -> bool:
        """Whether a connection is one of this database's pool."""
        return getattr(connection, "home", None) is self

    async def release(self, connection: Connection) -> None:
        """Take a connection back into the pool."""
        pool = self._pool
        if pool is None:
            return  # it was cut off when the database was closed
        try:
            await pool.release(connection)
        except (*CUT, asyncpg.InterfaceError):
            # It is gone, and the pool has dropped it; what was done on it is done.
            return

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        """A transaction that everything called inside joins; nested ones are savepoints."""
        around = current_transaction()
        async with self._current_or_pooled(is_lent=True) as connection, connection.transaction():
            database = around.database or self
            with joined(connection, borrowed=around.is_borrowed, database=database):
                yield connection
