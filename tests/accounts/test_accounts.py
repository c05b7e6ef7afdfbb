"""Accounts and tokens: what is kept, what lets in, and what a policy asks."""

import re
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from databases import Databases
from horarium.accounts import (
    Policy,
    Role,
    TokenChecks,
    add_account,
    change_account,
    is_loopback,
    issue_token,
    list_accounts,
    list_tokens,
    policy_of,
    revoke_tokens,
    warning,
)
from horarium.accounts.token import has_form, hash_of, id_in, new_token
from horarium.database import Database
from horarium.errors import Conflict, InvalidInput, NotFound


@pytest.fixture(scope="module")
def url(databases: Databases, template: str) -> Iterator[str]:
    """A database for the tests of this module, which name what is theirs apart."""
    name = databases.create(template)
    yield databases.address(name)
    databases.drop(name)


@pytest.fixture
async def database(url: str) -> AsyncIterator[Database]:
    database = Database(url)
    yield database
    await database.close()


async def test_a_token_lets_its_account_in(database: Database) -> None:
    checks = TokenChecks(database)
    async with database.transaction() as connection:
        await add_account(connection, "ada", Role.ADMIN, "Europe/London")
        issued = await issue_token(connection, "ada", "laptop")
    visitor = await checks.visitor(issued.token)
    assert visitor is not None
    assert (visitor.name, visitor.role) == ("ada", Role.ADMIN)
    assert await checks.visitor(issued.token[:-1] + "~") is None
    assert await checks.visitor(new_token().text) is None
    for text in ("", "hor_", "é" * 60, issued.id, "x" * 100_000):
        assert await checks.visitor(text) is None


async def test_only_a_hash_is_kept(database: Database) -> None:
    async with database.transaction() as connection:
        await add_account(connection, "bea")
        issued = await issue_token(connection, "bea")
        kept = await connection.fetchval(
            "select t::text from horarium.tokens t where id = $1", issued.id
        )
        digest = await connection.fetchval(
            "select hash from horarium.tokens where id = $1", issued.id
        )
    assert issued.token.split("_", 2)[2] not in kept
    assert digest == hash_of(issued.token)


async def test_revoked_and_expired_tokens_let_nobody_in(database: Database) -> None:
    async with database.transaction() as connection:
        await add_account(connection, "cy")
        one, other = [await issue_token(connection, "cy") for _ in range(2)]
        old = await issue_token(connection, "cy", lasts=timedelta(hours=1))
        await connection.execute(
            "update horarium.tokens set expires_at = now() - interval '1 s' where id = $1", old.id
        )
        assert await revoke_tokens(connection, "cy", one.token) == 1
    checks = TokenChecks(database)
    assert await checks.visitor(one.token) is None
    assert await checks.visitor(old.token) is None
    assert await checks.visitor(other.token) is not None
    async with database.transaction() as connection:
        states = {each.id: each.valid for each in await list_tokens(connection, "cy")}
        assert states == {one.id: False, other.id: True, old.id: False}
        assert await revoke_tokens(connection, "cy") == 2
        with pytest.raises(NotFound, match="no valid token"):
            await revoke_tokens(connection, "cy", one.id)
        with pytest.raises(NotFound, match="no account 'nobody'"):
            await revoke_tokens(connection, "nobody")


async def test_an_answer_counts_for_a_moment(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [100.0]
    monkeypatch.setattr("horarium.accounts.tokens.monotonic", lambda: clock[0])
    checks = TokenChecks(database)
    async with database.transaction() as connection:
        await add_account(connection, "di")
        issued = await issue_token(connection, "di")
    assert await checks.visitor(issued.token) is not None
    async with database.transaction() as connection:
        await revoke_tokens(connection, "di")
    assert await checks.visitor(issued.token) is not None
    clock[0] += 2.1
    assert await checks.visitor(issued.token) is None


async def test_revoking_every_token_opens_nothing(empty_of_tokens: Database) -> None:
    assert not await TokenChecks(empty_of_tokens).any_made()
    async with empty_of_tokens.transaction() as connection:
        await add_account(connection, "only")
        await issue_token(connection, "only")
        await revoke_tokens(connection, "only")
    assert await TokenChecks(empty_of_tokens).any_made()


@pytest.fixture
async def empty_of_tokens(database: Database) -> Database:
    async with database.connection() as connection:
        await connection.execute("truncate horarium.accounts cascade")
    return database


async def test_accounts_are_changed(database: Database) -> None:
    async with database.transaction() as connection:
        await add_account(connection, "ed", Role.READER)
        changed = await change_account(connection, "ed", Role.OPERATOR, "Asia/Tokyo")
        assert (changed.role, changed.zone) == (Role.OPERATOR, "Asia/Tokyo")
        assert (await change_account(connection, "ed", Role.ADMIN)).zone == "Asia/Tokyo"
        assert "ed" in [each.name for each in await list_accounts(connection)]


async def test_what_is_refused(database: Database) -> None:
    async with database.transaction() as connection:
        await add_account(connection, "flo")
        with pytest.raises(Conflict, match="already"):
            await add_account(connection, "flo")
        for name in ("", "x" * 256, "a\nb", " a", "~nobody", "\0"):
            with pytest.raises(InvalidInput, match="name"):
                await add_account(connection, name)
        with pytest.raises(InvalidInput, match="no time zone"):
            await add_account(connection, "gus", zone="Europe/Nowhere")
        with pytest.raises(NotFound, match="no account"):
            await issue_token(connection, "gus")
        with pytest.raises(NotFound, match="no account"):
            await change_account(connection, "gus", Role.ADMIN)
        with pytest.raises(InvalidInput, match="expires"):
            await issue_token(connection, "flo", lasts=timedelta())


def test_a_token_has_256_bits_of_chance_and_an_id_that_may_be_shown() -> None:
    made = {new_token() for _ in range(200)}
    assert len({each.text for each in made}) == len({each.id for each in made}) == 200
    for each in made:
        assert re.fullmatch(r"hor_[a-z2-7]{8}_[\w-]{43}", each.text)
        assert has_form(each.text)
        assert id_in(each.text) == id_in(each.id) == id_in(f"hor_{each.id}") == each.id


@given(st.text())
def test_texts_are_no_tokens(text: str) -> None:
    assert not has_form(text)


def test_roles_include_each_other() -> None:
    may = [[role.may(needed) for needed in Role] for role in Role]
    assert may == [[True, False, False], [True, True, False], [True, True, True]]


@pytest.mark.parametrize(
    ("auth", "host", "policy"),
    [
        (None, "127.0.0.1", Policy.ONCE_MADE),
        (None, "localhost", Policy.ONCE_MADE),
        (None, "::1", Policy.ONCE_MADE),
        (None, None, Policy.ONCE_MADE),
        (None, "0.0.0.0", Policy.REQUIRED),
        (None, "::", Policy.REQUIRED),
        (None, "10.1.2.3", Policy.REQUIRED),
        (None, "shop.example.org", Policy.REQUIRED),
        (None, "127.0.0.1.example.org", Policy.REQUIRED),
        ("off", "0.0.0.0", Policy.OFF),
        ("optional", "0.0.0.0", Policy.OPTIONAL),
        ("required", "127.0.0.1", Policy.REQUIRED),
    ],
)
def test_the_policy_follows_the_setting_else_the_address(
    auth: str | None, host: str | None, policy: Policy
) -> None:
    assert policy_of(auth, host) is policy


def test_what_is_said_at_the_start() -> None:
    assert warning(Policy.ONCE_MADE, "127.0.0.1", token_made=False) is None
    assert warning(Policy.REQUIRED, "0.0.0.0", token_made=True) is None
    said = warning(Policy.REQUIRED, "0.0.0.0", token_made=False)
    assert said is not None
    assert "horarium user add" in said
    said = warning(Policy.OFF, "0.0.0.0", token_made=True)
    assert said is not None
    assert "whoever reaches 0.0.0.0" in said
    assert warning(Policy.OFF, "127.0.0.1", token_made=False) is None


def test_loopback_is_more_than_one_address() -> None:
    assert all(map(is_loopback, ["127.0.0.1", "127.9.9.9", "::1", "[::1]", "LOCALHOST"]))
    assert not any(map(is_loopback, ["", "0.0.0.0", "::", "192.168.0.1", "example.org"]))
