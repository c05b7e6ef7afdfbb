"""The chart's geometry: pure, so asked directly."""

import itertools
from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from horarium.web.dashboard.chart import NARROW, WIDE, Column, chart, compact, scale

FIRST = date(2010, 12, 1)
AMOUNTS = st.decimals(-(10**9), 10**9, places=3)


def columns(*values: str | None) -> list[Column]:
    return [
        Column(FIRST + timedelta(days=n), None if value is None else Decimal(value), str(n))
        for n, value in enumerate(values)
    ]


def test_bars_stand_on_zero_and_reach_their_value() -> None:
    drawn = chart(columns("100", "50", "0", None), FIRST)
    full, half, none, unbuilt = drawn.bars
    assert drawn.zero == WIDE.height - WIDE.bottom
    assert full.y == WIDE.top
    assert full.y + full.height == drawn.zero
    assert half.height * 2 == full.height
    assert (none.height, none.y + none.height) == (2.0, drawn.zero)
    assert [bar.built for bar in drawn.bars] == [True, True, True, False]
    assert unbuilt.strip_x > none.strip_x
    assert [bar.selected for bar in drawn.bars] == [True, False, False, False]


def test_values_below_zero_hang_under_it() -> None:
    drawn = chart(columns("100", "-100"), None)
    up, down = drawn.bars
    assert up.y + up.height == drawn.zero == down.y
    assert down.height == up.height
    assert [tick.label for tick in drawn.ticks] == [
        "\N{MINUS SIGN}100",
        "\N{MINUS SIGN}50",
        "0",
        "50",
        "100",
    ]


def test_all_days_of_zero() -> None:
    drawn = chart(columns("0", "0"), None)
    assert [bar.height for bar in drawn.bars] == [2.0, 2.0]


def test_no_days() -> None:
    assert chart([], None).bars == []


def test_labels_do_not_touch_and_the_selected_day_has_one() -> None:
    many = columns(*["1"] * 30)
    for size in (WIDE, NARROW):
        for chosen in many:
            marks = chart(many, chosen.day, size).marks
            gaps = [right.x - left.x for left, right in itertools.pairwise(marks)]
            assert min(gaps) >= size.label * 0.9
            assert [mark.selected for mark in marks].count(True) == 1


def test_lines_stand_for_round_numbers() -> None:
    assert scale([Decimal(58636)]) == (0, 60000, 20000)
    assert scale([Decimal("0.9")]) == (0, Decimal("1.0"), Decimal("0.25"))
    assert scale([]) == (0, 4, 1)


def test_values_of_lines_in_few_characters() -> None:
    assert compact(Decimal(0), Decimal(1)) == "0"
    assert compact(Decimal(2500), Decimal(2500)) == "2.5k"
    assert compact(Decimal(40000), Decimal(20000)) == "40k"
    assert compact(Decimal(1_200_000), Decimal(200_000)) == "1.2M"
    assert compact(Decimal("-0.25"), Decimal("0.25")) == "\N{MINUS SIGN}0.25"


@given(st.lists(AMOUNTS, max_size=40))
def test_every_value_lies_between_the_lines(values: list[Decimal]) -> None:
    low, high, step = scale(values)
    assert all(low <= value <= high for value in values)
    assert low <= 0 <= high
    assert low < high
    assert (high - low) / step <= 6


@given(st.lists(st.none() | AMOUNTS, min_size=1, max_size=60), st.integers(0, 59))
def test_everything_is_drawn_inside(values: list[Decimal | None], selected: int) -> None:
    days = [Column(FIRST + timedelta(days=n), value, "") for n, value in enumerate(values)]
    for size in (WIDE, NARROW):
        drawn = chart(days, FIRST + timedelta(days=selected), size)
        for bar in drawn.bars:
            assert size.left <= bar.x
            assert bar.x + bar.width <= size.width - size.right + 0.1
            assert bar.y >= size.top - 2.1
            assert bar.y + bar.height <= size.height - size.bottom + 2.1
        assert all(size.top <= tick.y <= size.height - size.bottom for tick in drawn.ticks)
