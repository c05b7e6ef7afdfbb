"""Lists of orders: newest first, filtered, each with its items."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from horarium.database import Connection
from horarium.errors import InvalidInput, NotFound
from horarium.shop import (
    Kind,
    NewItem,
    NewOrder,
    NewProduct,
    NewUser,
    Status,
    create_order,
    create_product,
    create_user,
    list_orders,
    read_order,
)


@pytest.fixture
async def three(connection: Connection) -> Connection:
    await create_product(connection, NewProduct("Cup", Decimal("1.25"), "EUR", None, "cup"))
    await create_user(connection, NewUser("Ada", id="ada"))
    for number, user in ((1, None), (2, "ada"), (3, None)):
        items = [NewItem("cup", number)] * number
        at = datetime(2026, 1, number, tzinfo=UTC)
        await create_order(connection, NewOrder(user, items, placed_at=at, id=f"order-{number}"))
    await connection.execute(
        "update shop.orders set kind = 'adjustment', status = 'paid' where id = 'order-1'"
    )
    return connection


async def test_orders_are_listed_newest_first_with_their_items(three: Connection) -> None:
    page = await list_orders(three, page=1, count=2)
    assert [order.id for order in page.items] == ["order-3", "order-2"]
    assert page.items == [await read_order(three, "order-3"), await read_order(three, "order-2")]
    assert [order.total_amount for order in page.items] == [Decimal("11.25"), Decimal("5.00")]
    assert page.total == 3
    assert (await list_orders(three, page=9)).items == []


async def test_orders_are_filtered(three: Connection) -> None:
    cases: list[tuple[dict[str, object], list[str]]] = [
        ({"user_id": "ada"}, ["order-2"]),
        ({"user_id": "\0"}, []),
        ({"kind": Kind.ADJUSTMENT}, ["order-1"]),
        ({"status": Status.PAID}, ["order-1"]),
        ({"since": datetime(2026, 1, 2, tzinfo=UTC)}, ["order-3", "order-2"]),
        ({"until": datetime(2026, 1, 2, tzinfo=UTC)}, ["order-1"]),
    ]
    for filters, found in cases:
        page = await list_orders(three, **filters)  # type: ignore[arg-type]
        assert ([order.id for order in page.items], page.total) == (found, len(found)), filters


async def test_what_is_not_there_is_not_found(three: Connection) -> None:
    with pytest.raises(NotFound, match="no order with the id order-4"):
        await read_order(three, "order-4")
    with pytest.raises(InvalidInput, match="UTC offset"):
        await list_orders(three, since=datetime(2026, 1, 1))  # noqa: DTZ001
