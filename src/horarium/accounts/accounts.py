"""Accounts: who uses the API. Whoever buys in the shop is a user of the shop, which is another
thing (`horarium.shop.users`).
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from horarium.accounts.role import Role
from horarium.database import Connection, statement
from horarium.errors import Conflict, InvalidInput, NotFound
from horarium.zones import no_zone, zone_names

LONGEST = 255


class Account(msgspec.Struct, frozen=True):
    """An account. `zone` is where its days begin; `None`: where the shop's do."""

    name: str
    role: Role
    zone: str | None
    created_at: datetime


async def add_account(
    connection: Connection, name: str, role: Role = Role.OPERATOR, zone: str | None = None
) -> Account:
    """Make an account.

    Raises:
        InvalidInput: the name or the zone cannot be used.
        Conflict: there is one of this name.
    """
    checked = (checked_name(name), role, _checked_zone(zone))
    row = await connection.fetchrow(statement(__package__, "add_account"), *checked)
    if row is None:
        raise Conflict(f"there is an account {name!r} already; horarium user token {name}")
    return _account(row)


async def change_account(
    connection: Connection, name: str, role: Role | None = None, zone: str | None = None
) -> Account:
    """Change an account's role or zone; `None` leaves it. It counts within seconds.

    Raises:
        InvalidInput: there is no such zone.
        NotFound: there is no such account.
    """
    row = await connection.fetchrow(
        statement(__package__, "change_account"), name, role, _checked_zone(zone)
    )
    return _account(_found(row, name))


async def list_accounts(connection: Connection) -> list[Account]:
    """All accounts, by name."""
    rows = await connection.fetch(statement(__package__, "list_accounts"))
    return [_account(row) for row in rows]


def checked_name(name: str) -> str:
    """The name, if an account can be called so.

    Raises:
        InvalidInput: it cannot; the reason says why.
    """
    if not 1 <= len(name) <= LONGEST:
        raise InvalidInput("name", f"it has {len(name)} characters; it takes 1 to {LONGEST}")
    if not name.isprintable() or name != name.strip() or name.startswith("~"):
        raise InvalidInput(
            "name", f"{name!r} cannot be used; it takes printable characters, no ~ at the beginning"
        )
    return name


def _found(row: Any, name: str) -> Any:
    if row is None:
        raise NotFound(f"there is no account {name[:LONGEST]!r}; horarium user list shows them")
    return row


def _account(row: Mapping[str, Any]) -> Account:
    return Account(row["name"], Role(row["role"]), row["zone"], row["created_at"])


def _checked_zone(zone: str | None) -> str | None:
    if zone is None or zone in zone_names():
        return zone
    raise InvalidInput("zone", no_zone(zone))
