"""Orders of Olist: a file of orders, and beside it one of their items and one of their customers.

Each item is one piece of a product, and one line of its order. An order may have no items. The
customer is the person (`customer_unique_id`) where the file of customers is there; else it is
`customer_id`, of which every order has one of its own. What has come of an order is told by the
file, and kept as its status. The freight of an order is that of its items; no line has it.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Self
from zoneinfo import ZoneInfo

from horarium.errors import InvalidInput
from horarium.shop.imports import fields
from horarium.shop.imports.lines import Lines, Progress, names, unbroken
from horarium.shop.imports.mapping import BadField, Step, check_header, check_width, fault
from horarium.shop.imports.records import Record, Records
from horarium.shop.imports.rejects import BadLine, BadLines, Rejects
from horarium.shop.imports.source import Source
from horarium.shop.orders import Kind, Status

OLIST = "olist"
_ORDERS, _ITEMS, _CUSTOMERS = "orders", "order_items", "customers"
_STATUSES = {
    "created": Status.PLACED,
    "approved": Status.PAID,
    "invoiced": Status.PAID,
    "processing": Status.PAID,
    "shipped": Status.SHIPPED,
    "delivered": Status.DELIVERED,
    "canceled": Status.CANCELLED,
    "unavailable": Status.CANCELLED,
}
_HEADERS = {
    _ORDERS: (
        *("order_id", "customer_id", "order_status", "order_purchase_timestamp"),
        *("order_approved_at", "order_delivered_carrier_date", "order_delivered_customer_date"),
        "order_estimated_delivery_date",
    ),
    _ITEMS: (
        *("order_id", "order_item_id", "product_id", "seller_id", "shipping_limit_date"),
        *("price", "freight_value"),
    ),
    _CUSTOMERS: (
        *("customer_id", "customer_unique_id", "customer_zip_code_prefix"),
        *("customer_city", "customer_state"),
    ),
}
_READ = {
    _ORDERS: ("order_id", "customer_id", "order_status", "order_purchase_timestamp"),
    _ITEMS: ("order_id", "product_id", "price", "freight_value"),
    _CUSTOMERS: ("customer_id", "customer_unique_id"),
}


class OlistFiles(Lines):
    """The lines of Olist's files. Ids of orders and customers are held in memory: 100 bytes each.

    Args:
        path: the file of orders, such as ``olist_orders_dataset.csv``, plain or compressed. That of
            the items has `order_items` in its name for `orders`, that of the customers
            `customers`; they lie beside it.

    Raises:
        InvalidInput: on entering, when the file of items is not there or one cannot be opened.
    """

    def __init__(self, path: Path, zone: ZoneInfo, rejects: Rejects) -> None:
        super().__init__(rejects)
        self._path = path
        self._time = fields.local_time(zone)
        self._opened = ExitStack()
        self._sources: dict[str, Source] = {}
        self._customers: dict[str, str] = {}
        self._orders: set[str] = set()

    def __enter__(self) -> Self:
        with ExitStack() as opening:
            self._sources[_ORDERS] = opening.enter_context(Source(self._path))
            self._sources[_ITEMS] = opening.enter_context(Source(self._beside(_ITEMS)))
            customers = self._beside(_CUSTOMERS)
            if customers.exists():
                self._sources[_CUSTOMERS] = opening.enter_context(Source(customers))
            self._opened = opening.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._opened.close()

    def progress(self, stage: str) -> Progress:
        """How far the reading has come, of all files together."""
        sources = self._sources.values()
        return Progress(
            stage,
            self.read,
            sum(source.bytes_read for source in sources),
            sum(source.bytes_total for source in sources),
        )

    def _lines(self) -> Iterator[list[str]]:
        """Orders without items first, then the items."""
        if _CUSTOMERS in self._sources:
            for customer, person in self._records(_CUSTOMERS, self._customer):
                self._customers[customer] = person
        for number, line in enumerate(self._records(_ORDERS, self._order)):
            self.kept += 1
            yield [*line, str(number)]
        for number, line in enumerate(self._records(_ITEMS, self._item)):
            self.kept += 1
            yield [*line, str(number)]

    def _customer(self, values: Sequence[str]) -> list[str]:
        return list(values)

    def _order(self, values: Sequence[str]) -> list[str]:
        order, customer, status, placed_at = values
        if order in self._orders:
            raise BadField("order_id", f"the order {fields.shown(order)} is in the file twice")
        if customer and self._customers:
            if customer not in self._customers:
                reason = f"{fields.shown(customer)} is not in the file of customers"
                raise BadField("customer_id", reason)
            customer = self._customers[customer]
        self._orders.add(order)
        return [order, placed_at, customer, "", "", "", "", "", Kind.SALE, status, "0"]

    def _item(self, values: Sequence[str]) -> list[str]:
        order, product, price, freight = values
        if order not in self._orders:
            reason = f"the order {fields.shown(order)} is not among those that were read"
            raise BadField("order_id", reason)
        return [order, "", "", "", product, "", "1", price, "", "", freight]

    def _records(
        self, which: str, make: Callable[[Sequence[str]], list[str]]
    ) -> Iterator[list[str]]:
        source = self._sources[which]
        records = iter(Records(source.lines()))
        header = self._header(which, next(records, None))
        steps = [(header.index(column), self._reader(column)) for column in _READ[which]]
        for record in records:
            self.read += 1
            try:
                made = make(_values(record, header, steps))
            except BadField as bad:
                line = BadLine(record.number, bad.column, bad.reason, source.path)
                self._rejects.add(line, record.fields)
                continue
            yield made

    def _header(self, which: str, record: Record | None) -> list[str]:
        try:
            header = names(record)
            check_header(_HEADERS[which], header)
        except BadField as bad:
            path = self._sources[which].path
            number = 1 if record is None else record.number
            raise BadLines(path, [BadLine(number, bad.column, bad.reason)], 1) from None
        return header

    def _reader(self, column: str) -> fields.Reader:
        match column:
            case "order_status":
                return _status
            case "order_purchase_timestamp":
                return self._time
            case "price":
                return fields.price
            case "freight_value":
                return fields.freight
            case _:
                return fields.identifier

    def _beside(self, which: str) -> Path:
        name = self._path.name
        if _ORDERS not in name:
            reason = "its name has no `orders`, by which the files of items and customers are found"
            raise InvalidInput(str(self._path), reason)
        before, _, after = name.rpartition(_ORDERS)
        return self._path.with_name(f"{before}{which}{after}")


def _values(record: Record, header: Sequence[str], steps: Sequence[Step]) -> list[str]:
    values = unbroken(record)
    check_width(values, len(header))
    try:
        return [read(values[index]) for index, read in steps]
    except ValueError:
        raise fault(values, header, steps) from None


def _status(value: str) -> str:
    found = fields.text(value)
    if found not in _STATUSES:
        raise ValueError(f"{fields.shown(found)} is none of: {', '.join(_STATUSES)}")
    return _STATUSES[found]
