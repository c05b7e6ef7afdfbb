"""The shop's profile, its users and its products; lists come in pages."""

from decimal import Decimal

import pytest

from horarium.database import Connection
from horarium.errors import Conflict, InvalidInput, NotFound
from horarium.shop import (
    NewProduct,
    NewUser,
    Profile,
    create_product,
    create_user,
    list_products,
    list_users,
    profile,
    read_product,
    read_user,
    settle_profile,
)

LARGE = "x" * 1_000_000


async def test_a_profile_is_settled_and_may_change(connection: Connection) -> None:
    assert await profile(connection) is None
    assert await settle_profile(connection, "Europe/London", "GBP") == Profile(
        "Europe/London", "GBP"
    )
    await settle_profile(connection, "Asia/Tokyo", "JPY")
    assert await profile(connection) == Profile("Asia/Tokyo", "JPY")
    for zone, currency in (("Mars", "GBP"), (LARGE, "GBP"), ("UTC", "gbp"), ("UTC", LARGE)):
        with pytest.raises(InvalidInput) as refused:
            await settle_profile(connection, zone, currency)
        assert len(str(refused.value)) < 200
    assert await profile(connection) == Profile("Asia/Tokyo", "JPY")


async def test_a_user_is_read_as_created(connection: Connection) -> None:
    new = NewUser("Ada Løvelace", "ada@example.org", "Norway", "Europe/Oslo")
    user = await create_user(connection, new)
    assert (user.name, user.email, user.country, user.zone) == (
        "Ada Løvelace",
        "ada@example.org",
        "Norway",
        "Europe/Oslo",
    )
    assert await read_user(connection, user.id) == user
    assert (await create_user(connection, NewUser("Bob", id="17850"))).id == "17850"


async def test_users_have_ids_and_addresses_of_their_own(connection: Connection) -> None:
    await create_user(connection, NewUser("Ada", "ada@example.org", id="1"))
    for new in (NewUser("Eve", id="1"), NewUser("Eve", "ADA@example.org")):
        with pytest.raises(Conflict):
            await create_user(connection, new)
    assert (await list_users(connection)).total == 1


async def test_users_that_cannot_be(connection: Connection) -> None:
    cases = [
        (NewUser(""), "name"),
        (NewUser(" \t"), "name"),
        (NewUser("a\0b"), "name"),
        (NewUser("\ud800"), "name"),
        (NewUser(LARGE), "name"),
        (NewUser("Ada", "nowhere"), "email"),
        (NewUser("Ada", f"{LARGE}@example.org"), "email"),
        (NewUser("Ada", country=""), "country"),
        (NewUser("Ada", zone="Mars"), "zone"),
        (NewUser("Ada", id=""), "id"),
        (NewUser("Ada", id="x" * 256), "id"),
    ]
    for new, field in cases:
        with pytest.raises(InvalidInput) as refused:
            await create_user(connection, new)
        assert refused.value.field == field, new
    assert (await list_users(connection)).total == 0


async def test_a_product_is_read_as_created(connection: Connection) -> None:
    await settle_profile(connection, "Europe/London", "GBP")
    product = await create_product(connection, NewProduct("Cup", Decimal("0.001")))
    assert (product.name, product.price, product.currency, product.stock) == (
        "Cup",
        Decimal("0.001"),
        "GBP",
        0,
    )
    assert await read_product(connection, product.id) == product
    with pytest.raises(Conflict):
        await create_product(connection, NewProduct("Mug", Decimal(1), id=product.id))


async def test_products_that_cannot_be(connection: Connection) -> None:
    cases = [
        (NewProduct("", Decimal(1), "EUR"), "name"),
        (NewProduct(LARGE, Decimal(1), "EUR"), "name"),
        (NewProduct("Cup", Decimal(-1), "EUR"), "price"),
        (NewProduct("Cup", Decimal("NaN"), "EUR"), "price"),
        (NewProduct("Cup", Decimal("1E+400"), "EUR"), "price"),
        (NewProduct("Cup", Decimal(1), "euro"), "currency"),
        (NewProduct("Cup", Decimal(1)), "currency"),
        (NewProduct("Cup", Decimal(1), "EUR", -1), "stock"),
        (NewProduct("Cup", Decimal(1), "EUR", 2**31), "stock"),
        (NewProduct("Cup", Decimal(1), "EUR", id="\n"), "id"),
    ]
    for new, field in cases:
        with pytest.raises(InvalidInput) as refused:
            await create_product(connection, new)
        assert refused.value.field == field, new
    assert (await list_products(connection)).total == 0


async def test_what_is_not_there_is_not_found(connection: Connection) -> None:
    for identity in ("nobody", "", "a\0b", LARGE, "'; drop table shop.users; --"):
        with pytest.raises(NotFound, match="no user"):
            await read_user(connection, identity)
        with pytest.raises(NotFound, match="no product"):
            await read_product(connection, identity)


async def test_lists_come_in_pages(connection: Connection) -> None:
    for number in range(5):
        await create_product(connection, NewProduct(f"Cup {number}", Decimal(1), "EUR", number))
    first = await list_products(connection, page=1, count=2)
    last = await list_products(connection, page=3, count=2)
    assert [product.name for product in (*first.items, *last.items)] == ["Cup 0", "Cup 1", "Cup 4"]
    assert (last.total, last.page, last.count) == (5, 3, 2)
    beyond = await list_products(connection, page=1_000_000_000, count=1000)
    assert (beyond.items, beyond.total) == ([], 5)


async def test_pages_that_cannot_be(connection: Connection) -> None:
    for page, count in ((0, 10), (-1, 10), (10**18, 10), (1, 0), (1, 1001)):
        with pytest.raises(InvalidInput):
            await list_users(connection, page, count)


async def test_lists_are_filtered(connection: Connection) -> None:
    for name, stock in (("Red 100% cup", 0), ("Blue cup", 5), ("Song", None)):
        await create_product(connection, NewProduct(name, Decimal(1), "EUR", stock))
    for filters, names in (
        ({"name": "CUP"}, ["Red 100% cup", "Blue cup"]),
        ({"name": "0%"}, ["Red 100% cup"]),
        ({"name": "\0"}, []),
        ({"available": True}, ["Blue cup", "Song"]),
        ({"available": False}, ["Red 100% cup"]),
    ):
        page = await list_products(connection, **filters)  # type: ignore[arg-type]
        assert ([product.name for product in page.items], page.total) == (names, len(names))
    await create_user(connection, NewUser("Ada", "ada@example.org", "Norway"))
    assert (await list_users(connection, email="ADA@example.org")).total == 1
    assert (await list_users(connection, country="Norway")).total == 1
    assert (await list_users(connection, country="'--")).total == 0
