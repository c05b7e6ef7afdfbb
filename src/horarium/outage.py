"""What errors of PostgreSQL mean: which pass by themselves, and which leave no connection."""

import asyncpg

from horarium.addresses import mask
from horarium.errors import Unavailable
from horarium.transaction import Connection

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


NOT_CONNECTED = (OSError, ValueError, asyncpg.PostgresError, asyncpg.InterfaceError)
"""Errors of opening a connection; a `ValueError` is of the address, such as of its options."""


def is_gone(connection: Connection) -> bool:
    """Whether a connection of the pool was lost; the pool has then taken it from its holder."""
    try:
        return bool(connection.is_closed())
    except asyncpg.InterfaceError:
        return True


def unreachable(url: str, error: BaseException) -> Unavailable:
    """What to raise where no connection could be opened; the address is masked."""
    # What asyncpg says of an address that it cannot read may be a piece of the password.
    is_told = str(error) and type(error) is not ValueError
    return Unavailable(
        f"PostgreSQL at {mask(url)} cannot be used: {error if is_told else type(error).__name__}. "
        "Is DATABASE_URL right, and does the server run?"
    )
