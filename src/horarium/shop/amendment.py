"""Changing the items of an order: what each line costs then, and what the stock gives or gets.

Pure. What was paid stays: a product that the order has already keeps its price and description,
line for line, whatever its quantity becomes; a product that is new to the order costs what it costs
now. Stock moves by the difference. A line's `taken` never exceeds what the order has really taken:
a product that was not counted when it was ordered gives nothing back.
"""

from collections import Counter, deque
from collections.abc import Mapping, Sequence

import msgspec

from horarium.errors import HorariumError
from horarium.shop.allocation import Line, Shelf, unsaleable
from horarium.shop.request import InsufficientStock, NewItem, no_product


class Amendment(msgspec.Struct, frozen=True):
    """The lines that an order is to have, and by how much each product's stock falls."""

    lines: list[Line]
    taken: dict[str, int]


def amend(
    held: Sequence[Line],
    items: Sequence[NewItem],
    products: Mapping[str, Shelf],
    currency: str,
) -> Amendment | HorariumError:
    """What becomes of an order's lines, or why they cannot be so.

    Args:
        held: the lines that it has.
        items: all that it is to have.
        products: those of both, locked.
    """
    lines = _priced(held, items, products, currency)
    if isinstance(lines, HorariumError):
        return lines
    wanted, had = _quantities(lines), _quantities(held)
    holds: Counter[str] = Counter()
    for line in held:
        holds[line.product_id] += line.taken
    taken: dict[str, int] = {}
    for product in sorted(wanted.keys() | had.keys()):
        stock = products[product].stock
        if stock is None:
            holds[product] = 0
            continue
        more = max(wanted[product] - had[product], -holds[product])
        if more > stock:
            return InsufficientStock(product, more, stock)
        holds[product] += more
        if more:
            taken[product] = more
    return Amendment(_spread(lines, holds), taken)


def _priced(
    held: Sequence[Line],
    items: Sequence[NewItem],
    products: Mapping[str, Shelf],
    currency: str,
) -> list[Line] | HorariumError:
    paid: dict[str, deque[Line]] = {}
    for line in held:
        paid.setdefault(line.product_id, deque()).append(line)
    lines = []
    for index, item in enumerate(items):
        priced = _priced_line(index, item, paid, products, currency)
        if isinstance(priced, HorariumError):
            return priced
        lines.append(priced)
    return lines


def _priced_line(
    index: int,
    item: NewItem,
    paid: Mapping[str, deque[Line]],
    products: Mapping[str, Shelf],
    currency: str,
) -> Line | HorariumError:
    if before := paid.get(item.product_id):
        kept = before.popleft()
        return msgspec.structs.replace(kept, line=index + 1, quantity=item.quantity, taken=0)
    product = products.get(item.product_id)
    if product is None:
        return no_product(index, item.product_id)
    field = f"items[{index}].product_id"
    if product.price is None or unsaleable(index, product, currency, field):
        return unsaleable(index, product, currency, field) or no_product(index, product.id)
    return Line(index + 1, product.id, product.name, item.quantity, product.price, 0)


def _quantities(lines: Sequence[Line]) -> Counter[str]:
    quantities: Counter[str] = Counter()
    for line in lines:
        quantities[line.product_id] += line.quantity
    return quantities


def _spread(lines: Sequence[Line], holds: Counter[str]) -> list[Line]:
    """The lines, each with its part of what the order holds of its product."""
    left = Counter(holds)
    spread = []
    for line in lines:
        taken = min(line.quantity, left[line.product_id])
        left[line.product_id] -= taken
        spread.append(msgspec.structs.replace(line, taken=taken))
    return spread
