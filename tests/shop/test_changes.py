"""Orders that are changed, cancelled and deleted: stock goes back exactly once, days are noted."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from horarium.database import Connection
from horarium.errors import Conflict, NotFound
from horarium.shop import (
    NewItem,
    NewOrder,
    NewProduct,
    OrderChange,
    Outdated,
    ProductChange,
    Status,
    cancel_order,
    change_order,
    change_product,
    create_order,
    create_product,
    delete_order,
    import_orders,
    read_order,
    read_product,
    sample,
)
from horarium.shop.fulfilment import STEPS

AT = datetime(2026, 3, 29, 0, 50, tzinfo=UTC)
QUARTER = datetime(2026, 3, 29, 0, 45, tzinfo=UTC)


@pytest.fixture
async def cup(connection: Connection) -> None:
    await create_product(connection, NewProduct("CUP", Decimal("2.50"), "EUR", 10, "cup"))


async def stock(connection: Connection) -> int | None:
    return (await read_product(connection, "cup")).stock


async def placed(connection: Connection, quantity: int = 4, identity: str = "1") -> None:
    new = NewOrder(items=[NewItem("cup", quantity)], placed_at=AT, id=identity)
    await create_order(connection, new)


async def slots(connection: Connection) -> list[datetime]:
    """What reports have to look at since the last look."""
    rows = await connection.fetch("delete from shop.changed_days returning ordered_at")
    return sorted({row["ordered_at"] for row in rows})


async def test_many_who_cancel_give_back_once(clients: list[Connection], cup: None) -> None:
    await placed(clients[0])

    async def cancel(connection: Connection) -> None:
        async with connection.transaction():
            await cancel_order(connection, "1")

    await asyncio.gather(*(cancel(client) for client in clients))
    assert await stock(clients[0]) == 10


async def test_many_who_change_move_stock_by_the_difference(
    clients: list[Connection], cup: None
) -> None:
    for number in range(2):
        await placed(clients[0], 1, str(number))

    async def change(connection: Connection, number: int) -> None:
        async with connection.transaction():
            items = [NewItem("cup", 1 + number % 5)]
            await change_order(connection, str(number % 2), OrderChange(items=items))

    await asyncio.gather(*(change(client, n) for n, client in enumerate(clients)))
    orders = [await read_order(clients[0], identity) for identity in ("0", "1")]
    assert await stock(clients[0]) == 10 - sum(order.items[0].quantity for order in orders)


async def test_whatever_many_do_at_once_nothing_vanishes(clients: list[Connection]) -> None:
    """Placed, changed, cancelled and deleted by all at once, in any order of products: no deadlock,
    and what is on the shelf and what orders hold are together what there was.
    """
    names = ["a", "b", "c"]
    for name in names:
        await create_product(clients[0], NewProduct(name, Decimal(1), "EUR", 40, name))
    seed = random.randrange(2**32)
    print(f"seed {seed}")  # noqa: T201 - shown where it fails
    dice = random.Random(seed)

    async def act(connection: Connection, order: str) -> None:
        chosen = dice.sample(names, dice.randint(1, 3))
        items = [NewItem(name, dice.randint(1, 4)) for name in chosen]
        acts: list[Callable[[], Awaitable[object]]] = [
            lambda: create_order(connection, NewOrder(items=items, id=order)),
            lambda: change_order(connection, order, OrderChange(items=items)),
            lambda: cancel_order(connection, order),
            lambda: delete_order(connection, order),
        ]
        with suppress(Conflict, NotFound):
            async with connection.transaction():
                await dice.choice(acts)()

    async def client(connection: Connection) -> None:
        for _ in range(15):
            await act(connection, str(dice.randrange(12)))

    await asyncio.gather(*(client(connection) for connection in clients))
    rows = await clients[0].fetch(
        "select p.id, p.stock, (select coalesce(sum(taken), 0) from shop.order_items i "
        "where i.product_id = p.id) as held from shop.products p"
    )
    assert {row["id"]: row["stock"] + row["held"] for row in rows} == dict.fromkeys(names, 40)
    assert min(row["stock"] for row in rows) >= 0
    assert (
        await clients[0].fetchval(
            "select count(*) from shop.order_items join shop.orders o on o.id = order_id "
            "where taken <> case o.status when 'cancelled' then 0 else quantity end"
        )
        == 0
    )


async def test_a_product_that_is_counted_later_gets_back_what_it_gave(
    connection: Connection, cup: None
) -> None:
    await change_product(connection, "cup", ProductChange(stock=None))
    await placed(connection, 1000)
    await change_product(connection, "cup", ProductChange(stock=5))
    await cancel_order(connection, "1")
    assert await stock(connection) == 5
    await placed(connection, 3, "2")
    await change_product(connection, "cup", ProductChange(stock=None))
    await cancel_order(connection, "2")
    assert await stock(connection) is None


async def test_each_status_is_followed_by_its_own(connection: Connection, cup: None) -> None:
    for before, after in STEPS.items():
        for status in Status:
            await placed(connection, 1)
            await connection.execute("update shop.orders set status = $1", before)
            change = OrderChange(status=status)
            if status in after or status == before:
                assert (await change_order(connection, "1", change)).status == status
            else:
                with pytest.raises(Conflict, match=f"order 1 is {before}; after that comes"):
                    await change_order(connection, "1", change)
            await connection.execute("delete from shop.orders")
            await connection.execute("update shop.products set stock = 10")


async def test_deleting_gives_back_what_is_held(connection: Connection, cup: None) -> None:
    await placed(connection)
    await delete_order(connection, "1")
    assert await stock(connection) == 10
    await placed(connection)
    await cancel_order(connection, "1")
    await delete_order(connection, "1")
    assert await stock(connection) == 10
    await placed(connection)
    version = (await read_order(connection, "1")).version
    await delete_order(connection, "1", {version})
    await placed(connection)
    # Made again under its id, it is another order for who knew the former.
    with pytest.raises(Outdated):
        await delete_order(connection, "1", {version})


async def test_a_change_that_changes_nothing_is_none(connection: Connection, cup: None) -> None:
    await placed(connection)
    before = await read_order(connection, "1")
    await slots(connection)
    same = OrderChange(status=Status.PLACED, items=[NewItem("cup", 4)], placed_at=AT)
    assert await change_order(connection, "1", same) == before
    assert await slots(connection) == []


async def test_reports_learn_of_every_change_of_a_day(connection: Connection, cup: None) -> None:
    moved = AT + timedelta(days=1)
    await placed(connection)
    assert await slots(connection) == [QUARTER]
    await change_order(connection, "1", OrderChange(items=[NewItem("cup", 1)]))
    assert await slots(connection) == [QUARTER]
    await change_order(connection, "1", OrderChange(placed_at=moved))
    assert await slots(connection) == [QUARTER, QUARTER + timedelta(days=1)]
    await cancel_order(connection, "1")
    assert await slots(connection) == [QUARTER + timedelta(days=1)]
    await delete_order(connection, "1")
    assert await slots(connection) == [QUARTER + timedelta(days=1)]


async def test_a_change_that_is_undone_is_not_noted(connection: Connection, cup: None) -> None:
    with pytest.raises(ZeroDivisionError):
        async with connection.transaction():
            await placed(connection)
            raise ZeroDivisionError
    assert await slots(connection) == []


async def test_an_import_notes_its_slots_once(connection: Connection) -> None:
    async with connection.transaction():
        await import_orders(connection, sample.path())
    rows = await connection.fetchval("select count(*) from shop.changed_days")
    orders = await connection.fetchval("select count(*) from shop.orders")
    assert 0 < rows < orders
    missing = await connection.fetchval(
        "select count(*) from shop.orders where date_bin('15 minutes', placed_at, "
        "'2000-01-01 00:00+00') not in (select ordered_at from shop.changed_days)"
    )
    assert missing == 0
