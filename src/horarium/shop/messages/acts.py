"""What a message asks for: read strictly, without I/O.

A field that is not known is refused like in the API: a mistyped ``quantiy`` would otherwise sell
one piece instead of ten.
"""

from collections.abc import Awaitable, Callable, Mapping
from decimal import Decimal
from enum import StrEnum
from typing import Any, NamedTuple

import msgspec
from msgspec import UNSET, UnsetType

from horarium.database import Connection
from horarium.errors import HorariumError, InvalidInput
from horarium.shop.changes import OrderChange, cancel_order, change_order
from horarium.shop.orders import Status
from horarium.shop.products import NewProduct, ProductChange, change_product, create_product
from horarium.shop.request import NewItem, NewOrder, Placement, placement
from horarium.shop.texts import LONGEST_ID, has_unshown

Deed = Callable[[Connection], Awaitable[object]]
Act = Placement | Deed
"""An order that is placed together with others, or anything else, on the transaction given."""


class Subject(StrEnum):
    """What the acts of a queue are about; the names of the queues."""

    ORDER = "order"
    PRODUCT = "product"


class Unreadable(HorariumError):
    """A message that cannot be understood."""


class Read(NamedTuple):
    """A message that was understood; `event_id` is its own name for itself, if it has one."""

    event_id: str | None
    act: Act


class _Envelope(msgspec.Struct, frozen=True):
    action: str
    data: msgspec.Raw
    event_id: str | int | None = None


class _Item(NewItem, frozen=True, forbid_unknown_fields=True):
    pass


class _Order(NewOrder, frozen=True, forbid_unknown_fields=True):
    # Stricter than an order's own.
    items: list[_Item] = msgspec.field(default_factory=list)  # type: ignore[assignment]


class _Product(NewProduct, frozen=True, forbid_unknown_fields=True):
    pass


class _NamedOrder(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    id: str = ""
    order_id: str = ""

    @property
    def identity(self) -> str:
        return _one_id(self.id, "order_id", self.order_id)


class _OrderStatus(_NamedOrder, frozen=True, forbid_unknown_fields=True, kw_only=True):
    status: Status


class _NamedProduct(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    id: str = ""
    product_id: str = ""

    @property
    def identity(self) -> str:
        return _one_id(self.id, "product_id", self.product_id)


class _ProductUpdate(_NamedProduct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    name: str | UnsetType = UNSET
    price: Decimal | UnsetType = UNSET
    currency: str | UnsetType = UNSET
    stock: int | UnsetType | None = UNSET
    stock_change: int | UnsetType = UNSET


def read(subject: Subject, body: bytes) -> Read:
    """What a message of this queue asks for.

    Raises:
        Unreadable: it is no JSON, has no such action, or its data are of another shape.
        InvalidInput: a value cannot be used.
    """
    envelope: _Envelope = _decoded(body, _Envelope, "")
    action = _ACTIONS[subject].get(envelope.action)
    if action is None:
        known = ", ".join(_ACTIONS[subject])
        raise Unreadable(f"{subject} has no action {envelope.action[:60]!r}; it has {known}")
    kind, prepare = action
    event = None if envelope.event_id is None else _event_id(str(envelope.event_id))
    return Read(event, prepare(_decoded(envelope.data, kind, "data")))


def usable_id(value: str) -> bool:
    """Whether a message's name for itself can be kept."""
    return 0 < len(value) <= LONGEST_ID and not has_unshown(value)


def _event_id(value: str) -> str:
    if not usable_id(value):
        raise Unreadable(f"event_id takes 1 to {LONGEST_ID} characters that can be shown")
    return value


def _decoded(content: Any, kind: Any, outer: str) -> Any:
    try:
        return msgspec.json.decode(content, type=kind)
    except msgspec.ValidationError as error:
        where = f"{outer}: " if outer else ""
        raise Unreadable(f"{where}{error}"[:500]) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Unreadable(f"the message is no valid JSON: {error}"[:500]) from None


def _one_id(identity: str, name: str, other: str) -> str:
    if bool(identity) == bool(other):
        raise InvalidInput("id", f"give one of id and {name}")
    return identity or other


def _set_status(data: _OrderStatus) -> Deed:
    identity, change = data.identity, OrderChange(status=data.status)
    return lambda connection: change_order(connection, identity, change)


def _cancel(data: _NamedOrder) -> Deed:
    identity = data.identity
    return lambda connection: cancel_order(connection, identity)


def _create_product(data: _Product) -> Deed:
    return lambda connection: create_product(connection, data)


def _update_product(data: _ProductUpdate) -> Deed:
    identity = data.identity
    change = ProductChange(data.name, data.price, data.currency, data.stock, data.stock_change)
    return lambda connection: change_product(connection, identity, change)


def _mark_out_of_stock(data: _NamedProduct) -> Deed:
    identity, change = data.identity, ProductChange(stock=0)
    return lambda connection: change_product(connection, identity, change)


_ACTIONS: Mapping[Subject, Mapping[str, tuple[Any, Callable[[Any], Act]]]] = {
    Subject.ORDER: {
        "create": (_Order, placement),
        "update_status": (_OrderStatus, _set_status),
        "cancel": (_NamedOrder, _cancel),
    },
    Subject.PRODUCT: {
        "create": (_Product, _create_product),
        "update": (_ProductUpdate, _update_product),
        "mark_out_of_stock": (_NamedProduct, _mark_out_of_stock),
    },
}
