"""How an order goes on: which status follows which. Pure; the one table of it."""

from collections.abc import Mapping

from horarium.errors import Conflict
from horarium.shop.orders import Kind, Order, Status

STEPS: Mapping[Status, frozenset[Status]] = {
    Status.PLACED: frozenset({Status.PAID, Status.SHIPPED, Status.DELIVERED, Status.CANCELLED}),
    Status.PAID: frozenset({Status.SHIPPED, Status.DELIVERED, Status.CANCELLED}),
    Status.SHIPPED: frozenset({Status.DELIVERED, Status.RETURNED}),
    Status.DELIVERED: frozenset({Status.RETURNED}),
    Status.CANCELLED: frozenset(),
    Status.RETURNED: frozenset(),
}
"""What may follow. Goods that left the house come back as `returned`, which says nothing of their
state: whoever puts them back on the shelf says so with the product's stock."""

ON_THE_SHELF = frozenset({Status.PLACED, Status.PAID})
"""The goods are still here: items can be changed, and cancelling gives them back."""

REMOVABLE = frozenset({Status.PLACED, Status.CANCELLED})
"""No money and no goods have moved."""


def check_step(order: Order, status: Status) -> None:
    """Refuse a status that does not follow the order's. The one that it has is always right.

    Raises:
        Conflict: it does not follow; the sentence says what does.
    """
    if status == order.status or status in STEPS[order.status]:
        return
    after = " or ".join(sorted(STEPS[order.status])) or "nothing"
    raise Conflict(f"order {order.id} is {order.status}; after that comes {after}, not {status}")


def check_items_open(order: Order) -> None:
    """Refuse to change items or freight of an order whose goods have left, or of bookkeeping.

    Raises:
        Conflict: they cannot be changed any more.
    """
    if order.kind is Kind.SALE and order.status in ON_THE_SHELF:
        return
    what = order.status if order.kind is Kind.SALE else f"of the kind {order.kind}"
    raise Conflict(
        f"order {order.id} is {what}; items and freight can be changed of a sale that is "
        "placed or paid"
    )


def check_removable(order: Order) -> None:
    """Refuse to delete an order that the books need.

    Raises:
        Conflict: money or goods have moved.
    """
    if order.kind is Kind.SALE and order.status in REMOVABLE:
        return
    raise Conflict(
        f"order {order.id} is {order.status}; a sale can be deleted while it is placed, and once "
        "it is cancelled"
    )
