"""The figures of a day as tiles: what it is, and how it differs from the day before. Pure."""

from decimal import Decimal

import msgspec

from horarium.reports import Summary
from horarium.web.wording import cash, number, share


class Change(msgspec.Struct, frozen=True):
    """The difference to the day before: its direction, its amount, and its share."""

    direction: str
    text: str
    share: str


class Tile(msgspec.Struct, frozen=True):
    """A figure: its name, its value, a note, and its change where the day before was built.

    `figure` names the orders behind it (`horarium.reports.Figure`).
    """

    name: str
    value: str
    note: str
    change: Change | None
    figure: str = "total"


def tiles(now: Summary, before: Summary | None) -> list[Tile]:
    """The tiles of a day."""
    money = now.currency
    if before is not None and before.currency != money:
        before = None
    earlier = before or now
    compared = before is not None

    def count(name: str, note: str, value: int, former: int) -> Tile:
        change = _change(Decimal(value), Decimal(former), number(value - former))
        return Tile(name, number(value), note, change if compared else None)

    def amount(name: str, note: str, value: Decimal, former: Decimal) -> Tile:
        change = _change(value, former, cash(value - former, money))
        figure = "refunds" if name == "Refunds" else "total"
        return Tile(name, cash(value, money), note, change if compared else None, figure)

    return [
        amount("Value", _parts(now), now.total_value, earlier.total_value),
        count("Orders", _sales(now), now.total_orders, earlier.total_orders),
        count("Products", _different(now), now.total_products, earlier.total_products),
        count("Units", "net of refunds", now.total_units, earlier.total_units),
        amount("Average", "per order", now.average_order_value, earlier.average_order_value),
        amount("Refunds", _refunds(now), now.refunds.value, earlier.refunds.value),
    ]


def other_currencies(now: Summary) -> list[str]:
    """The values in currencies other than the tiles'."""
    return [
        f"{cash(each.total_value, each.currency)} in {number(each.total_orders)} orders"
        for each in now.values[1:]
    ]


def cancelled_line(now: Summary) -> str:
    """What was cancelled, as a sentence; empty: nothing."""
    gone = now.cancelled
    if not gone.orders:
        return ""
    orders = f"{number(gone.orders)} {'order was' if gone.orders == 1 else 'orders were'}"
    return f"{orders} cancelled, of {cash(gone.value, now.currency)}."


def _change(now: Decimal, before: Decimal, difference: str) -> Change:
    if now == before:
        return Change("same", "no change", "")
    plus = "" if now < before else "+"
    grown = share(now, before) if now > 0 and before > 0 else ""
    return Change("up" if now > before else "down", plus + difference, grown)


def _parts(now: Summary) -> str:
    if not now.total_freight:
        return "all lines"
    goods = cash(now.total_value - now.total_freight, now.currency)
    return f"goods {goods}, freight {cash(now.total_freight, now.currency)}"


def _sales(now: Summary) -> str:
    return f"{number(now.sales.orders)} sales"


def _different(now: Summary) -> str:
    return f"{number(now.distinct_products)} different"


def _refunds(now: Summary) -> str:
    orders = now.refunds.orders
    return f"{number(orders)} {'order' if orders == 1 else 'orders'}"
