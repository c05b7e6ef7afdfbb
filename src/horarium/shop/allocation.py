"""Which of some orders are placed, and what each takes: decided on what is known, without I/O.

The orders are those of one transaction, in the order of their arrival. Each is judged as if it came
alone after those before it: it is placed whole, or refused and takes nothing, so that one refusal
touches no other order.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

import msgspec

from horarium.errors import Conflict, HorariumError, InvalidInput
from horarium.shop.request import (
    InsufficientStock,
    NewItem,
    NewOrder,
    Placement,
    no_product,
    no_user,
)


class Shelf(msgspec.Struct, frozen=True):
    """A product as an order sees it: without a price it cannot be ordered, without a stock it is
    not counted.
    """

    id: str
    name: str
    price: Decimal | None
    currency: str
    stock: int | None


class Known(msgspec.Struct, frozen=True):
    """An order that is there: what it was asked for, and under which key."""

    id: str
    idempotency_key: str | None
    request: bytes | None


class Line(msgspec.Struct, frozen=True):
    """A line to be written; `taken` is what it holds of the stock."""

    line: int
    product_id: str
    description: str | None
    quantity: int
    price: Decimal
    taken: int


class Accepted(msgspec.Struct, frozen=True):
    """An order that is to be written."""

    placement: Placement
    currency: str
    lines: list[Line]


class Repeated(msgspec.Struct, frozen=True):
    """A request that was placed before, as the order of this id."""

    order_id: str


Decision = Accepted | Repeated | HorariumError


class Allocation:
    """What is known when a transaction begins to decide, and what it has given away since.

    Args:
        products: those that the orders name, locked, by their ids.
        users: the ids of those that there are.
        orders: those that have the id or the key of one that is asked for.
    """

    def __init__(
        self,
        products: Mapping[str, Shelf],
        users: frozenset[str] = frozenset(),
        orders: Sequence[Known] = (),
    ) -> None:
        self._products = products
        self._users = users
        self._by_id = {order.id: order for order in orders}
        self._by_key = {order.idempotency_key: order for order in orders if order.idempotency_key}
        self._left = {product.id: product.stock for product in products.values()}

    def decide(self, asked: Placement) -> Decision:
        """What becomes of the next request; what it takes is gone for those after it."""
        if (before := self._before(asked)) is not None:
            return before
        currency = self._currency(asked.new)
        if refusal := self._refusal(asked.new, currency):
            return refusal
        lines = [*self._taken(asked.new.items)]
        known = Known(asked.id, asked.new.idempotency_key, asked.digest)
        self._by_id[known.id] = known
        if known.idempotency_key:
            self._by_key[known.idempotency_key] = known
        return Accepted(asked, currency, lines)

    def _before(self, asked: Placement) -> Repeated | Conflict | None:
        by_key = self._by_key.get(asked.new.idempotency_key or "")
        known = by_key or self._by_id.get(asked.id)
        if known is None:
            return None
        if known.request == asked.digest:
            return Repeated(known.id)
        if by_key:
            key = asked.new.idempotency_key
            return Conflict(f"the idempotency key {key} was used for another order: {known.id}")
        return Conflict(f"there is an order with the id {asked.id} already")

    def _currency(self, new: NewOrder) -> str:
        if new.currency is not None:
            return new.currency
        first = self._products.get(new.items[0].product_id)
        return "" if first is None else first.currency

    def _refusal(self, new: NewOrder, currency: str) -> HorariumError | None:
        """The first reason in the order of the request why it cannot be placed."""
        if new.user_id is not None and new.user_id not in self._users:
            return no_user(new.user_id)
        for index, item in enumerate(new.items):
            product = self._products.get(item.product_id)
            field = "currency" if new.currency else f"items[{index}].product_id"
            if product is None:
                return no_product(index, item.product_id)
            if fault := unsaleable(index, product, currency, field):
                return fault
        return self._shortage(new.items)

    def _shortage(self, items: Sequence[NewItem]) -> InsufficientStock | None:
        wanted: Counter[str] = Counter()
        for item in items:
            wanted[item.product_id] += item.quantity
        for product, quantity in wanted.items():
            left = self._left[product]
            if left is not None and quantity > left:
                return InsufficientStock(product, quantity, left)
        return None

    def _taken(self, items: Sequence[NewItem]) -> Iterator[Line]:
        for line, item in enumerate(items, start=1):
            product = self._products[item.product_id]
            price = product.price or Decimal(0)
            left = self._left[product.id]
            taken = 0 if left is None else item.quantity
            if left is not None:
                self._left[product.id] = left - taken
            yield Line(line, product.id, product.name, item.quantity, price, taken)


def unsaleable(index: int, product: Shelf, currency: str, field: str) -> InvalidInput | None:
    """Why a product cannot be in an order of this currency, if so."""
    if product.price is None:
        reason = f"product {product.id} has no price, so it cannot be ordered"
        return InvalidInput(f"items[{index}].product_id", reason)
    if product.currency != currency:
        reason = (
            f"product {product.id} is sold in {product.currency}, "
            f"and an order in {currency} cannot hold it"
        )
        return InvalidInput(field, reason)
    return None
