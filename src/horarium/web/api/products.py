"""Products over HTTP."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, delete, get, patch, post
from litestar.params import JSONBody, QueryParameter
from msgspec import UNSET, UnsetType

from horarium import shop
from horarium.web.api.parameters import App, Cursor, Identity, PageNumber, PageSize, refuses, shown
from horarium.web.api.texts import Currency, Id, Line
from horarium.web.api.versions import UNCHANGED, IfMatch, edited, named, tagged, unless_known
from horarium.web.problems import StockProblem


class NewProduct(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A product to be created; without a currency it gets the shop's, without an id a new one."""

    name: Line
    price: Annotated[
        Decimal,
        msgspec.Meta(description="Of one unit, exact: a decimal as text", examples=["2.55"]),
    ]
    currency: Currency | None = None
    stock: (
        Annotated[
            int,
            msgspec.Meta(
                ge=0, le=2_147_483_647, description="How many there are; null: not counted"
            ),
        ]
        | None
    ) = 0
    id: Id | None = None


class ProductChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is to be changed of a product; either `stock` or `stock_change`."""

    name: Line | UnsetType = UNSET
    price: Decimal | UnsetType = UNSET
    currency: Currency | UnsetType = UNSET
    stock: (
        Annotated[
            int,
            msgspec.Meta(ge=0, le=2_147_483_647, description="How many there are; null: uncounted"),
        ]
        | UnsetType
        | None
    ) = UNSET
    stock_change: (
        Annotated[
            int,
            msgspec.Meta(
                ge=-2_147_483_647,
                le=2_147_483_647,
                description="Added to what there is, whatever orders take at the same time",
            ),
        ]
        | UnsetType
    ) = UNSET


class Product(msgspec.Struct, frozen=True):
    """A product. Without a price it cannot be ordered; without a stock it is not counted."""

    id: str
    name: str
    price: str | None
    currency: str
    stock: int | None
    created_at: datetime
    updated_at: datetime
    version: int


class Products(shop.Listing[Product], frozen=True):
    """A page of products; `total` counts those of all, `next` is the cursor of the next page.

    With a cursor nothing is counted: `total` and `page` are null.
    """


@post("/products", tags=["Shop"], summary="Create a product", responses=refuses(409, body=True))
async def create_product(app: App, data: JSONBody[NewProduct]) -> Response[Product]:
    """Add a product. An id that another product has is refused with 409."""
    new = shop.NewProduct(**msgspec.structs.asdict(data))
    async with app.database.transaction() as connection:
        product = await shop.create_product(connection, new)
    return tagged(_shown(product), product.version, status=201)


@get("/products", tags=["Shop"], summary="List products", responses=refuses())
async def list_products(
    app: App,
    page: PageNumber = 1,
    count: PageSize = 10,
    cursor: Cursor = None,
    name: Annotated[str | None, QueryParameter(description="With this in their name.")] = None,
    available: Annotated[
        bool | None, QueryParameter(description="That can be ordered now, or cannot.")
    ] = None,
) -> Products:
    """Products by id, one page at a time; `total` says how many there are in all."""
    async with app.database.connection() as connection:
        found = await shop.list_products(
            connection, page, count, cursor=cursor, name=name, available=available
        )
    return shown(Products, found, _shown)


@get(
    "/products/{product_id:str}",
    tags=["Shop"],
    summary="Read a product",
    responses={**refuses(404), **UNCHANGED},
)
async def read_product(
    request: Request[Any, Any, Any], app: App, product_id: Identity
) -> Response[Product]:
    """One product. Its version is the ETag; If-None-Match saves the body."""
    async with app.database.connection() as connection:
        product = await shop.read_product(connection, product_id)
    return unless_known(request, _shown(product), product.version)


@patch(
    "/products/{product_id:str}",
    tags=["Shop"],
    summary="Change a product",
    responses=refuses(404, 409, 412, 428, body=True, document=StockProblem),
)
async def change_product(
    app: App, product_id: Identity, data: JSONBody[ProductChange], known: IfMatch = None
) -> Response[Product]:
    """Change what the body names; the rest stays. Each order of a product is a new
    version of it; to restock one that sells, use `stock_change` with If-Match *.
    """
    change = shop.ProductChange(**msgspec.structs.asdict(data))
    versions = edited(known)
    async with app.database.transaction() as connection:
        product = await shop.change_product(connection, product_id, change, versions)
    return tagged(_shown(product), product.version)


@delete(
    "/products/{product_id:str}",
    tags=["Shop"],
    summary="Delete a product",
    responses=refuses(404, 409, 412),
)
async def delete_product(app: App, product_id: Identity, known: IfMatch = None) -> None:
    """Delete a product. A product that was ordered is kept: 409."""
    async with app.database.transaction() as connection:
        await shop.delete_product(connection, product_id, named(known))


def _shown(product: shop.Product) -> Product:
    price = None if product.price is None else shop.money.text(product.price, product.currency)
    return Product(**{**msgspec.structs.asdict(product), "price": price})


ROUTES = [create_product, list_products, read_product, change_product, delete_product]
