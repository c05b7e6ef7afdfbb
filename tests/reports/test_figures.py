"""Figures from sums: averages, currencies, nothing."""

from decimal import Decimal

import msgspec
import pytest

from horarium.reports.figures import Figures, Totals, amount, figures


def euros(orders: int, value: str, currency: str = "EUR", **more: int) -> Totals:
    return Totals(currency, orders=orders, value=Decimal(value), **more)


@pytest.mark.parametrize(
    ("value", "orders", "average"),
    [
        ("0.05", 2, "0.03"),  # 0.025: half goes up
        ("0.03", 2, "0.02"),
        ("0.02", 8, "0.00"),
        ("1", 3, "0.33"),
        ("-0.05", 2, "-0.03"),
        ("-0.01", 3, "0.00"),
        ("58960.79", 127, "464.26"),
        ("99999999999999999999999999999.99", 1, "99999999999999999999999999999.99"),
    ],
)
def test_averages_round_half_up(value: str, orders: int, average: str) -> None:
    found = figures([euros(orders, value)], 0, "EUR")
    assert str(found.average_order_value) == average


def test_amounts_have_their_currencys_decimals_and_all_they_need() -> None:
    assert str(amount(Decimal(12), "GBP")) == "12.00"
    assert str(amount(Decimal("28642.2710"), "GBP")) == "28642.271"
    assert str(figures([euros(3, "100", "JPY")], 1, "JPY").average_order_value) == "33"


def test_money_is_a_string_in_json() -> None:
    text = msgspec.json.encode(figures([euros(2, "12.5", lines=3)], 3, "EUR"))
    read = msgspec.json.decode(text)
    assert (read["total_value"], read["average_order_value"]) == ("12.50", "6.25")
    assert read["average_products_per_order"] == "1.50"
    assert msgspec.json.decode(text, type=Figures) == figures([euros(2, "12.5", lines=3)], 3, "EUR")


def test_currencies_are_never_added_up() -> None:
    found = figures([euros(5, "50", "USD", lines=9), euros(1, "7", lines=1)], 4, "EUR")
    assert (found.total_orders, found.total_products, found.distinct_products) == (6, 10, 4)
    assert (found.currency, found.total_value) == ("EUR", Decimal(7))
    assert found.average_products_per_order == Decimal("1.67")
    assert [(each.currency, each.total_value) for each in found.values] == [
        ("EUR", Decimal(7)),
        ("USD", Decimal(50)),
    ]


def test_the_main_currency_stands_first_even_unused() -> None:
    found = figures([euros(5, "50", "USD")], 4, "EUR")
    assert [each.currency for each in found.values] == ["EUR", "USD"]
    assert (str(found.total_value), str(found.average_order_value)) == ("0.00", "0.00")


def test_without_a_profile_the_currency_of_most_orders_is_the_main_one() -> None:
    found = figures([euros(1, "70", "USD"), euros(2, "1")], 4, None)
    assert found.currency == "EUR"


def test_nothing_at_all() -> None:
    found = figures([], 0, None)
    assert (found.total_orders, found.currency, found.sales.orders) == (0, "XXX", 0)
    assert str(found.average_products_per_order) == "0.00"
