"""Orders: what was bought, by whom, when, and for how much."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from itertools import groupby
from typing import Annotated, Any

import msgspec

from horarium.database import Connection, statement
from horarium.shop import money
from horarium.shop.cursors import Listing, limits, listing, read
from horarium.shop.rows import not_found
from horarium.shop.texts import checked_instant, fits, may_exist

Instant = Annotated[datetime, msgspec.Meta(tz=True)]


class Kind(StrEnum):
    """A cancellation is an order of its own with negative quantities, an adjustment bookkeeping."""

    SALE = "sale"
    CANCELLATION = "cancellation"
    ADJUSTMENT = "adjustment"


class Status(StrEnum):
    """How far an order has come."""

    PLACED = "placed"
    PAID = "paid"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    CANCELLED = "cancelled"
    RETURNED = "returned"


class Item(msgspec.Struct, frozen=True):
    """A line of an order, with the price of one unit as it was paid."""

    line: int
    product_id: str
    description: str | None
    quantity: int
    price: Decimal


class Order(msgspec.Struct, frozen=True):
    """An order with its items. `count_product` is their number; `total_amount` is what it comes to,
    exactly: the sum of its items, and its freight.
    """

    id: str
    user_id: str | None
    kind: Kind
    status: Status
    currency: str
    freight: Decimal
    placed_at: datetime
    created_at: datetime
    updated_at: datetime
    items: list[Item]
    count_product: int
    total_amount: Decimal
    version: int


async def read_order(connection: Connection, identity: str) -> Order:
    """The order with this id.

    Raises:
        NotFound: there is none.
    """
    found = await read_orders(connection, [identity]) if may_exist(identity) else {}
    if identity not in found:
        raise not_found("order", identity)
    return found[identity]


async def read_orders(connection: Connection, ids: Sequence[str]) -> dict[str, Order]:
    """Those of the orders of these ids that there are, by their ids."""
    if not ids:
        return {}
    rows = await connection.fetch(statement(__package__, "read_orders"), ids)
    items = await _items(connection, ids)
    return {row["id"]: order_of(row, items.get(row["id"], [])) for row in rows}


async def list_orders(
    connection: Connection,
    page: int = 1,
    count: int = 10,
    *,
    cursor: str | None = None,
    user_id: str | None = None,
    kind: Kind | None = None,
    status: Status | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> Listing[Order]:
    """Orders, newest first: a user's, of a kind or status, placed at or after `since` and before
    `until`.

    Raises:
        InvalidInput: there is no such page, no list gave the cursor, an instant has no UTC offset.
    """
    limit, offset = limits(page, count, cursor)
    after = (None, None) if cursor is None else read(cursor, tuple[Instant, str])
    if after[0] is not None:
        checked_instant("cursor", after[0])
    span = [
        None if at is None else checked_instant(name, at)
        for name, at in (("since", since), ("until", until))
    ]
    if not fits(user_id, after[1]):
        return Listing([], 0, page, count, None)
    rows = await connection.fetch(
        statement(__package__, "list_orders"),
        *(limit, offset, user_id, kind, status, *span, *after),
    )
    items = await _items(connection, [row["id"] for row in rows if row["id"] is not None])
    return listing(
        rows,
        lambda row: order_of(row, items.get(row["id"], [])),
        lambda row: (row["placed_at"], row["id"]),
        *(page, count, cursor),
    )


def order_of(row: Mapping[str, Any], items: list[Item]) -> Order:
    """An order from the columns of ``shop.orders`` and its items."""
    return Order(
        id=row["id"],
        user_id=row["user_id"],
        kind=Kind(row["kind"]),
        status=Status(row["status"]),
        currency=row["currency"],
        freight=row["freight"],
        placed_at=row["placed_at"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        items=items,
        count_product=len(items),
        total_amount=money.total(
            [*((item.quantity, item.price) for item in items), (1, row["freight"])]
        ),
        version=row["version"],
    )


async def _items(connection: Connection, orders: Sequence[str]) -> dict[str, list[Item]]:
    if not orders:
        return {}
    rows = await connection.fetch(statement(__package__, "read_items"), orders)
    return {
        order: [_item(row) for row in of_order]
        for order, of_order in groupby(rows, key=lambda row: str(row["order_id"]))
    }


def _item(row: Mapping[str, Any]) -> Item:
    return Item(row["line"], row["product_id"], row["description"], row["quantity"], row["price"])
