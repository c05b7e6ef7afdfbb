"""A database that is lent again is as it was when it was made, or it is another."""

from collections.abc import Awaitable, Callable, Iterator

import asyncpg
import pytest

from databases import Databases
from washing import LARGE, Washed

Lend = Callable[[], str]
Act = Callable[..., Awaitable[list[object]]]

ORDER = "insert into shop.orders (id, currency, placed_at) values ('a', 'EUR', now())"
WORKER = """
insert into horarium.workers (name, host, pid, queues, slots, started_at, lease_until)
values ('', '', 1, '{}', 1, now(), now())
"""
ROWS = """
select (select count(*) from shop.orders) + (select count(*) from shop.changed_days)
    + (select count(*) from horarium.workers)
"""
CHANGES = (
    "alter table horarium.jobs add column more int",
    "create function horarium.more() returns int language sql as 'select 1'",
    "create index more on shop.orders (currency)",
    "insert into shop.users (id) values ('a'); analyze shop.users",
    "drop table horarium.rates",
    "alter table horarium.jobs rename column owner to whose",
    "update horarium.watched_reports set every = every",
    "insert into horarium.watched_reports (report, every) values ('more', 'day')",
)


@pytest.fixture(scope="module")
def own(databases: Databases, template: str) -> Iterator[Washed]:
    own = Washed(databases, template)
    yield own
    own.close()


@pytest.fixture
def lend(own: Washed) -> Iterator[Lend]:
    """Takes back what it lent before, if anything, and lends again."""
    lent: list[str] = []

    def take_back() -> None:
        while lent:
            own.take_back(lent.pop())

    def lend() -> str:
        take_back()
        lent.append(own.lend())
        return lent[0]

    yield lend
    take_back()


@pytest.fixture
def act(databases: Databases) -> Act:
    async def act(name: str, *statements: str) -> list[object]:
        connection = await asyncpg.connect(databases.address(name))
        try:
            return [await connection.fetchval(statement) for statement in statements]
        finally:
            await connection.close()

    return act


async def test_rows_go_and_sequences_begin_again(lend: Lend, act: Act) -> None:
    name = lend()
    for _ in range(3):
        found = await act(name, ORDER, WORKER, ROWS, "select id from horarium.workers")
        assert found[2:] == [3, 1]
        assert lend() == name
        assert await act(name, ROWS) == [0]


async def test_nobody_stays_connected(lend: Lend, databases: Databases) -> None:
    connection = await asyncpg.connect(databases.address(lend()))
    transaction = connection.transaction()
    await transaction.start()
    await connection.execute("insert into shop.users (id) values ('a')")
    name = await connection.fetchval("select current_database()")
    assert lend() == name
    with pytest.raises((asyncpg.PostgresConnectionError, asyncpg.InterfaceError)):
        await connection.fetchval("select 1")


async def test_what_a_test_put_beside_our_tables_goes(lend: Lend, act: Act) -> None:
    name = lend()
    await act(name, "create table mine (id int primary key)")
    await act(name, "create function more() returns int language sql as 'select 1'")
    assert lend() == name
    there = "select to_regclass('public.mine')::text || to_regproc('public.more')::text"
    assert await act(name, there) == [None]


@pytest.mark.parametrize("change", CHANGES)
async def test_a_changed_database_is_not_lent_again(lend: Lend, act: Act, change: str) -> None:
    name = lend()
    await act(name, *change.split(";"))
    assert lend() != name


async def test_a_table_that_has_grown_holds_no_dead_rows(lend: Lend, act: Act) -> None:
    name = lend()
    grow = "insert into shop.users (id) select n::text from generate_series(1, 9000) n"
    size = "select pg_relation_size('shop.users')"
    assert (await act(name, grow, size))[1] > LARGE
    for _ in range(2):
        assert lend() == name
        assert await act(name, size) == [0]
