"""Deleting what other rows may refer to."""

import asyncpg

from horarium.database import Connection, statement
from horarium.errors import Conflict

_SAID = {"order_items": "orders", "orders": "orders", "reviews": "reviews"}


async def delete_row(connection: Connection, what: str, identity: str, instead: str) -> None:
    """Delete the row by ``delete_<what>``.

    Args:
        what: ``user`` or ``product``.
        instead: what its owner can do where it cannot be deleted.

    Raises:
        Conflict: something refers to it, which keeps it: books are not rewritten.
    """
    try:
        async with connection.transaction():
            await connection.execute(statement(__package__, f"delete_{what}"), identity)
    except asyncpg.ForeignKeyViolationError as error:
        there = _SAID.get(error.table_name or "", error.table_name)
        raise Conflict(
            f"{what} {identity} cannot be deleted, for there are {there} of it; {instead}"
        ) from None
