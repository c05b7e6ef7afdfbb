"""Products over HTTP."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody, QueryParameter, SkipValidation

from horarium import shop
from horarium.application import Horarium
from horarium.web.api.parameters import Identity, PageNumber, PageSize, refuses, shown
from horarium.web.api.texts import Currency, Id, Line

App = NamedDependency[SkipValidation[Horarium]]


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


class Product(msgspec.Struct, frozen=True):
    """A product. Without a price it cannot be ordered; without a stock it is not counted."""

    id: str
    name: str
    price: str | None
    currency: str
    stock: int | None
    created_at: datetime
    updated_at: datetime


class Products(shop.Page[Product], frozen=True):
    """A page of products; `total` counts those of all pages."""


@post("/products", tags=["Shop"], summary="Create a product", responses=refuses(409, body=True))
async def create_product(app: App, data: JSONBody[NewProduct]) -> Product:
    """Add a product. An id that another product has is refused with 409."""
    new = shop.NewProduct(**msgspec.structs.asdict(data))
    async with app.database.transaction() as connection:
        return _shown(await shop.create_product(connection, new))


@get("/products", tags=["Shop"], summary="List products", responses=refuses())
async def list_products(
    app: App,
    page: PageNumber = 1,
    count: PageSize = 10,
    name: Annotated[str | None, QueryParameter(description="With this in their name.")] = None,
    available: Annotated[
        bool | None, QueryParameter(description="That can be ordered now, or cannot.")
    ] = None,
) -> Products:
    """Products by id, one page at a time; `total` says how many there are in all."""
    async with app.database.connection() as connection:
        found = await shop.list_products(connection, page, count, name=name, available=available)
    return shown(Products, found, _shown)


@get("/products/{product_id:str}", tags=["Shop"], summary="Read a product", responses=refuses(404))
async def read_product(app: App, product_id: Identity) -> Product:
    """One product."""
    async with app.database.connection() as connection:
        return _shown(await shop.read_product(connection, product_id))


def _shown(product: shop.Product) -> Product:
    price = None if product.price is None else shop.money.text(product.price, product.currency)
    return Product(**{**msgspec.structs.asdict(product), "price": price})


ROUTES = [create_product, list_products, read_product]
