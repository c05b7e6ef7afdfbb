"""The way to PostgreSQL: joined transactions, JSON as bytes, and errors that name the server."""

import asyncio
from datetime import UTC, datetime
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest

from horarium.database import _ARRAYS, Database
from horarium.errors import HorariumError, Unavailable
from horarium.link import Link
from horarium.listener import Listener
from horarium.outage import TRANSIENT
from horarium.transaction import current_connection


@pytest.fixture
async def database(empty_database_url: str):
    opened = Database(empty_database_url, size=3)
    async with opened.connection() as connection:
        await connection.execute("create table notes (text text)")
    yield opened
    await opened.close()


async def notes(database: Database) -> list[str]:
    async with database.connection() as connection:
        return [row["text"] for row in await connection.fetch("select text from notes")]


async def write(database: Database, text: str) -> None:
    async with database.connection() as connection:
        await connection.execute("insert into notes values ($1)", text)


async def test_what_is_called_in_a_transaction_joins_it(database: Database) -> None:
    with pytest.raises(ZeroDivisionError):
        async with database.transaction():
            await write(database, "gone")
            raise ZeroDivisionError
    async with database.transaction() as connection:
        assert current_connection() is connection
        await write(database, "kept")
    assert current_connection() is None
    assert await notes(database) == ["kept"]


async def test_a_second_database_joins_if_it_is_the_same(
    database: Database, empty_database_url: str
) -> None:
    second = Database(empty_database_url)
    with pytest.raises(ZeroDivisionError):
        async with database.transaction():
            await write(second, "gone")
            async with second.transaction():
                await write(database, "gone")
            raise ZeroDivisionError
    assert await notes(second) == []
    await second.close()


async def test_another_database_is_refused_in_a_transaction(
    database: Database, empty_database_url: str
) -> None:
    """Its statements would be carried out in the wrong database."""
    parts = urlsplit(empty_database_url)
    named = parts._replace(path="/postgres", netloc=f"u:geheim@{parts.hostname}")
    other = Database(urlunsplit(named))
    async with database.transaction() as connection:
        assert current_connection() is connection
        for use in (other.connection, other.transaction):
            with pytest.raises(HorariumError, match="cannot take part") as refusal:
                async with use():
                    pass
            assert "geheim" not in str(refusal.value)
        await write(database, "kept")
    assert await notes(database) == ["kept"]


async def test_a_nested_transaction_is_a_savepoint(database: Database) -> None:
    async with database.transaction():
        await write(database, "outer")
        with pytest.raises(ZeroDivisionError):
            async with database.transaction():
                await write(database, "inner")
                raise ZeroDivisionError
    assert await notes(database) == ["outer"]


async def test_one_asyncio_tasks_transaction_is_not_anothers(database: Database) -> None:
    begun, written = asyncio.Event(), asyncio.Event()

    async def roll_back() -> None:
        async with database.transaction():
            await write(database, "gone")
            begun.set()
            await written.wait()
            raise ZeroDivisionError

    undone = asyncio.create_task(roll_back())
    await begun.wait()
    await write(database, "kept")
    written.set()
    with pytest.raises(ZeroDivisionError):
        await undone
    assert await notes(database) == ["kept"]


async def test_json_travels_as_bytes(database: Database) -> None:
    async with database.connection() as connection:
        value = await connection.fetchval("select $1::jsonb", b'{"a": [1, 2.50, null]}')
        several = await connection.fetchval("select $1::jsonb[]", [b"1", None, b'"x"'])
    assert value == b'{"a": [1, 2.50, null]}'
    assert several == [b"1", None, b'"x"']


async def test_arrays_of_the_servers_own_types_are_known_and_not_asked_for(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are what asyncpg would have found out, from this server and by this release of it."""
    async with database.connection() as connection:
        found, _ = await connection._introspect_types([each["oid"] for each in _ARRAYS], None)
        rows = {row["oid"]: dict(row) for row in found}
        for known in _ARRAYS:
            assert {name: rows[known["oid"]][name] for name in known} == known

    async def ask(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr(asyncpg.Connection, "_introspect_types", ask)
    connection = await database.connect("test")
    try:
        row = await connection.fetchrow(
            "select $1::jsonb[] as documents, $2::int[] as numbers, $3::timestamptz[] as times",
            *([b"[1]", None], [1, 2], [datetime(2026, 3, 29, 1, tzinfo=UTC)]),
        )
    finally:
        await connection.close()
    assert tuple(row) == ([b"[1]", None], [1, 2], [datetime(2026, 3, 29, 1, tzinfo=UTC)])


async def test_a_server_that_does_not_answer_is_named_without_the_password() -> None:
    database = Database("postgresql://me:secret@127.0.0.1:1/none")
    for attempt in (database.open(), Link(database, "test").get()):
        with pytest.raises(Unavailable) as refused:
            await attempt
        assert "127.0.0.1:1" in str(refused.value)
        assert "secret" not in str(refused.value)


async def test_the_place_is_found_and_the_pool_opened_once_however_many_ask(
    empty_database_url: str,
) -> None:
    found = 0

    async def find() -> str:
        nonlocal found
        found += 1
        await asyncio.sleep(0)
        return empty_database_url

    database = Database(find, size=4)

    async def backend() -> int:
        async with database.connection() as connection:
            return await connection.fetchval("select pg_backend_pid()")

    pids = await asyncio.gather(*(backend() for _ in range(12)))
    assert found == 1
    assert len(set(pids)) <= 4
    await database.close()


async def test_a_lost_link_is_opened_again(database: Database) -> None:
    link = Link(database, "link under test")
    first = await link.get()
    pid = await first.fetchval("select pg_backend_pid()")
    async with database.connection() as connection:
        await connection.execute("select pg_terminate_backend($1)", pid)
    with pytest.raises(TRANSIENT):
        await first.fetchval("select 1")
    second = await link.get()
    assert await second.fetchval("select 1") == 1
    await link.close()


async def test_a_listener_hears_again_after_its_connection_was_cut(database: Database) -> None:
    heard: asyncio.Queue[str | None] = asyncio.Queue()
    listener = Listener(database)
    listener.subscribe("news", heard.put_nowait)
    running = asyncio.create_task(listener.run())

    async with asyncio.timeout(20):
        assert await heard.get() is None, "it begins with: look for yourself"
        async with database.connection() as connection:
            await connection.execute("select pg_notify('news', 'one')")
            assert await heard.get() == "one"
            await connection.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity "
                "where application_name = 'horarium listener' and datname = current_database()"
            )
            assert await heard.get() is None, "it was deaf for a moment: look for yourself"
            await connection.execute("select pg_notify('news', 'two')")
            assert await heard.get() == "two"
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_statements_that_run_are_waited_for_when_it_is_closed(database: Database) -> None:
    async def work() -> int:
        async with database.transaction() as connection:
            under_way.set()
            return await connection.fetchval("select 7 from pg_sleep(0.2)")

    under_way = asyncio.Event()
    working = asyncio.create_task(work())
    await under_way.wait()
    async with asyncio.timeout(5):
        await asyncio.gather(database.close(), database.close())
    assert await working == 7
    async with database.connection() as connection:
        assert await connection.fetchval("select 8") == 8, "it is opened again"


async def test_a_statement_that_does_not_end_is_cut_off_when_it_is_closed(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("horarium.database._CLOSING", 0.1)

    async def work() -> None:
        async with database.connection() as connection:
            under_way.set()
            await connection.execute("select pg_sleep(60)")

    under_way = asyncio.Event()
    working = asyncio.create_task(work())
    await under_way.wait()
    async with asyncio.timeout(5):
        await database.close()
        with pytest.raises(Unavailable, match="went away in the middle of a statement"):
            await working


async def test_what_a_user_leaves_in_a_session_does_not_reach_the_next(
    empty_database_url: str,
) -> None:
    database = Database(empty_database_url, size=1)
    try:
        async with database.transaction() as connection:
            await connection.execute("set statement_timeout = '7s'; select pg_advisory_lock(7)")
        lent = await database.acquire()
        assert await lent.fetchval("show statement_timeout") == "0"
        held = (
            "select count(*) from pg_locks where locktype = 'advisory' and pid = pg_backend_pid()"
        )
        assert await lent.fetchval(held) == 0
        await lent.execute("set statement_timeout = '7s'")
        await database.release(lent)
        async with database.connection() as connection:
            assert await connection.fetchval("show statement_timeout") == "0"
    finally:
        await database.close()


async def test_our_own_statements_cost_one_round_trip(empty_database_url: str) -> None:
    database = Database(empty_database_url, size=1)
    try:
        async with database.connection() as connection:
            queries: list[str] = []
            connection.add_query_logger(lambda record: queries.append(record.query))
            await connection.fetchval("select 1")
        async with database.connection() as connection:
            assert queries == ["select 1"]
    finally:
        await database.close()
