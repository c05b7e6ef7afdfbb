"""Tokens of accounts: made, listed, revoked and checked."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from time import monotonic
from typing import Any

import asyncpg
import msgspec

from horarium.accounts.role import Role
from horarium.accounts.token import has_form, hash_of, id_in, new_token
from horarium.database import Connection, Database, statement
from horarium.errors import InvalidInput, NotFound

REMEMBERED = 2.0
"""Seconds for which an answer about a token counts: so soon a revocation is heeded everywhere."""

MOST = 10_000
"""Tokens that a process remembers answers about."""


class Token(msgspec.Struct, frozen=True):
    """A token, without its secret."""

    id: str
    account: str
    name: str | None
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    valid: bool


class IssuedToken(msgspec.Struct, frozen=True):
    """A token that was just made; `token` is shown this once, and kept nowhere."""

    token: str
    id: str
    account: str
    name: str | None
    expires_at: datetime | None


class Visitor(msgspec.Struct, frozen=True):
    """Whom a token has let in."""

    name: str
    role: Role


async def issue_token(
    connection: Connection,
    account: str,
    name: str | None = None,
    lasts: timedelta | None = None,
) -> IssuedToken:
    """Make a token of an account.

    Args:
        name: what it is for, to be recognised by.
        lasts: after this time it is valid no more.

    Raises:
        NotFound: there is no such account.
        InvalidInput: the name or the time cannot be used.
    """
    if name is not None and not (1 <= len(name) <= 200 and name.isprintable()):
        raise InvalidInput("name", "it takes 1 to 200 printable characters")
    if lasts is not None and not timedelta() < lasts <= timedelta(days=36500):
        raise InvalidInput("expires", "it takes a time from now on, of 100 years at most")
    new = new_token()
    try:
        async with connection.transaction():
            row = await connection.fetchrow(
                statement(__package__, "issue_token"), new.id, account, name, new.hash, lasts
            )
    except asyncpg.ForeignKeyViolationError:
        raise NotFound(
            f"there is no account {account[:255]!r}; make it first: horarium user add NAME"
        ) from None
    return IssuedToken(new.text, new.id, account, name, row["expires_at"])


async def list_tokens(connection: Connection, account: str | None = None) -> list[Token]:
    """The tokens of an account, or of all, oldest first; those that are no longer valid too."""
    rows = await connection.fetch(statement(__package__, "list_tokens"), account)
    return [Token(**row) for row in rows]


async def revoke_tokens(connection: Connection, account: str, token: str | None = None) -> int:
    """Make a token of an account valid no more, or all of them; returns how many.

    Args:
        token: its id, or the whole token.

    Raises:
        NotFound: the account has no such token, or there is no such account.
    """
    id = None if token is None else id_in(token)
    row = await connection.fetchrow(statement(__package__, "revoke_tokens"), account, id)
    if not row["known"]:
        raise NotFound(f"there is no account {account[:255]!r}; horarium user list shows them")
    if id is not None and row["count"] == 0:
        raise NotFound(
            f"{account[:255]} has no valid token {id[:20]}; horarium user list shows them"
        )
    return int(row["count"])


class TokenChecks:
    """Whom tokens let in, remembered for a moment, so that many requests ask the database once."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._visitors: dict[bytes, tuple[float, Visitor | None]] = {}
        self._made = (0.0, False)

    async def visitor(self, text: str) -> Visitor | None:
        """Whom a token lets in; `None`: it is unknown, expired or revoked."""
        if not has_form(text):
            return None
        key = hash_of(text)
        until, visitor = self._visitors.get(key, (0.0, None))
        if until > monotonic():
            return visitor
        async with self._database.connection() as connection:
            row = await connection.fetchrow(statement(__package__, "check_token"), key)
        if len(self._visitors) >= MOST:
            self._visitors.clear()
        visitor = None if row is None else _visitor(row)
        self._visitors[key] = (monotonic() + REMEMBERED, visitor)
        return visitor

    async def any_made(self) -> bool:
        """Whether a token was ever made, valid or not: revoking all of them opens nothing."""
        until, made = self._made
        if made or until > monotonic():
            return made
        async with self._database.connection() as connection:
            made = bool(await connection.fetchval(statement(__package__, "any_token")))
        self._made = (monotonic() + REMEMBERED, made)
        return made


def _visitor(row: Mapping[str, Any]) -> Visitor:
    return Visitor(row["name"], Role(row["role"]))
