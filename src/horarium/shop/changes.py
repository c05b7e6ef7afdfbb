"""Orders that are changed, cancelled or deleted, and their stock with them.

Each takes the order's row first, then its products by their ids: the same order everywhere, so that
none of them waits for another in a circle. All of it is in the caller's transaction.
"""

from datetime import datetime
from decimal import Decimal

import msgspec
from msgspec import UNSET, UnsetType

from horarium.database import Connection, statement
from horarium.errors import HorariumError
from horarium.shop.allocation import Line
from horarium.shop.amendment import amend
from horarium.shop.fulfilment import check_items_open, check_removable, check_step
from horarium.shop.money import checked_price
from horarium.shop.orders import Order, Status, read_order, read_orders
from horarium.shop.placement import columns, lock_products
from horarium.shop.request import NewItem, check_items, no_user
from horarium.shop.rows import row_of
from horarium.shop.texts import checked_instant, has_unshown
from horarium.shop.versions import ANY, Versions, check_version


class OrderChange(msgspec.Struct, frozen=True):
    """What is to be changed of an order; the rest stays. `items` are all that it is to have."""

    status: Status | UnsetType = UNSET
    items: list[NewItem] | UnsetType = UNSET
    user_id: str | UnsetType | None = UNSET
    placed_at: datetime | UnsetType = UNSET
    freight: Decimal | UnsetType = UNSET


async def change_order(
    connection: Connection, identity: str, change: OrderChange, known: Versions = ANY
) -> Order:
    """Change an order; its stock follows. What is as it was already changes nothing.

    Raises:
        NotFound: there is no such order.
        Outdated: it was changed since the editor read it.
        InvalidInput: a value cannot be used.
        InsufficientStock: there is too little for what is added.
        Conflict: its status does not allow it.
    """
    order = await _locked(connection, identity, known)
    if change.items is not UNSET and _items(order) != change.items:
        await _replace_items(connection, order, change.items)
    elif not _differs(order, change):
        return order
    if change.status is not UNSET:
        check_step(order, change.status)
        if change.status is Status.CANCELLED:
            await _give_back(connection, order)
    await _alter(connection, order, change)
    return await read_order(connection, identity)


async def cancel_order(connection: Connection, identity: str, known: Versions = ANY) -> Order:
    """Cancel an order and give back what it holds of the stock; cancelled again it stays as it is.

    Raises:
        NotFound, Outdated, Conflict: as `change_order`.
    """
    return await change_order(connection, identity, OrderChange(status=Status.CANCELLED), known)


async def delete_order(connection: Connection, identity: str, known: Versions = ANY) -> None:
    """Delete an order with its items, and give back what it holds of the stock.

    Raises:
        NotFound: there is no such order.
        Outdated: it was changed since.
        Conflict: it was paid or shipped.
    """
    order = await _locked(connection, identity, known)
    check_removable(order)
    await _give_back(connection, order)
    await connection.execute(statement(__package__, "delete_order"), identity)


async def _locked(connection: Connection, identity: str, known: Versions) -> Order:
    await row_of(connection, "lock", "order", identity)
    order = (await read_orders(connection, [identity]))[identity]
    check_version(f"order {identity}", order.version, known)
    return order


def _items(order: Order) -> list[NewItem]:
    return [NewItem(item.product_id, item.quantity) for item in order.items]


def _differs(order: Order, change: OrderChange) -> bool:
    asked = ("status", "user_id", "placed_at", "freight")
    return any(getattr(change, name) not in (UNSET, getattr(order, name)) for name in asked)


async def _replace_items(connection: Connection, order: Order, items: list[NewItem]) -> None:
    check_items(items)
    check_items_open(order)
    rows = await connection.fetch(statement(__package__, "read_lines"), order.id)
    held = [Line(**row) for row in rows]
    named = {line.product_id for line in held} | {item.product_id for item in items}
    products = await lock_products(connection, named)
    amended = amend(held, items, products, order.currency)
    if isinstance(amended, HorariumError):
        raise amended
    if amended.taken:
        await connection.execute(
            statement(__package__, "take_stock"),
            list(amended.taken),
            list(amended.taken.values()),
        )
    await connection.execute(statement(__package__, "delete_items"), order.id)
    await connection.execute(
        statement(__package__, "add_items"),
        *columns([(order.id, line) for line in amended.lines]),
    )


async def _give_back(connection: Connection, order: Order) -> None:
    await lock_products(connection, {item.product_id for item in order.items})
    await connection.execute(statement(__package__, "give_back"), order.id)


async def _alter(connection: Connection, order: Order, change: OrderChange) -> None:
    user = order.user_id if change.user_id is UNSET else change.user_id
    if user is not None and user != order.user_id:
        known = not has_unshown(user) and await connection.fetchval(
            statement(__package__, "lock_users"), [user]
        )
        if not known:
            raise no_user(user)
    placed_at = order.placed_at
    if change.placed_at is not UNSET:
        placed_at = checked_instant("placed_at", change.placed_at)
    status = order.status if change.status is UNSET else change.status
    freight = _freight(order, change)
    await connection.execute(
        statement(__package__, "alter_order"), order.id, user, status, placed_at, freight
    )


def _freight(order: Order, change: OrderChange) -> Decimal:
    if change.freight is UNSET or change.freight == order.freight:
        return order.freight
    check_items_open(order)
    return checked_price("freight", change.freight)
