"""`horarium user`: accounts of the API and their tokens."""

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal

from cyclopts import App

from horarium.cli.options import Json
from horarium.cli.output import console, print_json, print_table
from horarium.errors import InvalidInput

if TYPE_CHECKING:
    from horarium.accounts import Account
    from horarium.application import Horarium


app = App(name="user", help="Accounts of the API: who may do what, and their tokens.")

RoleName = Literal["reader", "operator", "admin"]
_SPAN = re.compile(r"(\d{1,6})([hdw])")
_UNITS = {"h": "hours", "d": "days", "w": "weeks"}


@app.command
def add(
    name: str, *, role: RoleName = "operator", zone: str | None = None, json: Json = False
) -> None:
    """Make an account. Jobs that it causes through the API belong to it.

    Parameters
    ----------
    name
        Its name, such as ada or ada@example.org.
    role
        What it may do: reader looks, operator also acts, admin also sees everybody's journal.
    zone
        Where its days begin, such as Europe/London; without it where the shop's do.
    """
    from horarium.accounts import Role, add_account
    from horarium.cli.opening import work

    chosen = Role(role)

    async def act(a: "Horarium") -> "Account":
        async with a.transaction() as connection:
            return await add_account(connection, name, chosen, zone)

    _print(work(act), json=json)


@app.command
def change(
    name: str, *, role: RoleName | None = None, zone: str | None = None, json: Json = False
) -> None:
    """Change an account's role or zone. It counts within seconds.

    Parameters
    ----------
    name
        The account.
    role
        What it may do.
    zone
        Where its days begin.
    """
    from horarium.accounts import Role, change_account
    from horarium.cli.opening import work

    chosen = None if role is None else Role(role)

    async def act(a: "Horarium") -> "Account":
        async with a.transaction() as connection:
            return await change_account(connection, name, chosen, zone)

    _print(work(act), json=json)


@app.command
def token(
    account: str,
    *,
    name: str | None = None,
    expires: str | None = None,
    json: Json = False,
) -> None:
    """Make a token of an account. It is shown this once.

    Parameters
    ----------
    account
        The account.
    name
        What the token is for, to be recognised by.
    expires
        How long it is valid: 12h, 90d, 4w; without it until it is revoked.
    """
    from horarium.accounts import issue_token
    from horarium.cli.opening import work

    lasts = _lasts(expires)

    async def act(a: "Horarium") -> Any:
        async with a.transaction() as connection:
            return await issue_token(connection, account, name, lasts)

    issued = work(act)
    if json:
        print_json(issued)
        return
    # The token alone on standard output: it may be read from a pipe.
    console().print(issued.token, markup=False, soft_wrap=True)
    from rich.console import Console

    until = "until it is revoked" if issued.expires_at is None else f"until {issued.expires_at}"
    Console(stderr=True, highlight=False).print(
        f"The token {issued.id} of {account} is valid {until}. It is not shown again.", markup=False
    )


@app.command(name="list")
def list_users(*, json: Json = False) -> None:
    """List accounts with their tokens, whose secrets nobody has."""
    from horarium.accounts import list_accounts, list_tokens
    from horarium.cli.opening import work

    async def look(a: "Horarium") -> Any:
        async with a.database.connection() as connection:
            return await list_accounts(connection), await list_tokens(connection)

    found, issued = work(look)
    if json:
        print_json({"accounts": found, "tokens": issued})
        return
    rows = []
    for each in found:
        own = [t for t in issued if t.account == each.name] or [None]
        rows += [(each.name, each.role, each.zone, *_token_cells(t)) for t in own]
    print_table(
        None,
        ("account", "role", "zone", "token", "for", "made", "expires", "state"),
        rows,
        "There are no accounts; make one: horarium user add NAME",
    )


@app.command
def revoke(account: str, *, token: str | None = None, json: Json = False) -> None:
    """Make tokens of an account valid no more. It counts within seconds.

    Parameters
    ----------
    account
        The account.
    token
        Only this one: its id, or the whole token; without it all.
    """
    from horarium.accounts import revoke_tokens
    from horarium.cli.opening import work

    async def act(a: "Horarium") -> int:
        async with a.transaction() as connection:
            return await revoke_tokens(connection, account, token)

    count = work(act)
    if json:
        print_json({"account": account, "revoked": count})
    else:
        word = "token is" if count == 1 else "tokens are"
        console().print(f"{count} {word} valid no more.", markup=False)


def _token_cells(token: Any) -> tuple[Any, ...]:
    if token is None:
        return (None, None, None, None, "no token")
    state = "valid" if token.valid else "revoked" if token.revoked_at is not None else "expired"
    return (token.id, token.name, token.created_at, token.expires_at, state)


def _print(account: "Account", *, json: bool) -> None:
    if json:
        print_json(account)
    else:
        where = "" if account.zone is None else f", its days are those of {account.zone}"
        console().print(f"{account.name} is {account.role}{where}.", markup=False)


def _lasts(text: str | None) -> timedelta | None:
    if text is None:
        return None
    found = _SPAN.fullmatch(text.strip())
    if found is None or int(found[1]) == 0:
        raise InvalidInput("--expires", f"{text!r} is no span of time; it takes 12h, 90d or 4w")
    return timedelta(**{_UNITS[found[2]]: int(found[1])})
