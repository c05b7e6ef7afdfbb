"""What a measure gives: figures per peer, and what they say about a target."""

import statistics
from collections.abc import Sequence
from typing import NamedTuple

import msgspec


class Figure(msgspec.Struct, kw_only=True):
    """One peer's figures for one quantity, a value per run; or why there are none."""

    peer: str
    values: list[float] = msgspec.field(default_factory=list)
    problem: str | None = None
    notes: dict[str, str] = msgspec.field(default_factory=dict)

    @property
    def median(self) -> float | None:
        return statistics.median(self.values) if self.values else None


class Verdict(msgspec.Struct, frozen=True):
    """A target and whether it is met; `None`: one of its figures is missing."""

    target: str
    found: str
    met: bool | None


class Quantity(msgspec.Struct, kw_only=True):
    """One table: a quantity of several peers.

    Attributes:
        more_is_better: the table is sorted by it.
        digits: shown after the decimal point.
    """

    name: str
    title: str
    unit: str
    figures: list[Figure]
    verdicts: list[Verdict] = msgspec.field(default_factory=list)
    more_is_better: bool = True
    digits: int = 0

    def median(self, peer: str) -> float | None:
        return next((figure.median for figure in self.figures if figure.peer == peer), None)


class Ratio(NamedTuple):
    """A target: Horarium's figure is at least (or at most) so many times a peer's."""

    peer: str
    factor: float

    def judge(self, quantity: Quantity, subject: str = "horarium") -> Verdict:
        sign = "≥" if quantity.more_is_better else "≤"
        target = f"{subject} {sign} {self.factor:g} x {self.peer}"
        ours, theirs = quantity.median(subject), quantity.median(self.peer)
        if ours is None or not theirs:
            return Verdict(target, "-", None)
        ratio = ours / theirs
        met = ratio >= self.factor if quantity.more_is_better else ratio <= self.factor
        return Verdict(target, f"{ratio:.2f} x", met)


def judge_limit(quantity: Quantity, peer: str, most: float) -> Verdict:
    """A target in absolute figures: at most so much."""
    ours = quantity.median(peer)
    target = f"{peer} ≤ {most:g} {quantity.unit}"
    if ours is None:
        return Verdict(target, "-", None)
    return Verdict(target, f"{ours:.{quantity.digits}f} {quantity.unit}", ours <= most)


def judge_lowest(quantity: Quantity, peer: str, others: Sequence[str]) -> Verdict:
    """A target: not above the lowest of these peers."""
    ours = quantity.median(peer)
    found = [median for each in others if (median := quantity.median(each)) is not None]
    target = f"{peer} not above the best peer"
    if ours is None or not found:
        return Verdict(target, "-", None)
    return Verdict(target, f"{ours / min(found):.2f} x", ours <= min(found))
