"""What cannot be read or kept: one bad schedule must not stop the others.

What is written together is tried one by one where the database or the ledger refuses it, and what
is refused alone is handed to `refuse`.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

import asyncpg
import msgspec

from horarium.database import Connection
from horarium.errors import Conflict, InvalidInput

UNDECIDABLE = (InvalidInput, msgspec.MsgspecError, ValueError, ArithmeticError)
"""What a definition raises that is not, or no longer, one."""
REFUSED = (
    *UNDECIDABLE,
    Conflict,
    asyncpg.DataError,
    asyncpg.IntegrityConstraintViolationError,
    asyncpg.ProgramLimitExceededError,
)
"""What a job or a firing raises that cannot be kept."""

_Item = TypeVar("_Item")
_Done = TypeVar("_Done")


async def together_or_one_by_one(
    connection: Connection,
    items: Sequence[_Item],
    write: Callable[[Sequence[_Item]], Awaitable[list[_Done]]],
    refuse: Callable[[_Item, BaseException], Awaitable[None]],
) -> list[_Done]:
    """Write items in a savepoint; where that is refused, each in its own."""
    if not items:
        return []
    try:
        async with connection.transaction():
            return await write(items)
    except REFUSED as error:
        if len(items) == 1:
            await refuse(items[0], error)
            return []
    done: list[_Done] = []
    for item in items:
        done += await together_or_one_by_one(connection, [item], write, refuse)
    return done
