"""Orders over HTTP: an order takes its stock, or is refused."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, delete, get, patch, post
from litestar.params import HeaderParameter, JSONBody, QueryParameter
from msgspec import UNSET, UnsetType

from horarium import shop
from horarium.web.api.parameters import (
    App,
    Cursor,
    Identity,
    PageNumber,
    PageSize,
    instant,
    refuses,
    shown,
)
from horarium.web.api.texts import Currency, Freight, Id, Reference
from horarium.web.api.versions import UNCHANGED, IfMatch, edited, named, tagged, unless_known
from horarium.web.problems import StockProblem

Quantity = Annotated[int, msgspec.Meta(ge=1, le=2_147_483_647)]
IdempotencyKey = Annotated[
    str | None,
    HeaderParameter(
        name="Idempotency-Key",
        min_length=1,
        max_length=255,
        description="1 to 255 characters that name this request: repeated, it does nothing more.",
    ),
]
Instant = Annotated[
    str | None,
    QueryParameter(
        format="date-time", description="RFC 3339 with offset, such as 2010-12-01T00:00:00Z."
    ),
]


class NewItem(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """So many of a product."""

    product_id: Reference
    quantity: Quantity


class NewOrder(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An order to be placed: now, in its products' currency and free of freight, unless it says
    otherwise.
    """

    items: Annotated[list[NewItem], msgspec.Meta(min_length=1, max_length=10_000)]
    user_id: Reference | None = None
    currency: Currency | None = None
    placed_at: (
        Annotated[
            datetime, msgspec.Meta(tz=True, description="RFC 3339 with offset; without it now")
        ]
        | None
    ) = None
    id: Id | None = None
    freight: Freight | None = None


class OrderChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is to be changed of an order; `items` are all that it is to have."""

    status: shop.Status | UnsetType = UNSET
    items: Annotated[list[NewItem], msgspec.Meta(min_length=1, max_length=10_000)] | UnsetType = (
        UNSET
    )
    user_id: Reference | UnsetType | None = UNSET
    placed_at: Annotated[datetime, msgspec.Meta(tz=True)] | UnsetType = UNSET
    freight: Freight | UnsetType = UNSET


class Item(msgspec.Struct, frozen=True):
    """A line of an order, with the price of one unit as it was paid."""

    line: int
    product_id: str
    description: str | None
    quantity: int
    price: str


class Order(msgspec.Struct, frozen=True):
    """An order. `count_product` is the number of its lines; `total_amount` is what it comes to,
    exactly: the sum of its lines, and its freight.
    """

    id: str
    user_id: str | None
    kind: shop.Kind
    status: shop.Status
    currency: str
    freight: str
    total_amount: str
    count_product: int
    placed_at: datetime
    created_at: datetime
    updated_at: datetime
    version: int
    items: list[Item]


class Orders(shop.Listing[Order], frozen=True):
    """A page of orders; `total` counts those of all, `next` is the cursor of the next page.

    With a cursor nothing is counted: `total` and `page` are null.
    """


@post(
    "/orders",
    tags=["Shop"],
    summary="Place an order",
    responses=refuses(409, body=True, document=StockProblem),
)
async def create_order(
    app: App, data: JSONBody[NewOrder], key: IdempotencyKey = None
) -> Response[Order]:
    """Place an order and take its stock, all of it or nothing. Too little stock is 409
    `insufficient stock`, which names the product, how many were wanted and how many are left.
    The same request under the same `id` or `Idempotency-Key` is answered with the order that it
    placed, and changes nothing; another one under it is 409.
    """
    new = shop.NewOrder(
        data.user_id,
        _wanted(data.items),
        data.currency,
        data.placed_at,
        data.id,
        key,
        data.freight,
    )
    order = await app.till.place(new)
    return tagged(_shown(order), order.version, status=201)


@get("/orders", tags=["Shop"], summary="List orders", responses=refuses())
async def list_orders(
    app: App,
    page: PageNumber = 1,
    count: PageSize = 10,
    cursor: Cursor = None,
    user_id: Annotated[str | None, QueryParameter(description="Of this user.")] = None,
    kind: Annotated[shop.Kind | None, QueryParameter(description="Of this kind.")] = None,
    status: Annotated[shop.Status | None, QueryParameter(description="In this status.")] = None,
    since: Instant = None,
    until: Instant = None,
) -> Orders:
    """Orders, newest first, one page at a time: placed at or after `since`, and before `until`."""
    async with app.database.connection() as connection:
        found = await shop.list_orders(
            connection,
            page,
            count,
            cursor=cursor,
            user_id=user_id,
            kind=kind,
            status=status,
            since=instant("since", since),
            until=instant("until", until),
        )
    return shown(Orders, found, _shown)


@get(
    "/orders/{order_id:str}",
    tags=["Shop"],
    summary="Read an order",
    responses={**refuses(404), **UNCHANGED},
)
async def read_order(
    request: Request[Any, Any, Any], app: App, order_id: Identity
) -> Response[Order]:
    """One order with its items. Its version is the ETag; If-None-Match saves the body."""
    async with app.database.connection() as connection:
        order = await shop.read_order(connection, order_id)
    return unless_known(request, _shown(order), order.version)


@patch(
    "/orders/{order_id:str}",
    tags=["Shop"],
    summary="Change an order",
    responses=refuses(404, 409, 412, 428, body=True, document=StockProblem),
)
async def change_order(
    app: App, order_id: Identity, data: JSONBody[OrderChange], known: IfMatch = None
) -> Response[Order]:
    """Change what the body names; the rest stays. `items` are all that the order is to have: stock
    moves by the difference, and what was paid for a product that it has already stays. Items can be
    changed while the order is placed or paid. The status `cancelled` gives the stock back.
    """
    values = msgspec.structs.asdict(data)
    if not isinstance(data.items, UnsetType):
        values["items"] = _wanted(data.items)
    versions = edited(known)
    async with app.database.transaction() as connection:
        order = await shop.change_order(connection, order_id, shop.OrderChange(**values), versions)
    return tagged(_shown(order), order.version)


@post(
    "/orders/{order_id:str}/cancellation",
    status_code=200,
    tags=["Shop"],
    summary="Cancel an order",
    responses=refuses(404, 409),
)
async def cancel_order(app: App, order_id: Identity) -> Response[Order]:
    """Cancel an order that has not been shipped, and give its stock back. Cancelled again it stays
    as it is, and nothing is given back twice.
    """
    async with app.database.transaction() as connection:
        order = await shop.cancel_order(connection, order_id)
    return tagged(_shown(order), order.version)


@delete(
    "/orders/{order_id:str}",
    tags=["Shop"],
    summary="Delete an order",
    responses=refuses(404, 409, 412),
)
async def delete_order(app: App, order_id: Identity, known: IfMatch = None) -> None:
    """Delete an order that is placed, which gives its stock back, or cancelled. One that was paid
    or shipped is kept: 409.
    """
    async with app.database.transaction() as connection:
        await shop.delete_order(connection, order_id, named(known))


def _wanted(items: Sequence[NewItem]) -> list[shop.NewItem]:
    return [shop.NewItem(item.product_id, item.quantity) for item in items]


def _shown(order: shop.Order) -> Order:
    values = msgspec.structs.asdict(order)
    values["items"] = [_item(item, order.currency) for item in order.items]
    values["freight"] = shop.money.text(order.freight, order.currency)
    values["total_amount"] = shop.money.text(order.total_amount, order.currency)
    return Order(**values)


def _item(item: shop.Item, currency: str) -> Item:
    price = shop.money.text(item.price, currency)
    return Item(item.line, item.product_id, item.description, item.quantity, price)


ROUTES = [create_order, list_orders, read_order, change_order, cancel_order, delete_order]
