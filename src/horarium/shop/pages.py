"""Lists for people: one numbered page at a time, with the number of all."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Generic, TypeVar

import msgspec

from horarium.errors import InvalidInput

MOST = 1000
LAST = 1_000_000_000

T = TypeVar("T")


class Page(msgspec.Struct, Generic[T], frozen=True):
    """The items of page `page` with `count` items a page, of `total` items in all."""

    items: list[T]
    total: int
    page: int
    count: int


def window(page: int, count: int) -> tuple[int, int]:
    """The limit and the offset of a page in SQL.

    Raises:
        InvalidInput: there is no such page, or it is too large.
    """
    if not 1 <= page <= LAST:
        raise InvalidInput("page", f"{page} is no page; it takes a number from 1 to {LAST}")
    if not 1 <= count <= MOST:
        raise InvalidInput("count", f"{count} items a page; it takes a number from 1 to {MOST}")
    return count, (page - 1) * count


def listed(
    kind: Callable[..., T], rows: Sequence[Mapping[str, Any]], page: int, count: int
) -> Page[T]:
    """The page that a list statement gave: each row has the total, and one without id is none."""
    found = [dict(row) for row in rows]
    total = found[0].pop("total")
    for row in found[1:]:
        del row["total"]
    return Page([kind(**row) for row in found if row["id"] is not None], total, page, count)
