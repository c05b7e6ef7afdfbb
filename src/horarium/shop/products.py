"""Products: what is ordered, its price, and how many are left."""

from datetime import datetime
from decimal import Decimal
from functools import partial

import msgspec
from msgspec import UNSET, UnsetType

from horarium.database import Connection, as_struct, statement
from horarium.errors import Conflict, InvalidInput
from horarium.shop.cursors import Listing, limits, listing, read
from horarium.shop.money import checked_price, currency_code
from horarium.shop.profiles import profile
from horarium.shop.removal import delete_row
from horarium.shop.request import InsufficientStock
from horarium.shop.rows import locked_row, row_of
from horarium.shop.texts import checked_id, checked_line, fits
from horarium.shop.versions import ANY, Versions

LARGEST_STOCK = 2_147_483_647


class NewProduct(msgspec.Struct, frozen=True):
    """A product to be created; without a currency it gets the shop's, without an id a new one."""

    name: str
    price: Decimal
    currency: str | None = None
    stock: int | None = 0
    id: str | None = None


class ProductChange(msgspec.Struct, frozen=True):
    """What is to be changed of a product; the rest stays.

    `stock` is what there is now, null: not counted; `stock_change` adds to what there is, or takes
    from it, whatever orders take at the same time.
    """

    name: str | UnsetType = UNSET
    price: Decimal | UnsetType = UNSET
    currency: str | UnsetType = UNSET
    stock: int | UnsetType | None = UNSET
    stock_change: int | UnsetType = UNSET


class Product(msgspec.Struct, frozen=True):
    """A product. Without a price it cannot be ordered; without a stock it is not counted."""

    id: str
    name: str
    price: Decimal | None
    currency: str
    stock: int | None
    created_at: datetime
    updated_at: datetime
    version: int


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
    return Product(**await row_of(connection, "read", "product", identity))


async def change_product(
    connection: Connection, identity: str, change: ProductChange, known: Versions = ANY
) -> Product:
    """Change a product. What was ordered of it keeps the price that was paid.

    Raises:
        NotFound: there is no such product.
        Outdated: it was changed, or ordered, since the editor read it.
        InvalidInput: a value cannot be used.
        InsufficientStock: there is less than is to be taken away.
    """
    before = Product(**await locked_row(connection, "product", identity, known))
    row = await connection.fetchrow(
        statement(__package__, "alter_product"),
        identity,
        before.name if change.name is UNSET else checked_line("name", change.name),
        before.price if change.price is UNSET else checked_price("price", change.price),
        before.currency if change.currency is UNSET else currency_code("currency", change.currency),
        _changed_stock(before, change),
    )
    return Product(**row)


async def delete_product(connection: Connection, identity: str, known: Versions = ANY) -> None:
    """Delete a product that was never ordered.

    Raises:
        NotFound: there is no such product.
        Outdated: it was changed since.
        Conflict: there are orders of it.
    """
    await locked_row(connection, "product", identity, known)
    await delete_row(connection, "product", identity, "set its stock to 0 instead")


def _changed_stock(before: Product, change: ProductChange) -> int | None:
    if change.stock_change is UNSET:
        return before.stock if change.stock is UNSET else _stock(change.stock)
    if change.stock is not UNSET:
        raise InvalidInput("stock_change", "give either this or stock, not both")
    if before.stock is None:
        raise InvalidInput("stock_change", f"product {before.id} is not counted; give stock")
    if before.stock + change.stock_change < 0:
        raise InsufficientStock(before.id, -change.stock_change, before.stock)
    return _stock(before.stock + change.stock_change)


async def list_products(
    connection: Connection,
    page: int = 1,
    count: int = 10,
    *,
    cursor: str | None = None,
    name: str | None = None,
    available: bool | None = None,
) -> Listing[Product]:
    """Products by id; with this in their name, whatever its case; that can be ordered now or not.

    Raises:
        InvalidInput: there is no such page, or no list gave the cursor.
    """
    limit, offset = limits(page, count, cursor)
    after = None if cursor is None else read(cursor, tuple[str])[0]
    if not fits(name, after):
        return Listing([], 0, page, count, None)
    rows = await connection.fetch(
        statement(__package__, "list_products"), limit, offset, name, available, after
    )
    return listing(rows, partial(as_struct, Product), lambda row: (row["id"],), page, count, cursor)


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
