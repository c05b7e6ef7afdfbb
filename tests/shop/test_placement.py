"""Placing orders: stock is exact however many place them, and refusals change nothing."""

import asyncio
from contextlib import suppress
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from horarium.database import Connection
from horarium.errors import Conflict, HorariumError, InvalidInput
from horarium.shop import (
    InsufficientStock,
    NewItem,
    NewOrder,
    NewProduct,
    NewUser,
    Order,
    create_order,
    create_product,
    create_user,
    read_order,
    read_product,
)
from horarium.shop.placement import place
from horarium.shop.request import placement


async def product(
    connection: Connection,
    identity: str,
    stock: int | None = 10,
    price: str = "2.50",
    currency: str = "EUR",
) -> None:
    new = NewProduct(f"name of {identity}", Decimal(price), currency, stock, identity)
    await create_product(connection, new)


async def stock(connection: Connection, identity: str) -> int | None:
    return (await read_product(connection, identity)).stock


def order(*items: tuple[str, int], **others: object) -> NewOrder:
    return NewOrder(items=[NewItem(*item) for item in items], **others)  # type: ignore[arg-type]


async def orders(connection: Connection) -> int:
    return int(await connection.fetchval("select count(*) from shop.orders"))


async def test_an_order_takes_stock_and_keeps_what_was_paid(connection: Connection) -> None:
    await product(connection, "cup", 10, "2.50")
    await product(connection, "pin", 5, "0.001")
    user = await create_user(connection, NewUser("Ada"))
    at = datetime(2026, 3, 1, 12, tzinfo=UTC)
    placed = await create_order(
        connection, order(("cup", 3), ("pin", 1), user_id=user.id, placed_at=at)
    )
    assert placed.total_amount == Decimal("7.501")
    assert placed.count_product == 2
    assert (placed.user_id, placed.currency, placed.placed_at) == (user.id, "EUR", at)
    assert [(i.line, i.product_id, i.description) for i in placed.items] == [
        (1, "cup", "name of cup"),
        (2, "pin", "name of pin"),
    ]
    assert await read_order(connection, placed.id) == placed
    assert (await stock(connection, "cup"), await stock(connection, "pin")) == (7, 4)


async def test_too_little_stock_names_product_wanted_and_left(connection: Connection) -> None:
    await product(connection, "cup", 10)
    await product(connection, "pin", 3)
    with pytest.raises(InsufficientStock, match="insufficient stock of pin: 4 wanted, 3 left") as e:
        await create_order(connection, order(("cup", 1), ("pin", 2), ("pin", 2)))
    assert (e.value.product_id, e.value.wanted, e.value.left) == ("pin", 4, 3)
    assert (await stock(connection, "cup"), await stock(connection, "pin")) == (10, 3)
    assert await orders(connection) == 0


async def test_one_product_twice_is_two_lines_and_one_stock(connection: Connection) -> None:
    await product(connection, "cup", 10)
    placed = await create_order(connection, order(("cup", 4), ("cup", 6)))
    assert [item.quantity for item in placed.items] == [4, 6]
    assert await stock(connection, "cup") == 0


async def test_products_without_stock_are_not_counted(connection: Connection) -> None:
    await product(connection, "song", stock=None)
    placed = await create_order(connection, order(("song", 1_000_000)))
    assert placed.total_amount == Decimal("2500000.00")
    assert await stock(connection, "song") is None


async def test_what_cannot_be_ordered_is_named(connection: Connection) -> None:
    await product(connection, "cup")
    await product(connection, "yen", currency="JPY", price="300")
    await connection.execute(
        "insert into shop.products (id, name, currency) values ('draft', 'Draft', 'EUR')"
    )
    cases = [
        (order(("cup", 1), ("mug", 1)), "items[1].product_id", "no product with the id 'mug'"),
        (order(("cup", 1), ("x\0", 1)), "items[1].product_id", "no product"),
        (order(("cup", 1), ("draft", 1)), "items[1].product_id", "has no price"),
        (order(("cup", 1), ("yen", 1)), "items[1].product_id", "order in EUR"),
        (order(("yen", 1), ("cup", 1)), "items[1].product_id", "order in JPY"),
        (order(("cup", 1), currency="USD"), "currency", "sold in EUR"),
        (order(("cup", 1), currency="euro"), "currency", "no currency"),
        (order(("cup", 0)), "items[0].quantity", "0 is no quantity"),
        (order(("cup", 1), ("cup", -1)), "items[1].quantity", "-1 is no quantity"),
        (order(("cup", 2**31)), "items[0].quantity", "no quantity"),
        (order(), "items", "1 to 10000 items, this one has 0"),
        (order(("cup", 1), user_id="nobody"), "user_id", "no user with the id 'nobody'"),
        (order(("cup", 1), user_id="\0"), "user_id", "no user"),
        (order(("cup", 1), id=""), "id", "empty"),
        (order(("cup", 1), placed_at=datetime(2026, 1, 1)), "placed_at", "UTC offset"),  # noqa: DTZ001
        (order(("cup", 1), placed_at=datetime.min.replace(tzinfo=UTC)), "placed_at", "year 1"),
    ]
    for new, field, reason in cases:
        with pytest.raises(InvalidInput) as refused:
            await create_order(connection, new)
        assert reason in refused.value.reason, new
        assert refused.value.field == field, new
    assert await orders(connection) == 0
    assert await stock(connection, "cup") == 10


async def test_an_id_is_used_once(connection: Connection) -> None:
    await product(connection, "cup", 2)
    first = await create_order(connection, order(("cup", 2), id="A-1"))
    with pytest.raises(Conflict, match="an order with the id A-1 already") as refused:
        await create_order(connection, order(("cup", 1), id="A-1"))
    assert not isinstance(refused.value, InsufficientStock)
    assert await create_order(connection, order(("cup", 2), id="A-1")) == first
    assert (await stock(connection, "cup"), await orders(connection)) == (0, 1)


async def test_a_key_is_used_once(connection: Connection) -> None:
    await product(connection, "cup", 10)
    asked = order(("cup", 2), idempotency_key="k 1")
    first = await create_order(connection, asked)
    assert await create_order(connection, asked) == first
    with pytest.raises(Conflict, match=f"the idempotency key k 1 was used .* {first.id}"):
        await create_order(connection, order(("cup", 3), idempotency_key="k 1"))
    with pytest.raises(InvalidInput, match="Idempotency-Key: it has 256 characters"):
        await create_order(connection, order(("cup", 3), idempotency_key="k" * 256))
    assert (await stock(connection, "cup"), await orders(connection)) == (8, 1)


async def test_a_refused_request_may_be_repeated(connection: Connection) -> None:
    await product(connection, "cup", 1)
    asked = order(("cup", 2), idempotency_key="k")
    with pytest.raises(InsufficientStock):
        await create_order(connection, asked)
    await connection.execute("update shop.products set stock = 2")
    await create_order(connection, asked)
    assert await stock(connection, "cup") == 0


async def test_many_clients_never_take_more_than_there_is(clients: list[Connection]) -> None:
    await product(clients[0], "hot", 130)

    async def buy(connection: Connection, times: int) -> int:
        taken = 0
        for _ in range(times):
            with suppress(InsufficientStock):
                await create_order(connection, order(("hot", 1)))
                taken += 1
        return taken

    taken = await asyncio.gather(*(buy(client, 10) for client in clients))
    assert sum(taken) == 130
    assert await stock(clients[0], "hot") == 0
    assert await orders(clients[0]) == 130


async def test_products_in_any_order_never_deadlock(clients: list[Connection]) -> None:
    names = ["a", "b", "c", "d"]
    for name in names:
        await product(clients[0], name, 1000)

    async def buy(connection: Connection, number: int) -> None:
        turned = names[number % 4 :] + names[: number % 4]
        wanted = turned if number % 2 else turned[::-1]
        for _ in range(10):
            async with connection.transaction():
                await create_order(connection, order(*((name, 1) for name in wanted)))

    await asyncio.gather(*(buy(client, number) for number, client in enumerate(clients)))
    assert [await stock(clients[0], name) for name in names] == [800] * 4


async def test_two_orders_with_one_id_at_once_are_one(clients: list[Connection]) -> None:
    await product(clients[0], "cup", 100)
    answers = await asyncio.gather(
        *(create_order(client, order(("cup", 1), id="once")) for client in clients),
        return_exceptions=True,
    )
    assert all(answer == answers[0] for answer in answers)
    assert await stock(clients[0], "cup") == 99


async def test_two_requests_with_one_key_at_once_are_one(clients: list[Connection]) -> None:
    await product(clients[0], "cup", 100)
    asked = order(("cup", 1), idempotency_key="once")
    answers = await asyncio.gather(*(create_order(client, asked) for client in clients))
    assert len({answer.id for answer in answers}) == 1
    assert await stock(clients[0], "cup") == 99


async def test_one_refusal_of_many_touches_no_other(connection: Connection) -> None:
    await product(connection, "cup", 5)
    wanted = [("cup", 3), ("cup", 3), ("mug", 1), ("cup", 2), ("cup", 1)]
    outcomes = await place(connection, [placement(order(each)) for each in wanted])
    assert [str(each) for each in outcomes if isinstance(each, HorariumError)] == [
        "insufficient stock of cup: 3 wanted, 2 left",
        "items[0].product_id: there is no product with the id 'mug'",
        "insufficient stock of cup: 1 wanted, 0 left",
    ]
    placed = [each for each in outcomes if isinstance(each, Order)]
    assert [each.items[0].quantity for each in placed] == [3, 2]
    assert (await stock(connection, "cup"), await orders(connection)) == (0, 2)


async def test_repeats_among_many_are_one(connection: Connection) -> None:
    await product(connection, "cup", 5)
    asked = [
        order(("cup", 1), id="1"),
        order(("cup", 1), id="1"),
        order(("cup", 2), id="1"),
        order(("cup", 1), idempotency_key="k"),
        order(("cup", 1), idempotency_key="k"),
    ]
    outcomes = await place(connection, [placement(each) for each in asked])
    assert outcomes[0] == outcomes[1]
    assert isinstance(outcomes[2], Conflict)
    assert outcomes[3] == outcomes[4]
    assert await stock(connection, "cup") == 3
