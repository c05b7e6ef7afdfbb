"""Each field is taken exactly or refused with its reason."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from horarium.shop.imports import fields

LONDON = fields.local_time(ZoneInfo("Europe/London"))


@pytest.mark.parametrize(
    ("value", "taken"),
    [("0.001", "0.001"), ("-11062.06", "-11062.06"), ("0", "0"), (" 2.55 ", "2.55")],
)
def test_a_price_is_a_plain_decimal(value: str, taken: str) -> None:
    assert fields.price(value) == taken


@pytest.mark.parametrize(
    "value",
    [
        *("", "NaN", "Infinity", "-inf", "1e5", "2,55", "1,000.00", "£2", ".5", "5.", "+1", "--1"),
        *("0x10", "1_000", "٣", "1" * 13, "0.0000001", "2.5\0"),
    ],
)
def test_anything_else_is_no_price(value: str) -> None:
    with pytest.raises(ValueError):
        fields.price(value)


@given(st.decimals(min_value=-(10**11), max_value=10**11, places=3, allow_nan=False))
def test_prices_stay_exact_to_the_thousandth(price: Decimal) -> None:
    assert Decimal(fields.price(f"{price:f}")) == price


@pytest.mark.parametrize(("value", "taken"), [("6", "6"), ("-80995", "-80995"), ("007", "7")])
def test_a_quantity_is_a_whole_number(value: str, taken: str) -> None:
    assert fields.quantity(value) == taken


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("", "an empty field is not a whole number"),
        ("1.0", "'1.0' is not a whole number"),
        ("six", "not a whole number"),
        ("1e3", "not a whole number"),
        ("²", "not a whole number"),
        ("0", "0 is no quantity"),
        ("-0", "0 is no quantity"),
        ("2147483648", "too large"),
        ("9" * 100, "not a whole number"),
    ],
)
def test_anything_else_is_no_quantity(value: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        fields.quantity(value)


@pytest.mark.parametrize(
    ("local", "instant"),
    [
        ("2010-12-01T08:26:00", "2010-12-01T08:26:00+00:00"),
        ("2011-07-01 08:26", "2011-07-01T07:26:00+00:00"),
        # Skipped by the clocks: moved forward, to 02:30 summer time.
        ("2011-03-27T01:30:00", "2011-03-27T01:30:00+00:00"),
        # Shown twice by the clocks: the first, in summer time.
        ("2011-10-30T01:30:00", "2011-10-30T00:30:00+00:00"),
    ],
)
def test_local_times_become_instants(local: str, instant: str) -> None:
    assert LONDON(local) == instant


@given(st.datetimes(datetime(1900, 1, 2), datetime(2199, 12, 30)))  # noqa: DTZ001
def test_every_local_time_is_within_a_gap_of_its_instant(local: datetime) -> None:
    local = local.replace(microsecond=0)
    instant = datetime.fromisoformat(LONDON(local.isoformat()))
    shown = instant.astimezone(ZoneInfo("Europe/London")).replace(tzinfo=None)
    assert instant.tzinfo == UTC
    assert shown - local in (timedelta(0), timedelta(hours=1))


@pytest.mark.parametrize(
    "value",
    [
        *("", "2010-12-01", "12/1/2010 8:26", "2010-02-30T08:00:00", "2010-12-01T25:00:00"),
        *("2010-W48-3", "2010-12-01T08:26:00Z", "2010-12-01T08:26:00+01:00", "20101201T0826"),
        *("0001-01-01T00:00:00", "9999-12-31T23:59:59", "٢٠١٠-12-01T08:26:00"),
    ],
)
def test_anything_else_is_no_time(value: str) -> None:
    with pytest.raises(ValueError):
        LONDON(value)


def test_ids_are_shown_texts() -> None:
    assert fields.identifier(" 536365 ") == "536365"
    assert fields.optional_identifier("") == ""
    for value in ("", "  ", "a\nb", "a\0b", "x" * 256, "\udcff"):
        with pytest.raises(ValueError):
            fields.identifier(value)


def test_reasons_are_short_and_harmless_on_a_terminal() -> None:
    assert fields.shown("\x1b[2J" + "x" * 1000) == ascii("\x1b[2J" + "x" * 36 + "…")
