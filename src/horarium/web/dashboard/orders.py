"""The page of the orders behind a figure. Pure: what was found in, what the template places out."""

from datetime import date
from typing import Any
from urllib.parse import urlencode

import msgspec

from horarium.reports import FIGURES, FigureOrder, FigureOrders, FigureSum
from horarium.web.wording import cash, long_day, minute, moment, number

_NAMES = {"total": "All orders", "sales": "Sales", "refunds": "Refunds", "cancelled": "Cancelled"}


class Choice(msgspec.Struct, frozen=True):
    """A link to another figure of the day, or to another page."""

    name: str
    address: str
    chosen: bool = False


class Line(msgspec.Struct, frozen=True):
    """An order with its part in the figure."""

    order: str
    customer: str
    placed: str
    status: str
    products: str
    units: str
    value: str


class OrdersView(msgspec.Struct, frozen=True, kw_only=True):
    """The page."""

    day: date
    heading: str
    figure: str
    choices: list[Choice]
    sums: list[str]
    reported: str
    agrees: bool
    lines: list[Line]
    pages: str
    earlier: Choice | None
    later: Choice | None
    built: str
    revision: int
    provisional: bool
    zone: str
    json: str


def orders_view(found: FigureOrders, zone: str) -> OrdersView:
    """The page of these orders, times by the clock of the zone."""
    last = max(1, -(-found.total // found.count))
    earlier = Choice("Earlier", _address(found, page=found.page - 1)) if found.page > 1 else None
    later = Choice("More", _address(found, page=found.page + 1)) if found.page < last else None
    return OrdersView(
        day=found.day,
        heading=long_day(found.day),
        figure=_NAMES[found.figure],
        choices=[
            Choice(_NAMES[each], _address(found, figure=each, page=1), each == found.figure)
            for each in FIGURES
        ],
        sums=[_sum(each) for each in found.sums],
        reported="; ".join(_sum(each) for each in found.reported) or "nothing",
        agrees=found.agrees,
        lines=[_line(order, zone) for order in found.items],
        pages=f"Page {number(found.page)} of {number(last)}" if last > 1 else "",
        earlier=earlier,
        later=later,
        built=moment(found.freshness.built_at, zone),
        revision=found.freshness.revision,
        provisional=found.freshness.provisional,
        zone=zone,
        json=_address(found),
    )


def _address(found: FigureOrders, **other: Any) -> str:
    asked: dict[str, Any] = {
        "date": found.day,
        "figure": found.figure,
        "page": found.page,
        "count": found.count,
    }
    if found.currency is not None:
        asked["currency"] = found.currency
    return f"/report/orders?{urlencode({**asked, **other})}"


def _sum(each: FigureSum) -> str:
    orders = f"{number(each.orders)} {'order' if each.orders == 1 else 'orders'}"
    units = f"{number(each.units)} {'unit' if each.units == 1 else 'units'}"
    return f"{cash(each.value, each.currency)} in {orders}, {units}"


def _line(order: FigureOrder, zone: str) -> Line:
    return Line(
        order=order.order_id,
        customer=order.user_id or "",
        placed="" if order.placed_at is None else minute(order.placed_at, zone),
        status="by hand" if order.by_hand else str(order.status),
        products=number(order.lines),
        units="" if order.by_hand else number(order.units),
        value=cash(order.value, order.currency),
    )
