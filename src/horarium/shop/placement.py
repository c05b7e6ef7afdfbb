"""Placing orders: checked, priced, and their stock taken, or refused.

Any number of orders are placed in one transaction (`place`), because what limits a hot product is
its row's lock, which PostgreSQL holds until the commit is on the disk: a commit for each order is
some hundreds a second, a commit for many is thousands. The transaction locks the products in the
order of their ids, decides without I/O (`allocation`), and writes what was accepted as one
statement. Checks that need no database come before it, so that bad input costs no lock.

A request has its order's id before it is placed. So it can be tried again when nobody knows whether
the commit came through: it finds its own order, and takes nothing twice.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from horarium.database import Connection, statement
from horarium.errors import Conflict, HorariumError, Unavailable
from horarium.shop.allocation import Accepted, Allocation, Decision, Known, Line, Repeated, Shelf
from horarium.shop.orders import Item, Order, order_of, read_orders
from horarium.shop.request import NewOrder, Placement, placement

_TRIES = 5


async def create_order(connection: Connection, new: NewOrder) -> Order:
    """Place an order and take its stock. The same request under the same id or key is answered
    with the order that is there, and changes nothing.

    Raises:
        InvalidInput: a value cannot be used; the field names the item, as `items[1].product_id`.
        InsufficientStock: there is too little of a product. Nothing was taken.
        Conflict: the id or the idempotency key belongs to another order.
    """
    (outcome,) = await place(connection, [placement(new)])
    if isinstance(outcome, HorariumError):
        raise outcome
    return outcome


async def place(connection: Connection, asked: Sequence[Placement]) -> list[Order | HorariumError]:
    """Place orders in one transaction, in their order: for each the order, or why it is refused.

    Raises:
        Unavailable: other transactions took the same ids again and again.
    """
    for _ in range(_TRIES):
        try:
            async with connection.transaction():
                return await _decide_and_write(connection, asked)
        except _Overtaken:
            continue
    raise Unavailable("orders with the same ids are being placed elsewhere; try again in a moment")


class _Overtaken(Exception):
    """Another transaction has used an id or a key since this one looked: it looks again."""


async def _decide_and_write(
    connection: Connection, asked: Sequence[Placement]
) -> list[Order | HorariumError]:
    allocation = await _allocation(connection, asked)
    decisions = [allocation.decide(each) for each in asked]
    accepted = [each for each in decisions if isinstance(each, Accepted)]
    rows = await _write(connection, accepted) if accepted else {}
    before = {each.order_id for each in decisions if isinstance(each, Repeated)} - rows.keys()
    orders = await read_orders(connection, sorted(before))
    orders |= {each.placement.id: _order(rows, each) for each in accepted}
    return [_outcome(each, orders) for each in decisions]


async def _allocation(connection: Connection, asked: Sequence[Placement]) -> Allocation:
    """What has to be known; the products come last, so that they are locked for a short time."""
    ids = [each.id for each in asked]
    keys = [key for each in asked if (key := each.new.idempotency_key)]
    found = await connection.fetch(statement(__package__, "find_placed"), ids, keys)
    named = sorted({user for each in asked if (user := each.new.user_id)})
    users = await connection.fetch(statement(__package__, "lock_users"), named) if named else []
    return Allocation(
        await lock_products(
            connection, {item.product_id for each in asked for item in each.new.items}
        ),
        frozenset(row["id"] for row in users),
        [Known(**row) for row in found],
    )


async def lock_products(connection: Connection, ids: set[str]) -> dict[str, Shelf]:
    """The products of these ids, locked until the transaction ends."""
    rows = await connection.fetch(statement(__package__, "lock_products"), sorted(ids))
    return {row["id"]: Shelf(**row) for row in rows}


async def _write(connection: Connection, accepted: Sequence[Accepted]) -> Mapping[str, Any]:
    lines = [(each.placement.id, line) for each in accepted for line in each.lines]
    rows = await connection.fetch(
        statement(__package__, "place_orders"),
        [each.placement.id for each in accepted],
        [each.placement.new.user_id for each in accepted],
        [each.currency for each in accepted],
        [each.placement.new.placed_at for each in accepted],
        [each.placement.new.idempotency_key for each in accepted],
        [each.placement.digest for each in accepted],
        [each.placement.new.freight or 0 for each in accepted],
        *columns(lines),
    )
    if len(rows) < len(accepted):
        raise _Overtaken
    return {row["id"]: row for row in rows}


def columns(lines: Sequence[tuple[str, Line]]) -> list[list[Any]]:
    """Lines of orders as arrays, one for each column of ``shop.order_items``."""
    rows = [
        (order, line.line, line.product_id, line.description, line.quantity, line.price, line.taken)
        for order, line in lines
    ]
    return [list(column) for column in zip(*rows, strict=True)]


def _order(rows: Mapping[str, Any], accepted: Accepted) -> Order:
    items = [
        Item(line.line, line.product_id, line.description, line.quantity, line.price)
        for line in accepted.lines
    ]
    return order_of(rows[accepted.placement.id], items)


def _outcome(decision: Decision, orders: Mapping[str, Order]) -> Order | HorariumError:
    if isinstance(decision, HorariumError):
        return decision
    identity = decision.order_id if isinstance(decision, Repeated) else decision.placement.id
    return orders.get(identity) or Conflict(f"the order {identity} was placed, and deleted since")
