"""Money is written exactly, with its currency's usual decimals or more."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from horarium.errors import InvalidInput
from horarium.shop import money


@pytest.mark.parametrize(
    ("amount", "currency", "written"),
    [
        ("58635.56", "GBP", "58635.56"),
        ("28642.271", "GBP", "28642.271"),
        ("28642.2710", "GBP", "28642.271"),
        ("12", "EUR", "12.00"),
        ("1E+3", "EUR", "1000.00"),
        ("-0.00", "EUR", "0.00"),
        ("-0.5", "EUR", "-0.50"),
        ("300", "JPY", "300"),
        ("300.5", "JPY", "300.5"),
        ("1.5", "KWD", "1.500"),
        ("123456789012345678901234567890.123456", "USD", "123456789012345678901234567890.123456"),
    ],
)
def test_amounts_are_written_in_full(amount: str, currency: str, written: str) -> None:
    assert money.text(Decimal(amount), currency) == written


@given(
    st.decimals(allow_nan=False, allow_infinity=False, places=6), st.sampled_from(["EUR", "JPY"])
)
def test_what_is_written_is_the_amount(amount: Decimal, currency: str) -> None:
    assert Decimal(money.text(amount, currency)) == amount


@given(
    st.lists(
        st.tuples(
            st.integers(-(2**31), 2**31),
            st.decimals(-(10**11), 10**11, places=6, allow_nan=False),
        )
    )
)
def test_totals_are_exact(parts: list[tuple[int, Decimal]]) -> None:
    micros = sum(quantity * int(price.scaleb(6)) for quantity, price in parts)
    assert money.total(parts) == Decimal(micros).scaleb(-6)


@pytest.mark.parametrize("price", ["NaN", "sNaN", "Infinity", "-0.01", "1E+12", "0.0000001"])
def test_prices_that_no_product_has(price: str) -> None:
    with pytest.raises(InvalidInput):
        money.checked_price("price", Decimal(price))
