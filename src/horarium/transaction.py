"""The transaction that the running code is in: what is called inside, such as an enqueue, joins it
without being handed it.
"""

from contextvars import ContextVar
from typing import Any, NamedTuple, Protocol

Connection = Any
"""An asyncpg connection, or one taken from a pool; asyncpg has no types of its own for both."""


class Place(Protocol):
    """Where a transaction is: a `horarium.database.Database`."""

    async def url(self) -> str:
        """The database's address, with its password where it has one."""


class Transaction(NamedTuple):
    """A transaction by its connection; `None`: the running code is in none.

    Attributes:
        is_borrowed: the connection is somebody else's, who chose how it writes JSON.
        database: where it is, if that is known.
    """

    connection: Connection | None = None
    is_borrowed: bool = False
    database: Place | None = None


_current: ContextVar[Transaction] = ContextVar("horarium_transaction", default=Transaction())  # noqa: B039 - frozen


def current_transaction() -> Transaction:
    """The transaction that the running code is in."""
    return _current.get()


def current_connection() -> Connection | None:
    """The connection whose transaction the running code is in, if any."""
    return _current.get().connection


class joined:  # noqa: N801 - reads as a phrase: with joined(connection)
    """Let everything called inside run on this connection, in its transaction.

    Args:
        borrowed: it is not from `Database`: an SQLAlchemy session's, with codecs of its own.
        database: where its transaction is; another database is refused there.
    """

    def __init__(
        self,
        connection: Connection | None,
        *,
        borrowed: bool = False,
        database: Place | None = None,
    ) -> None:
        self._transaction = Transaction(connection, borrowed, database)

    def __enter__(self) -> Connection | None:
        self._token = _current.set(self._transaction)
        return self._transaction.connection

    def __exit__(self, *error: object) -> None:
        _current.reset(self._token)


async def driver_connection(session: Any) -> Connection:
    """The asyncpg connection beneath an SQLAlchemy `AsyncSession` or `AsyncConnection`, in its
    transaction; one of asyncpg itself is returned as it is.
    """
    connection = await session.connection() if hasattr(session, "connection") else session
    if hasattr(connection, "get_raw_connection"):
        # SQLAlchemy begins its transaction with the first statement that goes through it.
        await connection.exec_driver_sql("select 1")
        raw = await connection.get_raw_connection()
        return raw.driver_connection
    return connection
