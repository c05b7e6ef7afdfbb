"""Changing items: pure."""

from collections import Counter
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from horarium.errors import InvalidInput
from horarium.shop import InsufficientStock, NewItem
from horarium.shop.allocation import Line, Shelf
from horarium.shop.amendment import Amendment, amend


def shelf(identity: str, stock: int | None = 10, price: str | None = "5") -> Shelf:
    return Shelf(identity, identity, None if price is None else Decimal(price), "EUR", stock)


def line(number: int, product: str, quantity: int, taken: int, price: str = "3") -> Line:
    return Line(number, product, f"old {product}", quantity, Decimal(price), taken)


PRODUCTS = {each.id: each for each in (shelf("cup"), shelf("song", None), shelf("draft", 1, None))}


def test_what_was_paid_stays_and_what_is_new_costs_what_it_costs_now() -> None:
    held = [line(1, "cup", 2, 2)]
    amended = amend(held, [NewItem("cup", 4), NewItem("cup", 1)], PRODUCTS, "EUR")
    assert amended == Amendment(
        [line(1, "cup", 4, 4), Line(2, "cup", "cup", 1, Decimal(5), 1)], {"cup": 3}
    )


def test_what_is_taken_away_goes_back() -> None:
    held = [line(1, "cup", 6, 6), line(2, "song", 1, 0)]
    amended = amend(held, [NewItem("song", 2)], PRODUCTS, "EUR")
    assert amended == Amendment([line(1, "song", 2, 0)], {"cup": -6})


def test_what_was_never_taken_does_not_go_back() -> None:
    amended = amend([line(1, "cup", 6, 0)], [NewItem("cup", 1)], PRODUCTS, "EUR")
    assert amended == Amendment([line(1, "cup", 1, 0)], {})


def test_refusals() -> None:
    held = [line(1, "cup", 6, 6)]
    short = amend(held, [NewItem("cup", 17)], PRODUCTS, "EUR")
    assert isinstance(short, InsufficientStock)
    assert (short.wanted, short.left) == (11, 10)
    for product in ("mug", "draft"):
        refused = amend(held, [NewItem("cup", 1), NewItem(product, 1)], PRODUCTS, "EUR")
        assert isinstance(refused, InvalidInput)
        assert refused.field == "items[1].product_id"
    assert isinstance(amend([], [NewItem("cup", 1)], PRODUCTS, "USD"), InvalidInput)


@given(
    st.lists(st.tuples(st.sampled_from("ab"), st.integers(1, 5), st.booleans()), max_size=4),
    st.lists(st.tuples(st.sampled_from("ab"), st.integers(1, 9)), min_size=1, max_size=4),
    st.integers(0, 20),
)
def test_nothing_is_made_and_nothing_vanishes(
    held: list[tuple[str, int, bool]], wanted: list[tuple[str, int]], stock: int
) -> None:
    lines = [line(n, p, q, q if was else 0) for n, (p, q, was) in enumerate(held, 1)]
    products = {each: shelf(each, stock) for each in "ab"}
    amended = amend(lines, [NewItem(*each) for each in wanted], products, "EUR")
    if isinstance(amended, InsufficientStock):
        return
    assert isinstance(amended, Amendment)
    before, after = Counter[str](), Counter[str]()
    for each in lines:
        before[each.product_id] += each.taken
    for each in amended.lines:
        after[each.product_id] += each.taken
        assert 0 <= each.taken <= each.quantity
    for product in "ab":
        moved = amended.taken.get(product, 0)
        assert stock - moved >= 0
        assert stock - moved + after[product] == stock + before[product]
