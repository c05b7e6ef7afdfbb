"""Users: who orders."""

import re
from datetime import datetime

import msgspec

from horarium.database import Connection, statement
from horarium.errors import Conflict, InvalidInput, NotFound
from horarium.shop.pages import Page, listed, window
from horarium.shop.profiles import known_zone
from horarium.shop.texts import checked_id, checked_line, fits, may_exist

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


class User(msgspec.Struct, frozen=True):
    """A user. Those of imported orders have no name; `zone` is where their days begin."""

    id: str
    name: str | None
    email: str | None
    country: str | None
    zone: str | None
    created_at: datetime
    updated_at: datetime


async def create_user(connection: Connection, new: NewUser) -> User:
    """Add a user.

    Raises:
        InvalidInput: a value cannot be used.
        Conflict: the id or the e-mail address is another user's.
    """
    identity = checked_id("id", new.id)
    values = (checked_line("name", new.name), _email(new.email), _country(new.country))
    zone = None if new.zone is None else known_zone("zone", new.zone)
    row = await connection.fetchrow(statement(__package__, "create_user"), identity, *values, zone)
    if row is None:
        with_address = "" if new.email is None else f" or the e-mail address {new.email}"
        raise Conflict(f"there is a user with the id {identity}{with_address} already")
    return User(**row)


async def read_user(connection: Connection, identity: str) -> User:
    """The user with this id.

    Raises:
        NotFound: there is none.
    """
    row = None
    if may_exist(identity):
        row = await connection.fetchrow(statement(__package__, "read_user"), identity)
    if row is None:
        raise NotFound(f"there is no user with the id {identity[:255]}")
    return User(**row)


async def list_users(
    connection: Connection,
    page: int = 1,
    count: int = 10,
    *,
    email: str | None = None,
    country: str | None = None,
) -> Page[User]:
    """Users by id; with this e-mail address, of this country.

    Raises:
        InvalidInput: there is no such page.
    """
    limit, offset = window(page, count)
    if not fits(email, country):
        return Page([], 0, page, count)
    rows = await connection.fetch(
        statement(__package__, "list_users"), limit, offset, email, country
    )
    return listed(User, rows, page, count)


def _email(value: str | None) -> str | None:
    if value is None:
        return None
    checked_line("email", value, _LONGEST_ADDRESS)
    if not _ADDRESS.fullmatch(value):
        raise InvalidInput("email", f"{value} is no e-mail address; it takes name@example.org")
    return value


def _country(value: str | None) -> str | None:
    return None if value is None else checked_line("country", value, _LONGEST_COUNTRY)
