"""One row of the shop by its id, as readers and editors find it."""

from typing import Any

from horarium.database import Connection, statement
from horarium.errors import NotFound
from horarium.shop.texts import may_exist
from horarium.shop.versions import Versions, check_version


async def row_of(connection: Connection, act: str, what: str, identity: str) -> Any:
    """The row that the statement ``<act>_<what>`` finds by an id.

    Args:
        act: ``read`` or ``lock``.
        what: ``user``, ``product``, ``order`` or ``review``.

    Raises:
        NotFound: there is none.
    """
    row = None
    if may_exist(identity):
        row = await connection.fetchrow(statement(__package__, f"{act}_{what}"), identity)
    if row is None:
        raise not_found(what, identity)
    return row


async def locked_row(connection: Connection, what: str, identity: str, known: Versions) -> Any:
    """The same, kept as it is until the caller's transaction ends; refuses an outdated edit.

    Raises:
        NotFound: there is none.
        Outdated: it is in none of the known versions.
    """
    row = await row_of(connection, "lock", what, identity)
    check_version(f"{what} {identity}", row["version"], known)
    return row


def not_found(what: str, identity: str) -> NotFound:
    """The refusal where nothing has this id."""
    return NotFound(f"there is no {what} with the id {identity[:255]}")
