"""Own column maps: what the columns of any CSV file of order lines mean, in a file of TOML.

    order_id = "Bestellung"         # these five have to be there
    placed_at = "Datum"
    product_id = "Artikel"
    quantity = "Menge"
    price = "Preis"
    user_id = "Kunde"               # these may
    country = "Land"
    description = "Bezeichnung"
    freight = "Versand"             # what the way of a line costs; an order's is their sum

    delimiter = ";"                 # else a comma
    decimal = ","                   # else a point
    time_format = "%d.%m.%Y %H:%M"  # else ISO 8601
    cancellation_prefix = "ST"      # orders whose id begins so are cancellations

Every line of the file is one line of an order; lines with the same order id belong together.
Columns that the map does not name are passed over.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import msgspec

from horarium.errors import InvalidInput
from horarium.shop.imports.mapping import Mapping
from horarium.shop.orders import Kind

_Column = Annotated[str, msgspec.Meta(min_length=1, max_length=255)]


class _Columns(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    order_id: _Column
    placed_at: _Column
    product_id: _Column
    quantity: _Column
    price: _Column
    user_id: _Column | None = None
    country: _Column | None = None
    description: _Column | None = None
    freight: _Column | None = None
    delimiter: Annotated[str, msgspec.Meta(min_length=1, max_length=1)] = ","
    decimal: Annotated[str, msgspec.Meta(min_length=1, max_length=1)] = "."
    time_format: Annotated[str, msgspec.Meta(min_length=2, max_length=100)] | None = None
    cancellation_prefix: Annotated[str, msgspec.Meta(min_length=1, max_length=50)] | None = None


def column_map(path: Path) -> Mapping:
    """The mapping that a file of TOML describes.

    Raises:
        InvalidInput: the file cannot be read, or a value in it cannot be used.
    """
    try:
        found = msgspec.toml.decode(path.read_bytes(), type=_Columns)
    except OSError as error:
        raise InvalidInput(str(path), f"it cannot be opened: {error.strerror}") from error
    except UnicodeDecodeError:
        raise InvalidInput(str(path), "it is not UTF-8 text") from None
    except msgspec.ValidationError as error:
        raise InvalidInput(str(path), f"it is no column map: {error}") from None
    except msgspec.DecodeError as error:
        raise InvalidInput(str(path), f"it is no TOML: {error}") from None
    _check(path, found)
    return Mapping(
        name=path.name,
        order_id=found.order_id,
        placed_at=found.placed_at,
        product_id=found.product_id,
        quantity=found.quantity,
        price=found.price,
        user_id=found.user_id,
        country=found.country,
        description=found.description,
        freight=found.freight,
        kind=_kind_by(found.cancellation_prefix),
        others=True,
        delimiter=found.delimiter,
        decimal=found.decimal,
        time_format=found.time_format,
    )


def _check(path: Path, found: _Columns) -> None:
    if found.decimal not in (".", ","):
        raise InvalidInput(str(path), f"decimal is {found.decimal!r}; it takes a point or a comma")
    if found.delimiter in '"\r\n\0 ' or found.delimiter == found.decimal == ".":
        raise InvalidInput(str(path), f"{found.delimiter!r} cannot divide fields")
    named = [found.order_id, found.placed_at, found.product_id, found.quantity, found.price]
    others = (found.user_id, found.country, found.description, found.freight)
    named += [name for name in others if name]
    twice = next((name for name in named if named.count(name) > 1), None)
    if twice is not None:
        raise InvalidInput(str(path), f"the column {twice!r} is named for two things")


def _kind_by(prefix: str | None) -> Callable[[str], Kind]:
    def kind(order: str) -> Kind:
        cancelled = prefix is not None and order.startswith(prefix)
        return Kind.CANCELLATION if cancelled else Kind.SALE

    return kind
