"""A bar chart's geometry: one bar a day, from values to places. Pure; the template draws it.

Days without a report have no bar, days of zero a line at zero. Values below zero hang under it.
"""

from collections.abc import Callable, Sequence
from datetime import date
from decimal import ROUND_CEILING, Decimal

import msgspec

from horarium.web.wording import MINUS


class Column(msgspec.Struct, frozen=True):
    """A day to draw; without a value it was never built. `label` is read out and hovered."""

    day: date
    value: Decimal | None
    label: str


class Size(msgspec.Struct, frozen=True):
    """The drawing's size, and the room that the labels of its axes take."""

    width: int
    height: int
    left: int
    bottom: int
    top: int = 12
    right: int = 14
    label: int = 52


WIDE = Size(1040, 260, 56, 28)
NARROW = Size(420, 250, 54, 34, right=22, label=70)


class Bar(msgspec.Struct, frozen=True):
    """A day's bar, and the strip around it that can be pointed at."""

    day: date
    label: str
    x: float
    y: float
    width: float
    height: float
    strip_x: float
    strip_width: float
    selected: bool
    built: bool


class Tick(msgspec.Struct, frozen=True):
    """A line across the chart, and the value it stands for."""

    y: float
    label: str


class Mark(msgspec.Struct, frozen=True):
    """A label under the bars."""

    x: float
    label: str
    selected: bool


class Chart(msgspec.Struct, frozen=True):
    """Everything that is drawn. `zero` is where the bars stand."""

    size: Size
    bars: list[Bar]
    ticks: list[Tick]
    marks: list[Mark]
    zero: float


_SMALLEST, _WIDEST = 2.0, 44.0
_STEPS = (Decimal(1), Decimal(2), Decimal("2.5"), Decimal(5), Decimal(10))


def chart(columns: Sequence[Column], selected: date | None, size: Size = WIDE) -> Chart:
    """The chart of these days, in their order, with one of them selected."""
    values = [column.value for column in columns if column.value is not None]
    low, high, step = scale(values)
    room = size.height - size.top - size.bottom

    def place(value: Decimal) -> float:
        return round(size.top + room * float((high - value) / (high - low)), 2)

    strip = (size.width - size.left - size.right) / max(1, len(columns))
    return Chart(
        size=size,
        bars=[
            _bar(column, size.left + index * strip, strip, place, column.day == selected)
            for index, column in enumerate(columns)
        ],
        ticks=[Tick(place(at), compact(at, step)) for at in _lines(low, high, step)],
        marks=_marks(columns, selected, size, strip),
        zero=place(Decimal(0)),
    )


def scale(values: Sequence[Decimal], lines: int = 4) -> tuple[Decimal, Decimal, Decimal]:
    """The lowest and the highest line, and the step between lines: round numbers around zero."""
    least = min([*values, Decimal(0)])
    most = max([*values, Decimal(0)])
    if least == most:
        return Decimal(0), Decimal(lines), Decimal(1)
    step = _round_up((most - least) / lines)
    low = -_whole_steps(-least, step)
    return low, max(_whole_steps(most, step), low + step), step


def compact(value: Decimal, step: Decimal) -> str:
    """A line's value in a few characters, exact for steps of `scale`: 2.5k, 40k, 1.2M."""
    if value == 0:
        return "0"
    largest = max(abs(value), step)
    for size, unit in ((Decimal(10) ** 9, "B"), (Decimal(10) ** 6, "M"), (Decimal(10) ** 3, "k")):
        if largest >= size:
            return f"{(value / size).normalize():f}{unit}".replace("-", MINUS)
    return f"{value.normalize():f}".replace("-", MINUS)


def _bar(
    column: Column, left: float, strip: float, place: Callable[[Decimal], float], selected: bool
) -> Bar:
    width = min(_WIDEST, max(1.0, strip * 0.7))
    zero = place(Decimal(0))
    end = zero if column.value is None else place(column.value)
    top, height = min(zero, end), abs(zero - end)
    if column.value is not None and height < _SMALLEST:
        top, height = (zero - _SMALLEST if column.value >= 0 else zero), _SMALLEST
    return Bar(
        day=column.day,
        label=column.label,
        x=round(left + (strip - width) / 2, 2),
        y=round(top, 2),
        width=round(width, 2),
        height=round(height, 2),
        strip_x=round(left, 2),
        strip_width=round(strip, 2),
        selected=selected,
        built=column.value is not None,
    )


def _marks(
    columns: Sequence[Column], selected: date | None, size: Size, strip: float
) -> list[Mark]:
    """Labels of days, as many as do not touch; the selected day has one."""
    every = max(1, -(-size.label // max(1, int(strip))))
    chosen = next((i for i, column in enumerate(columns) if column.day == selected), 0)
    return [
        Mark(
            round(size.left + (index + 0.5) * strip, 2),
            f"{column.day.day} {column.day:%b}",
            column.day == selected,
        )
        for index, column in enumerate(columns)
        if (index - chosen) % every == 0
    ]


def _lines(low: Decimal, high: Decimal, step: Decimal) -> list[Decimal]:
    return [low + step * index for index in range(int((high - low) / step) + 1)]


def _round_up(value: Decimal) -> Decimal:
    size = Decimal(10) ** value.adjusted()
    return next(size * step for step in _STEPS if size * step >= value)


def _whole_steps(value: Decimal, step: Decimal) -> Decimal:
    return (value / step).to_integral_value(ROUND_CEILING) * step
