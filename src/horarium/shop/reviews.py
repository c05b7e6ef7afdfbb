"""Reviews: what users say of products and orders, and what was made of it.

A review's polarity is scored in the background (`horarium.shop.scoring`), and belongs to one
version of its text: a text that changes loses its score, and is scored again.
"""

from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import Any

import asyncpg
import msgspec
from msgspec import UNSET, UnsetType

from horarium.database import Connection, as_struct, statement
from horarium.errors import Conflict, HorariumError, InvalidInput
from horarium.shop.pages import Page, listed, window
from horarium.shop.profiles import profile
from horarium.shop.rows import locked_row, row_of
from horarium.shop.texts import checked_id, checked_instant, checked_text, fits, may_exist
from horarium.shop.versions import ANY, Versions

LONGEST_REVIEW = 20_000


class ReviewOrder(StrEnum):
    """How a list of reviews is sorted; those without a polarity are last of worst and best."""

    NEWEST = "newest"
    OLDEST = "oldest"
    WORST = "worst"
    BEST = "best"


class NewReview(msgspec.Struct, frozen=True, kw_only=True):
    """A review to be created: of a product, an order, a product in an order, or the shop."""

    rating: int
    text: str | None = None
    product_id: str | None = None
    order_id: str | None = None
    user_id: str | None = None
    written_at: datetime | None = None
    id: str | None = None


class ReviewChange(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be changed of a review; the rest stays. A text of `None` is taken away."""

    rating: int | UnsetType = UNSET
    text: str | UnsetType | None = UNSET


class Review(msgspec.Struct, frozen=True, kw_only=True):
    """A review.

    Attributes:
        polarity: of its text, from -1 to 1; `None` where that is not known, or not yet.
        language: what the text was taken for; `None`: it is not scored yet, or there is no text.
        model: what scored it.
        text_version: counts the texts that it has had.
        version: of what people wrote in it; scoring leaves it as it is.
    """

    id: str
    product_id: str | None
    order_id: str | None
    user_id: str | None
    rating: int
    text: str | None
    written_at: datetime
    polarity: float | None
    language: str | None
    model: str | None
    scored_at: datetime | None
    created_at: datetime
    updated_at: datetime
    text_version: int
    version: int


class ReviewFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which reviews; `None` matches all.

    Attributes:
        first, last: days of the shop's zone that it was written in, both included.
        lowest, highest: of its polarity; those without one match neither.
        unscored: its text is still to be scored.
    """

    product_id: str | None = None
    order_id: str | None = None
    user_id: str | None = None
    first: date | None = None
    last: date | None = None
    lowest: float | None = None
    highest: float | None = None
    unscored: bool | None = None


async def create_review(connection: Connection, new: NewReview) -> Review:
    """Add a review. Its text is not scored yet.

    Raises:
        InvalidInput: a value cannot be used, or what it refers to is not there.
        Conflict: the id is another review's.
    """
    identity = _checked(new)
    values = (identity, new.product_id, new.order_id, new.user_id, new.rating, new.text)
    try:
        row = await connection.fetchrow(
            statement(__package__, "create_review"), *values, new.written_at
        )
    except asyncpg.ForeignKeyViolationError:
        raise Conflict("what the review refers to is just being deleted") from None
    if row["id"] is None:
        raise _refusal(identity, new, row)
    return _review(row)


async def read_review(connection: Connection, identity: str) -> Review:
    """The review with this id.

    Raises:
        NotFound: there is none.
    """
    return _review(await row_of(connection, "read", "review", identity))


async def change_review(
    connection: Connection, identity: str, change: ReviewChange, known: Versions = ANY
) -> tuple[Review, bool]:
    """Change a review; says besides whether its text is another now.

    Raises:
        NotFound: there is none.
        Outdated: it was changed since the editor read it.
        InvalidInput: a value cannot be used.
    """
    rating = None if change.rating is UNSET else _rating(change.rating)
    text = None if change.text is UNSET else _text(change.text)
    await locked_row(connection, "review", identity, known)
    row = await connection.fetchrow(
        *(statement(__package__, "change_review"), identity, rating, text),
        change.text is not UNSET,
    )
    return _review(row), row["differs"]


async def delete_review(connection: Connection, identity: str, known: Versions = ANY) -> None:
    """Delete a review.

    Raises:
        NotFound: there is none.
        Outdated: it was changed since the editor read it.
    """
    await locked_row(connection, "review", identity, known)
    await connection.execute(statement(__package__, "delete_review"), identity)


async def list_reviews(
    connection: Connection,
    page: int = 1,
    count: int = 10,
    which: ReviewFilter | None = None,
    order: ReviewOrder = ReviewOrder.NEWEST,
) -> Page[Review]:
    """A page of the reviews that a filter finds.

    Raises:
        InvalidInput: there is no such page, or nothing can match the filter.
    """
    which = which or ReviewFilter()
    limit, offset = window(page, count)
    _check_filter(which)
    if not fits(which.product_id, which.order_id, which.user_id):
        return Page([], 0, page, count)
    shop = await profile(connection)
    rows = await connection.fetch(
        *(statement(__package__, "list_reviews"), limit, offset),
        *(which.product_id, which.order_id, which.user_id, which.first, which.last),
        *(shop.zone if shop is not None else "UTC", which.lowest, which.highest),
        *(which.unscored, order),
    )
    return listed(Review, rows, page, count)


def _review(row: Mapping[str, Any]) -> Review:
    return as_struct(Review, row)


def _checked(new: NewReview) -> str:
    _rating(new.rating)
    _text(new.text)
    for name in ("product_id", "order_id", "user_id"):
        value = getattr(new, name)
        if value is not None and not may_exist(value):
            raise _unknown(name, value)
    if new.written_at is not None:
        checked_instant("written_at", new.written_at)
    return checked_id("id", new.id)


def _rating(rating: int) -> int:
    if 1 <= rating <= 5:
        return rating
    raise InvalidInput("rating", f"{rating} is no rating; it takes 1 to 5")


def _text(text: str | None) -> str | None:
    return None if text is None else checked_text("text", text, LONGEST_REVIEW)


def _check_filter(which: ReviewFilter) -> None:
    if which.first is not None and which.last is not None and which.last < which.first:
        raise InvalidInput("to", f"{which.last} is before {which.first}")
    for name in ("lowest", "highest"):
        value = getattr(which, name)
        if value is not None and not -1 <= value <= 1:
            raise InvalidInput(name, f"{value} is no polarity; it takes -1 to 1")
    if None not in (which.lowest, which.highest) and which.highest < which.lowest:  # type: ignore[operator]
        raise InvalidInput("highest", f"{which.highest} is below {which.lowest}")


def _refusal(identity: str, new: NewReview, row: Mapping[str, Any]) -> HorariumError:
    for name in ("product", "order", "user"):
        if not row[f"{name}_known"]:
            return _unknown(f"{name}_id", getattr(new, f"{name}_id"))
    return Conflict(f"there is a review with the id {identity} already")


def _unknown(field: str, value: str) -> InvalidInput:
    return InvalidInput(field, f"there is no {field[:-3]} with the id {value[:255]!r}")
