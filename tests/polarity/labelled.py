"""Sentences with the judgement that people gave them, and how a scorer compares."""

import gzip
import zlib
from collections.abc import Sequence
from math import sqrt
from pathlib import Path
from typing import NamedTuple

from horarium.polarity import polarity

DATA = Path(__file__).parent / "data"
ENGLISH = "reviews-en-vader/amazonReviewSnippets_GroundTruth.txt.gz"


class Labelled(NamedTuple):
    """A text, and the sign or the mean rating that people gave it."""

    label: float
    text: str


class Measure(NamedTuple):
    """How scores compare with labels.

    Attributes:
        r: Pearson's correlation.
        accuracy: the share of the clear judgements whose sign is right; a score of 0 is wrong.
        reversed: the share of them that has the other sign.
    """

    r: float
    accuracy: float
    reversed: float


def russian(name: str) -> list[Labelled]:
    lines = (DATA / f"russian_{name}.tsv").read_text("utf-8").splitlines()
    rows = [line.split("\t") for line in lines if not line.startswith("#")]
    return [Labelled(float(label), text) for label, text in rows]


def english(shared_data: Path) -> tuple[list[Labelled], list[Labelled]]:
    """The half that the lexicon was tuned beside, and the half that was only measured: the
    sentences of one review are all in the same half."""
    halves: tuple[list[Labelled], list[Labelled]] = ([], [])
    with gzip.open(shared_data / ENGLISH, "rt", encoding="latin-1") as lines:
        for line in lines:
            identity, rating, text = line.rstrip("\n").split("\t")
            review = identity.split("_")[0]
            halves[zlib.crc32(review.encode()) % 2].append(Labelled(float(rating), text))
    return halves


def measured(rows: Sequence[Labelled], clear: float) -> Measure:
    """Compare; judgements of at least `clear`, whichever their sign, are clear ones."""
    pairs = [(polarity(row.text).polarity or 0.0, row.label) for row in rows]
    judged = [score * label for score, label in pairs if abs(label) >= clear]
    return Measure(
        _correlation(pairs),
        sum(each > 0 for each in judged) / len(judged),
        sum(each < 0 for each in judged) / len(judged),
    )


def _correlation(pairs: Sequence[tuple[float, float]]) -> float:
    count = len(pairs)
    x, y = (sum(pair[i] for pair in pairs) / count for i in (0, 1))
    together = sum((a - x) * (b - y) for a, b in pairs)
    return together / sqrt(
        sum((a - x) ** 2 for a, _ in pairs) * sum((b - y) ** 2 for _, b in pairs)
    )
