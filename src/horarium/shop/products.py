"""Products: what is ordered, its price, and how many are left."""

from datetime import datetime
from decimal import Decimal

import msgspec

from horarium.database import Connection, statement
from horarium.errors import Conflict, InvalidInput, NotFound
from horarium.shop.money import checked_price, currency_code
from horarium.shop.pages import Page, listed, window
from horarium.shop.profiles import profile
from horarium.shop.texts import checked_id, checked_line, fits, may_exist

LARGEST_STOCK = 2_147_483_647


class NewProduct(msgspec.Struct, frozen=True):
    """A product to be created; without a currency it gets the shop's, without an id a new one."""

    name: str
    price: Decimal
    currency: str | None = None
    stock: int | None = 0
    id: str | None = None


class Product(msgspec.Struct, frozen=True):
    """A product. Without a price it cannot be ordered; without a stock it is not counted."""

    id: str
    name: str
    price: Decimal | None
    currency: str
    stock: int | None
    created_at: datetime
    updated_at: datetime


async def create_product(connection: Connection, new: NewProduct) -> Product:
    """Add a product.

    Raises:
        InvalidInput: a value cannot be used.
        Conflict: the id is another product's.
    """
    identity = checked_id("id", new.id)
    name = checked_line("name", new.name)
    price = checked_price("price", new.price)
    stock = _stock(new.stock)
    currency = await _currency(connection, new.currency)
    row = await connection.fetchrow(
        statement(__package__, "create_product"), identity, name, price, currency, stock
    )
    if row is None:
        raise Conflict(f"there is a product with the id {identity} already")
    return Product(**row)


async def read_product(connection: Connection, identity: str) -> Product:
    """The product with this id.

    Raises:
        NotFound: there is none.
    """
    row = None
    if may_exist(identity):
        row = await connection.fetchrow(statement(__package__, "read_product"), identity)
    if row is None:
        raise NotFound(f"there is no product with the id {identity[:255]}")
    return Product(**row)


async def list_products(
    connection: Connection,
    page: int = 1,
    count: int = 10,
    *,
    name: str | None = None,
    available: bool | None = None,
) -> Page[Product]:
    """Products by id; with this in their name, whatever its case; that can be ordered now or not.

    Raises:
        InvalidInput: there is no such page.
    """
    limit, offset = window(page, count)
    if not fits(name):
        return Page([], 0, page, count)
    rows = await connection.fetch(
        statement(__package__, "list_products"), limit, offset, name, available
    )
    return listed(Product, rows, page, count)


def _stock(stock: int | None) -> int | None:
    if stock is None or 0 <= stock <= LARGEST_STOCK:
        return stock
    raise InvalidInput("stock", f"{stock} is no stock; it takes 0 to {LARGEST_STOCK}")


async def _currency(connection: Connection, currency: str | None) -> str:
    if currency is not None:
        return currency_code("currency", currency)
    shop = await profile(connection)
    if shop is None:
        raise InvalidInput("currency", "the shop has none yet; name the product's, such as EUR")
    return shop.currency
