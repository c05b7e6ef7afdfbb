"""What the columns of a file mean: one mapping a format.

A mapping says which column holds what of an order line. `Mapping.reader` turns it, for the header
of one file, into a function from a record's fields to the values of `VALUES`. A format to come
whose records are not order lines needs only a `reader` of its own.
"""

from collections.abc import Callable, Sequence
from zoneinfo import ZoneInfo

import msgspec

from horarium.errors import InvalidInput
from horarium.shop.imports import fields
from horarium.shop.orders import Kind

VALUES = (
    "order_id",
    "placed_at",
    "user_id",
    "country",
    "product_id",
    "description",
    "quantity",
    "price",
    "kind",
    "status",
    "freight",
)
"""What is read from an order line, as text; an empty one is none."""

Step = tuple[int, fields.Reader]
LineReader = Callable[[Sequence[str]], list[str]]


class BadField(ValueError):
    """A record cannot be read, because of one column or, with none, as a whole."""

    def __init__(self, column: str | None, reason: str) -> None:
        super().__init__(reason)
        self.column = column
        self.reason = reason


class Mapping(msgspec.Struct, frozen=True, kw_only=True):
    """The columns of a format in which every record is one order line.

    Attributes:
        kind: tells from an order's id what kind of order it is.
        others: whether the file may have columns that are not named here; they are passed over.
        delimiter: what divides the fields.
        decimal: what divides whole from decimals in a price.
        freight: what the way of a line costs; that of an order is their sum.
        time_format: of `datetime.strptime`, where times are not written as 2010-12-01T08:26:00.
    """

    name: str
    order_id: str
    placed_at: str
    product_id: str
    quantity: str
    price: str
    user_id: str | None = None
    country: str | None = None
    description: str | None = None
    freight: str | None = None
    kind: Callable[[str], Kind] = lambda _: Kind.SALE
    others: bool = False
    delimiter: str = ","
    decimal: str = "."
    time_format: str | None = None

    def reader(self, header: Sequence[str], zone: ZoneInfo) -> LineReader:
        """The function that reads the records under this header, local times in the zone.

        It raises `BadField` for a record that cannot be read.

        Raises:
            BadField: the header lacks a column, has one twice, or one that is not known.
        """
        readers = self._readers(zone)
        known = [column for column, _ in readers if column is not None]
        check_header(known, header, self.delimiter, others=self.others)
        steps = [
            (0, _nothing) if column is None else (header.index(column), read)
            for column, read in readers
        ]
        width, kind, charged = len(header), self.kind, self.freight

        def read(record: Sequence[str]) -> list[str]:
            check_width(record, width)
            try:
                values = [step(record[index]) for index, step in steps]
            except ValueError:
                raise fault(record, header, steps) from None
            freight, of_kind = values.pop(), kind(values[0])
            if freight.startswith("-") and of_kind is not Kind.CANCELLATION:
                raise BadField(charged, f"{freight} is below 0, and the order is no cancellation")
            return [*values, of_kind, "", freight]

        return read

    def _readers(self, zone: ZoneInfo) -> tuple[tuple[str | None, fields.Reader], ...]:
        return (
            (self.order_id, fields.identifier),
            (self.placed_at, fields.local_time(zone, self.time_format)),
            (self.user_id, fields.optional_identifier),
            (self.country, fields.text),
            (self.product_id, fields.identifier),
            (self.description, fields.text),
            (self.quantity, fields.quantity),
            (self.price, fields.price_with(self.decimal)),
            (self.freight, fields.optional(fields.price_with(self.decimal))),
        )


def _nothing(_: str) -> str:
    return ""


def _uci_kind(invoice: str) -> Kind:
    return _UCI_KINDS.get(invoice[0], Kind.SALE)


_UCI_KINDS = {"C": Kind.CANCELLATION, "A": Kind.ADJUSTMENT}

UCI = Mapping(
    name="uci",
    order_id="InvoiceNo",
    placed_at="InvoiceDate",
    user_id="CustomerID",
    country="Country",
    product_id="StockCode",
    description="Description",
    quantity="Quantity",
    price="UnitPrice",
    kind=_uci_kind,
)
"""UCI Online Retail: an invoice is an order, a customer a user, a stock code a product."""

MAPPINGS = {mapping.name: mapping for mapping in (UCI,)}


def mapping_named(name: str) -> Mapping:
    """The mapping of a format.

    Raises:
        InvalidInput: there is no such format.
    """
    if name not in MAPPINGS:
        raise InvalidInput(
            "format", f"{name!r} is not known; it takes {', '.join(MAPPINGS)}, olist"
        )
    return MAPPINGS[name]


def check_header(
    columns: Sequence[str], header: Sequence[str], delimiter: str = ",", *, others: bool = False
) -> None:
    """Refuse a header that lacks a column, has one twice, or, unless `others`, one more.

    Raises:
        BadField: it does.
    """
    divided = "commas" if delimiter == "," else repr(delimiter)
    expected = f"a header of this format has {', '.join(columns)}, divided by {divided}"
    missing = [column for column in columns if column not in header]
    if missing:
        raise BadField(missing[0], f"the header has no such column; {expected}")
    for index, column in enumerate(header):
        if column in columns and column in header[:index]:
            raise BadField(column, f"the header has this column twice; {expected}")
        if column not in columns and not others:
            raise BadField(fields.shown(column), f"the header's column is not known; {expected}")


def check_width(record: Sequence[str], width: int) -> None:
    """Refuse a record that has more fields than the header, or fewer.

    Raises:
        BadField: it does.
    """
    if len(record) != width:
        raise BadField(None, f"it has {len(record)} fields, the header has {width}")


def fault(record: Sequence[str], header: Sequence[str], steps: Sequence[Step]) -> BadField:
    """Which field of a record cannot be read, and why: the first one in the line."""
    for index, read in sorted(steps, key=lambda step: step[0]):
        try:
            read(record[index])
        except ValueError as error:
            return BadField(header[index], str(error))
    raise AssertionError("a record that could not be read can be read now")
