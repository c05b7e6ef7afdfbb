"""Placing an order: checked, priced, and its stock taken, or refused.

All of that is one statement (``sql/place_order.sql``): it locks the products in the order of their
ids, checks, and writes the order, its items and the stock, or nothing. The checks that need no
database come before it, so that bad input costs no lock.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from horarium.database import Connection, statement
from horarium.errors import Conflict, HorariumError, InvalidInput
from horarium.shop.money import currency_code
from horarium.shop.orders import Item, Order, order_of
from horarium.shop.texts import checked_id, checked_instant, has_unshown

LARGEST_QUANTITY = 2_147_483_647
MOST_ITEMS = 10_000

Rows = Mapping[str, Mapping[str, Any]]
"""What the statement says of each product that is wanted, by its id."""


class NewItem(msgspec.Struct, frozen=True):
    """So many of a product."""

    product_id: str
    quantity: int


class NewOrder(msgspec.Struct, frozen=True):
    """An order to be placed: now and in the products' currency, unless it says otherwise."""

    user_id: str | None = None
    items: list[NewItem] = []
    currency: str | None = None
    placed_at: datetime | None = None
    id: str | None = None


class InsufficientStock(Conflict):
    """There is less of a product than an order wants.

    Attributes:
        product_id: the product.
        wanted: how many the order wants in all its items.
        left: how many there are.
    """

    def __init__(self, product_id: str, wanted: int, left: int) -> None:
        super().__init__(f"insufficient stock of {product_id}: {wanted} wanted, {left} left")
        self.product_id = product_id
        self.wanted = wanted
        self.left = left


async def create_order(connection: Connection, new: NewOrder) -> Order:
    """Place an order and take its stock; as one statement, it needs no transaction around it.

    Raises:
        InvalidInput: a value cannot be used; the field names the item, as `items[1].product_id`.
        InsufficientStock: there is too little of a product. Nothing was taken.
        Conflict: there is an order with this id already.
    """
    identity = _checked(new)
    found = await connection.fetch(
        statement(__package__, "place_order"),
        identity,
        new.user_id,
        new.currency,
        new.placed_at,
        [item.product_id for item in new.items],
        [item.quantity for item in new.items],
    )
    rows = {row["product_id"]: row for row in found}
    if found[0]["id"] is None:
        raise _refusal(identity, new, rows)
    return order_of({**found[0], "user_id": new.user_id}, _items(new, rows))


def _checked(new: NewOrder) -> str:
    if not 1 <= len(new.items) <= MOST_ITEMS:
        reason = f"an order has 1 to {MOST_ITEMS} items, this one has {len(new.items)}"
        raise InvalidInput("items", reason)
    for index, item in enumerate(new.items):
        _check_item(index, item)
    if new.user_id is not None and has_unshown(new.user_id):
        raise _no_user(new.user_id)
    if new.currency is not None:
        currency_code("currency", new.currency)
    if new.placed_at is not None:
        checked_instant("placed_at", new.placed_at)
    return checked_id("id", new.id)


def _check_item(index: int, item: NewItem) -> None:
    if not 1 <= item.quantity <= LARGEST_QUANTITY:
        reason = f"{item.quantity} is no quantity; it takes 1 to {LARGEST_QUANTITY}"
        raise InvalidInput(f"items[{index}].quantity", reason)
    if has_unshown(item.product_id):
        raise _no_product(index, item.product_id)


def _items(new: NewOrder, rows: Rows) -> list[Item]:
    return [
        Item(
            line=line,
            product_id=item.product_id,
            description=rows[item.product_id]["name"],
            quantity=item.quantity,
            price=rows[item.product_id]["price"],
        )
        for line, item in enumerate(new.items, start=1)
    ]


def _refusal(identity: str, new: NewOrder, rows: Rows) -> HorariumError:
    """Why the statement placed nothing: the first reason in the order of the request."""
    first = next(iter(rows.values()))
    if first["id_taken"]:
        return Conflict(f"there is an order with the id {identity} already")
    if not first["user_known"]:
        return _no_user(new.user_id or "")
    for index, item in enumerate(new.items):
        if fault := _fault(index, new, rows[item.product_id]):
            return fault
    for row in (rows[item.product_id] for item in new.items):
        if row["stock"] is not None and row["quantity"] > row["stock"]:
            return InsufficientStock(row["product_id"], int(row["quantity"]), row["stock"])
    # Another request placed an order with this id at the same time.
    return Conflict(f"there is an order with the id {identity} already")


def _fault(index: int, new: NewOrder, row: Mapping[str, Any]) -> InvalidInput | None:
    product = row["product_id"]
    if not row["known"]:
        return _no_product(index, product)
    if row["price"] is None:
        reason = f"product {product} has no price, so it cannot be ordered"
        return InvalidInput(f"items[{index}].product_id", reason)
    if row["product_currency"] != row["order_currency"]:
        field = "currency" if new.currency else f"items[{index}].product_id"
        reason = (
            f"product {product} is sold in {row['product_currency']}, "
            f"and an order in {row['order_currency']} cannot hold it"
        )
        return InvalidInput(field, reason)
    return None


def _no_product(index: int, identity: str) -> InvalidInput:
    reason = f"there is no product with the id {identity[:255]!r}"
    return InvalidInput(f"items[{index}].product_id", reason)


def _no_user(identity: str) -> InvalidInput:
    return InvalidInput("user_id", f"there is no user with the id {identity[:255]!r}")
