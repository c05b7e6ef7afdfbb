"""Figures: what a report's summary says of its period. Pure.

Counts (`total_orders`, `total_products`, ...) are of all currencies together. Money never is: each
amount stands beside its currency, exact, with at least the currency's usual decimals, and is a
decimal string in JSON. The figures at the top are those of the shop's main currency; `values` has
each currency's in full, the main one first.

What counts as what, for the order report:

- an order is every order of the period, whatever its kind, also one without items;
- a product is an item line (`total_products` is the sum of `count_product`); `distinct_products`
  are the different products among them;
- a **sale** is an order of kind `sale` that was not cancelled and has at least one sale line; a
  sale line has a quantity and a price above 0. Its units and value are those of its sale lines;
- a **refund** is an order of kind `cancellation`, with all its lines;
- an order is **cancelled** that is of kind `sale` and whose status says so, with all its lines;
- the value of an order is that of its lines and its freight; `freight` beside a value is the part
  of it that is freight, so that the goods are what is left. Lines have none;
- bookkeeping (adjustments, write-offs, free lines) counts in the totals, and in none of these;
- a row made by hand is one order with its lines and its amount, in the totals only: its products
  and units are not known.

Averages round half up, amounts to the currency's decimals, and are 0 where there are no orders.
"""

from collections.abc import Iterable, Sequence
from decimal import ROUND_HALF_UP, Context, Decimal, localcontext
from typing import Any

import msgspec

from horarium.shop.money import text

NO_CURRENCY = "XXX"
"""ISO 4217's code for no currency: of a shop that has neither a profile nor orders."""

_EXACT = Context(prec=200)


class Totals(msgspec.Struct, frozen=True):
    """The sums of one currency's orders, as the building statement counts them."""

    currency: str
    orders: int = 0
    lines: int = 0
    units: int = 0
    value: Decimal = Decimal(0)
    freight: Decimal = Decimal(0)
    sale_orders: int = 0
    sale_lines: int = 0
    sale_units: int = 0
    sale_value: Decimal = Decimal(0)
    sale_freight: Decimal = Decimal(0)
    refund_orders: int = 0
    refund_lines: int = 0
    refund_units: int = 0
    refund_value: Decimal = Decimal(0)
    refund_freight: Decimal = Decimal(0)
    cancelled_orders: int = 0
    cancelled_lines: int = 0
    cancelled_units: int = 0
    cancelled_value: Decimal = Decimal(0)
    cancelled_freight: Decimal = Decimal(0)


NO_FREIGHT = Decimal("0.00")
"""Of summaries that were made before orders had freight."""


class Sales(msgspec.Struct, frozen=True):
    """What was sold."""

    orders: int
    lines: int
    units: int
    value: Decimal
    average_order_value: Decimal
    freight: Decimal = NO_FREIGHT


class Refunds(msgspec.Struct, frozen=True):
    """What was given back; units and value are below 0."""

    orders: int
    lines: int
    units: int
    value: Decimal
    freight: Decimal = NO_FREIGHT


class Cancelled(msgspec.Struct, frozen=True):
    """What was ordered and cancelled before it was shipped, as it was ordered."""

    orders: int = 0
    lines: int = 0
    units: int = 0
    value: Decimal = Decimal("0.00")
    freight: Decimal = NO_FREIGHT


class CurrencyFigures(msgspec.Struct, frozen=True, kw_only=True):
    """The figures of the orders in one currency."""

    currency: str
    total_orders: int
    total_products: int
    total_units: int
    total_value: Decimal
    total_freight: Decimal = NO_FREIGHT
    average_order_value: Decimal
    average_products_per_order: Decimal
    sales: Sales
    refunds: Refunds
    cancelled: Cancelled = Cancelled()


class Headline(msgspec.Struct, frozen=True, kw_only=True):
    """The figures to read first. Counts are of all orders, money is in the main currency."""

    total_orders: int
    total_products: int
    distinct_products: int
    total_units: int
    currency: str
    total_value: Decimal
    total_freight: Decimal = NO_FREIGHT
    average_order_value: Decimal
    average_products_per_order: Decimal


class Figures(Headline, frozen=True, kw_only=True):
    """All figures of a period; sales, refunds and cancelled are those of the main currency."""

    sales: Sales
    refunds: Refunds
    cancelled: Cancelled = Cancelled()
    values: tuple[CurrencyFigures, ...]


def figures(totals: Sequence[Totals], distinct_products: int, currency: str | None) -> Figures:
    """The figures of a period.

    Args:
        totals: the sums of each currency that occurs.
        distinct_products: of all currencies together.
        currency: the shop's main one; without it, that of most orders.
    """
    main, *others = _main_first(totals, currency)
    values = (_of_currency(main), *map(_of_currency, others))
    orders = sum(each.orders for each in totals)
    products = sum(each.lines for each in totals)
    return Figures(
        total_orders=orders,
        total_products=products,
        distinct_products=distinct_products,
        total_units=sum(each.units for each in totals),
        currency=main.currency,
        total_value=values[0].total_value,
        total_freight=values[0].total_freight,
        average_order_value=values[0].average_order_value,
        average_products_per_order=_ratio(Decimal(products), orders, Decimal("0.01")),
        sales=values[0].sales,
        refunds=values[0].refunds,
        cancelled=values[0].cancelled,
        values=values,
    )


def totals_of(found: Figures) -> list[Totals]:
    """The sums that figures were made of: those of several periods can be added up."""
    return [
        Totals(
            each.currency,
            *(each.total_orders, each.total_products, each.total_units),
            *(each.total_value, each.total_freight),
            *(each.sales.orders, each.sales.lines, each.sales.units),
            *(each.sales.value, each.sales.freight),
            *msgspec.structs.astuple(each.refunds),
            *msgspec.structs.astuple(each.cancelled),
        )
        for each in found.values
    ]


def added(totals: Iterable[Totals]) -> list[Totals]:
    """The sums of each currency over all of these; exact."""
    by_currency: dict[str, list[Totals]] = {}
    for each in totals:
        by_currency.setdefault(each.currency, []).append(each)
    with localcontext(_EXACT):
        return [_sum(currency, same) for currency, same in by_currency.items()]


def _sum(currency: str, totals: Sequence[Totals]) -> Totals:
    sums: dict[str, Any] = {name: sum(getattr(each, name) for each in totals) for name in _SUMMED}
    return Totals(currency, **sums)


_SUMMED = Totals.__struct_fields__[1:]


def amount(value: Decimal, currency: str) -> Decimal:
    """The same amount, written with at least its currency's usual decimals."""
    return Decimal(text(value, currency))


def _main_first(totals: Sequence[Totals], currency: str | None) -> list[Totals]:
    by_orders = sorted(totals, key=lambda each: (-each.orders, each.currency))
    if currency is None:
        currency = by_orders[0].currency if by_orders else NO_CURRENCY
    main = [each for each in totals if each.currency == currency] or [Totals(currency)]
    others = [each for each in totals if each.currency != currency]
    return main + sorted(others, key=lambda each: each.currency)


def _of_currency(totals: Totals) -> CurrencyFigures:
    currency = totals.currency
    return CurrencyFigures(
        currency=currency,
        total_orders=totals.orders,
        total_products=totals.lines,
        total_units=totals.units,
        total_value=amount(totals.value, currency),
        total_freight=amount(totals.freight, currency),
        average_order_value=_average(totals.value, totals.orders, currency),
        average_products_per_order=_ratio(Decimal(totals.lines), totals.orders, Decimal("0.01")),
        sales=Sales(
            totals.sale_orders,
            totals.sale_lines,
            totals.sale_units,
            amount(totals.sale_value, currency),
            _average(totals.sale_value, totals.sale_orders, currency),
            amount(totals.sale_freight, currency),
        ),
        refunds=Refunds(
            totals.refund_orders,
            totals.refund_lines,
            totals.refund_units,
            amount(totals.refund_value, currency),
            amount(totals.refund_freight, currency),
        ),
        cancelled=Cancelled(
            totals.cancelled_orders,
            totals.cancelled_lines,
            totals.cancelled_units,
            amount(totals.cancelled_value, currency),
            amount(totals.cancelled_freight, currency),
        ),
    )


def _average(value: Decimal, orders: int, currency: str) -> Decimal:
    return _ratio(value, orders, amount(Decimal(0), currency))


def _ratio(value: Decimal, count: int, step: Decimal) -> Decimal:
    with localcontext(_EXACT):
        # Adding 0 makes a rounded -0.00 a 0.00.
        return (value / count if count else Decimal(0)).quantize(step, ROUND_HALF_UP) + 0
