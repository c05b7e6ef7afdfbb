"""Lists for programs: each page says where the next one begins.

A cursor is the sort key of the last item that was seen. Pages that are reached by it neither skip
nor repeat what stays in the list, whatever is added or removed meanwhile, and the millionth costs
what the first does; numbered pages (`horarium.shop.pages`) do neither.
"""

import base64
import binascii
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Generic, TypeVar

import msgspec

from horarium.errors import InvalidInput
from horarium.shop.pages import window

T = TypeVar("T")
Key = TypeVar("Key")


class Listing(msgspec.Struct, Generic[T], frozen=True):
    """Items of a list, with the cursor of those after them; none after the last.

    Attributes:
        total: the items of all pages; not counted where a cursor was given.
        page: the number of the page; none where a cursor was given.
    """

    items: list[T]
    total: int | None
    page: int | None
    count: int
    next: str | None


def written(*key: object) -> str:
    """A sort key as a cursor."""
    return base64.urlsafe_b64encode(msgspec.json.encode(key)).rstrip(b"=").decode("ascii")


def read(cursor: str, kind: type[Key]) -> Key:
    """The sort key of a cursor, as a tuple of this kind.

    Raises:
        InvalidInput: no list has given it.
    """
    try:
        decoded = base64.b64decode(cursor + "=" * (-len(cursor) % 4), b"-_", validate=True)
        return msgspec.json.decode(decoded, type=kind)
    except (binascii.Error, ValueError, msgspec.MsgspecError):
        raise InvalidInput(
            "cursor", "this is no cursor of this list; take `next` of the page before"
        ) from None


def limits(page: int, count: int, cursor: str | None) -> tuple[int, int]:
    """The limit and the offset in SQL: one more than the page, which says whether there is a next.

    Raises:
        InvalidInput: there is no such page, or it is given beside a cursor.
    """
    limit, offset = window(page, count)
    if cursor is not None and page != 1:
        raise InvalidInput("page", "give either a page or a cursor, not both")
    return limit + 1, offset


def listing(
    rows: Sequence[Mapping[str, Any]],
    show: Callable[[Mapping[str, Any]], T],
    key: Callable[[Mapping[str, Any]], tuple[object, ...]],
    page: int,
    count: int,
    cursor: str | None,
) -> Listing[T]:
    """The page that a list statement gave: each row has the total, and one without id is none."""
    there = [row for row in rows if row["id"] is not None]
    shown = there[:count]
    following = written(*key(shown[-1])) if len(there) > count else None
    total, number = (rows[0]["total"], page) if cursor is None else (None, None)
    return Listing([show(row) for row in shown], total, number, count, following)
