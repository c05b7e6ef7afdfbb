"""Orders over HTTP: an order takes its stock, or is refused."""

from datetime import datetime
from typing import Annotated

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody, QueryParameter, SkipValidation

from horarium import shop
from horarium.application import Horarium
from horarium.web.api.parameters import Identity, PageNumber, PageSize, instant, refuses, shown
from horarium.web.api.texts import Currency, Id, Reference
from horarium.web.problems import StockProblem

App = NamedDependency[SkipValidation[Horarium]]
Quantity = Annotated[int, msgspec.Meta(ge=1, le=2_147_483_647)]
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
    """An order to be placed: now and in its products' currency, unless it says otherwise."""

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


class Item(msgspec.Struct, frozen=True):
    """A line of an order, with the price of one unit as it was paid."""

    line: int
    product_id: str
    description: str | None
    quantity: int
    price: str


class Order(msgspec.Struct, frozen=True):
    """An order. `count_product` is the number of its lines, `total_amount` their exact sum."""

    id: str
    user_id: str | None
    kind: shop.Kind
    status: shop.Status
    currency: str
    total_amount: str
    count_product: int
    placed_at: datetime
    created_at: datetime
    updated_at: datetime
    items: list[Item]


class Orders(shop.Page[Order], frozen=True):
    """A page of orders; `total` counts those of all pages."""


@post(
    "/orders",
    tags=["Shop"],
    summary="Place an order",
    responses=refuses(409, body=True, document=StockProblem),
)
async def create_order(app: App, data: JSONBody[NewOrder]) -> Order:
    """Place an order and take its stock, all of it or nothing. Too little stock is 409
    `insufficient stock`, which names the product, how many were wanted and how many are left.
    """
    items = [shop.NewItem(item.product_id, item.quantity) for item in data.items]
    new = shop.NewOrder(data.user_id, items, data.currency, data.placed_at, data.id)
    async with app.database.transaction() as connection:
        return _shown(await shop.create_order(connection, new))


@get("/orders", tags=["Shop"], summary="List orders", responses=refuses())
async def list_orders(
    app: App,
    page: PageNumber = 1,
    count: PageSize = 10,
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
            user_id=user_id,
            kind=kind,
            status=status,
            since=instant("since", since),
            until=instant("until", until),
        )
    return shown(Orders, found, _shown)


@get("/orders/{order_id:str}", tags=["Shop"], summary="Read an order", responses=refuses(404))
async def read_order(app: App, order_id: Identity) -> Order:
    """One order with its items."""
    async with app.database.connection() as connection:
        return _shown(await shop.read_order(connection, order_id))


def _shown(order: shop.Order) -> Order:
    values = msgspec.structs.asdict(order)
    del values["version"]
    values["items"] = [_item(item, order.currency) for item in order.items]
    values["total_amount"] = shop.money.text(order.total_amount, order.currency)
    return Order(**values)


def _item(item: shop.Item, currency: str) -> Item:
    price = shop.money.text(item.price, currency)
    return Item(item.line, item.product_id, item.description, item.quantity, price)


ROUTES = [create_order, list_orders, read_order]
