"""Orders that arrive together share a transaction, and nothing else."""

import asyncio
from collections.abc import AsyncIterator
from decimal import Decimal

import pytest

from horarium.database import Connection, Database
from horarium.errors import HorariumError
from horarium.shop import (
    InsufficientStock,
    NewItem,
    NewOrder,
    NewProduct,
    Till,
    create_product,
    read_order,
    read_product,
)
from horarium.shop import till as tills


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    database = Database(database_url)
    await database.open()
    async with database.transaction() as connection:
        for name, stock in (("hot", 30), ("cold", 1000)):
            new = NewProduct(name, Decimal("1.10"), "EUR", stock, name)
            await create_product(connection, new)
    yield database
    await database.close()


def order(product: str, quantity: int = 1, **others: str) -> NewOrder:
    return NewOrder(items=[NewItem(product, quantity)], **others)  # type: ignore[arg-type]


async def stock(connection: Connection, product: str) -> int | None:
    return (await read_product(connection, product)).stock


async def transactions(connection: Connection) -> int:
    """In how many transactions the orders were placed: each has one instant."""
    sql = "select count(distinct created_at) from shop.orders"
    return int(await connection.fetchval(sql))


async def test_many_at_once_take_what_there_is(database: Database) -> None:
    till = Till(database)
    asked = [till.place(order("hot")) for _ in range(50)]
    outcomes = await asyncio.gather(*asked, return_exceptions=True)
    assert [isinstance(each, InsufficientStock) for each in outcomes] == [False] * 30 + [True] * 20
    async with database.connection() as connection:
        assert await stock(connection, "hot") == 0
        assert await transactions(connection) < 10


async def test_who_comes_as_the_last_lane_ends_is_served(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tills, "LANES", 1)
    till = Till(database)
    async with asyncio.timeout(60):
        for _ in range(3):
            await till.place(order("hot"))
    async with database.connection() as connection:
        assert await stock(connection, "hot") == 27


async def test_several_processes_at_once(database: Database, database_url: str) -> None:
    others = [Database(database_url, size=3) for _ in range(3)]
    tills = [Till(each) for each in (database, *others)]
    asked = [tills[n % 4].place(order("cold", 7)) for n in range(200)]
    outcomes = await asyncio.gather(*asked, return_exceptions=True)
    placed = [each for each in outcomes if not isinstance(each, BaseException)]
    assert len(placed) == 142
    assert all(isinstance(each, HorariumError) for each in outcomes if each not in placed)
    async with database.connection() as connection:
        assert await stock(connection, "cold") == 1000 - 142 * 7
        for each in placed[:5]:
            assert await read_order(connection, each.id) == each
    await asyncio.gather(*(each.close() for each in others))


async def test_a_batch_that_fails_is_placed_one_by_one(database: Database) -> None:
    async with database.connection() as connection:
        await connection.execute(
            "create function shop.refuse() returns trigger language plpgsql as "
            "'begin raise exception ''no thirteen''; end';"
            "create trigger thirteen before insert on shop.orders for each row "
            "when (new.id = '13') execute function shop.refuse()"
        )
        till = Till(database)
        asked = [till.place(order("cold", id=str(number))) for number in range(20)]
        outcomes = await asyncio.gather(*asked, return_exceptions=True)
        failed = [n for n, each in enumerate(outcomes) if isinstance(each, BaseException)]
        assert failed == [13]
        assert await stock(connection, "cold") == 1000 - 19


async def test_a_lock_holds_up_only_who_needs_it(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tills, "PATIENCE", "50ms")
    till = Till(database)
    async with database.transaction() as holder:
        await holder.execute("select 1 from shop.products where id = 'hot' for update")
        held = asyncio.create_task(_apart(till, order("hot")))
        freed = await asyncio.gather(*(_apart(till, order("cold")) for _ in range(20)))
        assert len(freed) == 20
        assert not held.done()
    await held


async def _apart(till: Till, new: NewOrder) -> object:
    """From a task that is in no transaction of its maker's."""
    from horarium.transaction import joined

    with joined(None):
        return await till.place(new)


async def test_in_a_transaction_it_joins_that(database: Database) -> None:
    till = Till(database)
    with pytest.raises(ZeroDivisionError):
        async with database.transaction():
            await till.place(order("hot"))
            raise ZeroDivisionError
    async with database.connection() as connection:
        assert await stock(connection, "hot") == 30


async def test_a_caller_who_leaves_takes_nobody_along(database: Database) -> None:
    till = Till(database)
    gone, stays = (asyncio.create_task(till.place(order("hot"))) for _ in range(2))
    await asyncio.sleep(0)
    gone.cancel()
    assert (await stays).total_amount == Decimal("1.10")


async def test_a_commit_of_unknown_outcome_is_not_repeated(database: Database) -> None:
    """The connection is cut when the batch has been committed: each finds its own order."""
    till = Till(database)
    together = till._together
    cut = iter((True,))

    async def cut_once(batch: list[tills._Waiting]) -> object:
        outcomes = await together(batch)
        if next(cut, False):
            raise ConnectionResetError
        return outcomes

    till._together = cut_once  # type: ignore[method-assign,assignment]
    placed = await asyncio.gather(*(till.place(order("hot")) for _ in range(10)))
    assert len({each.id for each in placed}) == 10
    async with database.connection() as connection:
        assert await stock(connection, "hot") == 20
