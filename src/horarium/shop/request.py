"""An order as it is asked for, checked as far as no database is needed."""

import hashlib
from datetime import datetime
from decimal import Decimal

import msgspec

from horarium.errors import Conflict, InvalidInput
from horarium.shop.money import checked_price, currency_code
from horarium.shop.texts import LONGEST_ID, checked_id, checked_instant, checked_line, has_unshown

LARGEST_QUANTITY = 2_147_483_647
MOST_ITEMS = 10_000


class NewItem(msgspec.Struct, frozen=True):
    """So many of a product."""

    product_id: str
    quantity: int


class NewOrder(msgspec.Struct, frozen=True):
    """An order to be placed: now, in the products' currency and free of freight, unless it says
    otherwise.

    Asked for again under the same `id` or `idempotency_key` it is the order that is there.
    """

    user_id: str | None = None
    items: list[NewItem] = []
    currency: str | None = None
    placed_at: datetime | None = None
    id: str | None = None
    idempotency_key: str | None = None
    freight: Decimal | None = None


class Placement(msgspec.Struct, frozen=True):
    """A request that may be placed: its order has an id, also where it is tried again.

    Attributes:
        digest: tells a repeat from another request under the same id or key.
    """

    id: str
    new: NewOrder
    digest: bytes


class InsufficientStock(Conflict):
    """There is less of a product than an order wants.

    Attributes:
        product_id: the product.
        wanted: how many the order wants in all its items, or how many more where it is changed.
        left: how many there are.
    """

    def __init__(self, product_id: str, wanted: int, left: int) -> None:
        super().__init__(f"insufficient stock of {product_id}: {wanted} wanted, {left} left")
        self.product_id = product_id
        self.wanted = wanted
        self.left = left


def placement(new: NewOrder) -> Placement:
    """The request, checked.

    Raises:
        InvalidInput: a value cannot be used; the field names the item, as `items[1].quantity`.
    """
    check_items(new.items)
    if new.user_id is not None and has_unshown(new.user_id):
        raise no_user(new.user_id)
    if new.currency is not None:
        currency_code("currency", new.currency)
    if new.placed_at is not None:
        checked_instant("placed_at", new.placed_at)
    if new.freight is not None:
        checked_price("freight", new.freight)
    if new.idempotency_key is not None:
        checked_line("Idempotency-Key", new.idempotency_key, LONGEST_ID)
    return Placement(checked_id("id", new.id), new, _digest(new))


def check_items(items: list[NewItem]) -> None:
    """Refuse items that no order can have.

    Raises:
        InvalidInput: there are none or too many, or a quantity or a product cannot be.
    """
    if not 1 <= len(items) <= MOST_ITEMS:
        reason = f"an order has 1 to {MOST_ITEMS} items, this one has {len(items)}"
        raise InvalidInput("items", reason)
    for index, item in enumerate(items):
        if not 1 <= item.quantity <= LARGEST_QUANTITY:
            reason = f"{item.quantity} is no quantity; it takes 1 to {LARGEST_QUANTITY}"
            raise InvalidInput(f"items[{index}].quantity", reason)
        if has_unshown(item.product_id):
            raise no_product(index, item.product_id)


def no_product(index: int, identity: str) -> InvalidInput:
    """An item's product is not there."""
    reason = f"there is no product with the id {identity[:255]!r}"
    return InvalidInput(f"items[{index}].product_id", reason)


def no_user(identity: str) -> InvalidInput:
    """An order's user is not there."""
    return InvalidInput("user_id", f"there is no user with the id {identity[:255]!r}")


def _digest(new: NewOrder) -> bytes:
    asked = (new.id, new.user_id, new.items, new.currency, new.placed_at)
    # Without freight it is what it was before orders had any: those are known again, too.
    freight = () if new.freight is None else (str(new.freight.normalize()),)
    return hashlib.blake2b(msgspec.json.encode((*asked, *freight)), digest_size=16).digest()
