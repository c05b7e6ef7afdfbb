"""Users: who orders."""

import re
from datetime import datetime
from functools import partial

import asyncpg
import msgspec
from msgspec import UNSET, UnsetType

from horarium.database import Connection, as_struct, statement
from horarium.errors import Conflict, InvalidInput
from horarium.shop.cursors import Listing, limits, listing, read
from horarium.shop.profiles import known_zone
from horarium.shop.removal import delete_row
from horarium.shop.rows import locked_row, row_of
from horarium.shop.texts import checked_id, checked_line, fits
from horarium.shop.versions import ANY, Versions

_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+")
_LONGEST_ADDRESS = 320
_LONGEST_COUNTRY = 100


class NewUser(msgspec.Struct, frozen=True):
    """A user to be created; without an id it gets one."""

    name: str
    email: str | None = None
    country: str | None = None
    zone: str | None = None
    id: str | None = None


class UserChange(msgspec.Struct, frozen=True):
    """What is to be changed of a user; the rest stays, and null takes a value away."""

    name: str | UnsetType = UNSET
    email: str | UnsetType | None = UNSET
    country: str | UnsetType | None = UNSET
    zone: str | UnsetType | None = UNSET


class User(msgspec.Struct, frozen=True):
    """A user. Those of imported orders have no name; `zone` is where their days begin."""

    id: str
    name: str | None
    email: str | None
    country: str | None
    zone: str | None
    created_at: datetime
    updated_at: datetime
    version: int


async def create_user(connection: Connection, new: NewUser) -> User:
    """Add a user.

    Raises:
        InvalidInput: a value cannot be used.
        Conflict: the id or the e-mail address is another user's.
    """
    identity = checked_id("id", new.id)
    values = (checked_line("name", new.name), _email(new.email), _country(new.country))
    row = await connection.fetchrow(
        statement(__package__, "create_user"), identity, *values, _zone(new.zone)
    )
    if row is None:
        with_address = "" if new.email is None else f" or the e-mail address {new.email}"
        raise Conflict(f"there is a user with the id {identity}{with_address} already")
    return User(**row)


async def read_user(connection: Connection, identity: str) -> User:
    """The user with this id.

    Raises:
        NotFound: there is none.
    """
    return User(**await row_of(connection, "read", "user", identity))


async def change_user(
    connection: Connection, identity: str, change: UserChange, known: Versions = ANY
) -> User:
    """Change a user.

    Raises:
        NotFound: there is no such user.
        Outdated: it was changed since the editor read it.
        InvalidInput: a value cannot be used.
        Conflict: the e-mail address is another user's.
    """
    before = User(**await locked_row(connection, "user", identity, known))
    values = (
        before.name if change.name is UNSET else checked_line("name", change.name),
        before.email if change.email is UNSET else _email(change.email),
        before.country if change.country is UNSET else _country(change.country),
        before.zone if change.zone is UNSET else _zone(change.zone),
    )
    try:
        async with connection.transaction():
            row = await connection.fetchrow(statement(__package__, "alter_user"), identity, *values)
    except asyncpg.UniqueViolationError:
        raise Conflict(f"there is a user with the e-mail address {values[1]} already") from None
    return User(**row)


async def delete_user(connection: Connection, identity: str, known: Versions = ANY) -> None:
    """Delete a user who has never ordered.

    Raises:
        NotFound: there is no such user.
        Outdated: it was changed since.
        Conflict: there are orders of this user.
    """
    await locked_row(connection, "user", identity, known)
    instead = "take the e-mail address away instead"
    await delete_row(connection, "user", identity, instead)


async def list_users(
    connection: Connection,
    page: int = 1,
    count: int = 10,
    *,
    cursor: str | None = None,
    email: str | None = None,
    country: str | None = None,
) -> Listing[User]:
    """Users by id; with this e-mail address, of this country.

    Raises:
        InvalidInput: there is no such page, or no list gave the cursor.
    """
    limit, offset = limits(page, count, cursor)
    after = None if cursor is None else read(cursor, tuple[str])[0]
    if not fits(email, country, after):
        return Listing([], 0, page, count, None)
    rows = await connection.fetch(
        statement(__package__, "list_users"), limit, offset, email, country, after
    )
    return listing(rows, partial(as_struct, User), lambda row: (row["id"],), page, count, cursor)


def _email(value: str | None) -> str | None:
    if value is None:
        return None
    checked_line("email", value, _LONGEST_ADDRESS)
    if not _ADDRESS.fullmatch(value):
        raise InvalidInput("email", f"{value} is no e-mail address; it takes name@example.org")
    return value


def _zone(value: str | None) -> str | None:
    return None if value is None else known_zone("zone", value)


def _country(value: str | None) -> str | None:
    return None if value is None else checked_line("country", value, _LONGEST_COUNTRY)
