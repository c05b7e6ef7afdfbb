"""Bars of a chart as boxes: where each stands, and the lines behind them. Pure."""

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple


class Box(NamedTuple):
    """A box by its lower left corner; the unit is the page's."""

    x: float
    y: float
    width: float
    height: float


class Drawn(NamedTuple):
    """The bars, in their order, and the heights of lines with the values they stand for."""

    bars: list[Box]
    lines: list[tuple[float, Decimal]]


def bar_boxes(values: Sequence[Decimal], frame: Box) -> Drawn:
    """The bars of these values inside a frame; those below 0 hang from the line of 0."""
    step = _step(max((abs(value) for value in values), default=Decimal(0)))
    top = _steps(max([Decimal(0), *values]), step)
    bottom = -_steps(max([Decimal(0), *(-value for value in values)]), step)
    if top == bottom:
        top = 1
    scale = frame.height / (top - bottom)
    zero = frame.y - bottom * scale
    place = frame.width / max(len(values), 1)
    width = place * (0.8 if place > 2 else 1.0)
    bars = []
    for number, value in enumerate(values):
        height = float(value / step) * scale
        low = zero + min(height, 0.0)
        bars.append(Box(frame.x + number * place + (place - width) / 2, low, width, abs(height)))
    lines = [(zero + number * scale, step * number) for number in range(bottom, top + 1)]
    return Drawn(bars, lines)


def thinned(count: int, most: int) -> range:
    """Which of so many labels are shown, so that they do not overlap."""
    return range(0, count, max(1, -(-count // most)))


def _step(highest: Decimal) -> Decimal:
    """A round number of which about four make the highest."""
    if highest == 0:
        return Decimal(1)
    unit = Decimal(1).scaleb((highest / 4).adjusted())
    for factor in (1, 2, 5, 10):
        if unit * factor * 4 >= highest:
            return Decimal(format((unit * factor).normalize(), "f"))
    return unit * 10


def _steps(value: Decimal, step: Decimal) -> int:
    whole, rest = divmod(value, step)
    return int(whole) + (1 if rest else 0)
