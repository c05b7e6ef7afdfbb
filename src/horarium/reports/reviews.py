"""The reviews of a period: how many, how they judge, and which are the worst.

They are read as they are now, not as they were when the report was built: a review is often scored
after the midnight that ends its day.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from horarium.database import Connection, as_struct, statement

WORST = 5
"""Reviews that a summary shows."""

LONGEST = 300
"""Characters of a review's text that a summary shows."""


class WorstReview(msgspec.Struct, frozen=True, kw_only=True):
    """A review whose polarity is below 0, with its order; the text is cut after 300 characters."""

    id: str
    order_id: str | None
    product_id: str | None
    user_id: str | None
    rating: int
    polarity: float
    text: str
    written_at: datetime


class ReviewFigures(msgspec.Struct, frozen=True, kw_only=True):
    """The reviews that were written in a period.

    Attributes:
        count: all of them, also those without a text.
        scored: those that have a polarity; the mean is theirs.
        unscored: those whose text is still to be scored.
        mean_polarity: from -1 to 1; `None` where none has one.
        mean_rating: from 1 to 5; `None` where there are none.
        worst: at most five below 0, the lowest polarity first.
    """

    count: int
    scored: int
    unscored: int
    mean_polarity: float | None
    mean_rating: float | None
    worst: list[WorstReview]


async def review_figures(
    connection: Connection, starts_at: datetime, ends_at: datetime
) -> ReviewFigures:
    """The figures of the reviews of a half-open period."""
    rows = await connection.fetch(
        statement(__package__, "review_figures"), starts_at, ends_at, WORST, LONGEST
    )
    first = rows[0]
    return ReviewFigures(
        count=first["count"],
        scored=first["scored"],
        unscored=first["unscored"],
        mean_polarity=_rounded(first["mean_polarity"]),
        mean_rating=_rounded(first["mean_rating"]),
        worst=[_worst(row) for row in rows if row["id"] is not None],
    )


def _worst(row: Mapping[str, Any]) -> WorstReview:
    return as_struct(WorstReview, row)


def _rounded(mean: float | None) -> float | None:
    return None if mean is None else round(mean, 4)
