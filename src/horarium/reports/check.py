"""Checks: what has to hold of a period's rows before they become the current revision. Pure.

A check is one sentence or one query:

- ``row count over 0`` (also ``at least N``, ``equals N``);
- ``row count equals select …``, ``sum of COLUMN equals select …``: the select is asked where the
  report's query is, in the same snapshot;
- ``select …``: has to give true. It is asked of the rows just built, as a table `rows`.
"""

import re
from decimal import Decimal
from typing import Literal

import msgspec

from horarium.errors import InvalidInput

Of = Literal["count", "sum", "truth"]
Comparison = Literal["over", "at least", "equals"]

_COUNT = re.compile(r"row\s+count\s+(over|at\s+least|equals)\s+(.+)", re.IGNORECASE | re.DOTALL)
_SUM = re.compile(
    r'sum\s+of\s+(?:"([^"]+)"|([^\W\d]\w*))\s+(over|at\s+least|equals)\s+(.+)',
    re.IGNORECASE | re.DOTALL,
)
_QUERY = re.compile(r"(?:select|with)\b", re.IGNORECASE)


class Check(msgspec.Struct, frozen=True):
    """A check.

    Attributes:
        text: as it was written; what is said of it where it fails.
        of: what is compared: the rows' number, a column's sum, or whether a query gives true.
        number: what it is compared with, if that is a number.
        query: what it is compared with, if that is a query; or the query that gives true.
    """

    text: str
    of: Of
    column: str | None = None
    comparison: Comparison = "equals"
    number: Decimal | None = None
    query: str | None = None

    def holds(self, found: Decimal, wanted: Decimal) -> bool:
        """Whether a number compares as the check wants."""
        match self.comparison:
            case "over":
                return found > wanted
            case "at least":
                return found >= wanted
            case "equals":
                return found == wanted


def check_of(text: str) -> Check:
    """The check that a text says.

    Raises:
        InvalidInput: it says none.
    """
    written = " ".join(text.split())
    stripped = text.strip()
    if found := _COUNT.fullmatch(stripped):
        return _compared(written, "count", None, found[1], found[2])
    if found := _SUM.fullmatch(stripped):
        return _compared(written, "sum", found[1] or found[2], found[3], found[4])
    if _QUERY.match(stripped):
        return Check(written, "truth", query=stripped)
    raise InvalidInput(
        "check", f"{written[:80]!r} is no check; it takes 'row count over 0', 'row count equals "
        "select …', 'sum of COLUMN equals select …', or a select that gives true of the table rows"
    )  # fmt: skip


def _compared(text: str, of: Of, column: str | None, words: str, with_what: str) -> Check:
    comparison: Comparison
    match " ".join(words.lower().split()):
        case "over":
            comparison = "over"
        case "at least":
            comparison = "at least"
        case _:
            comparison = "equals"
    if _QUERY.match(with_what):
        return Check(text, of, column, comparison, query=with_what)
    if re.fullmatch(r"-?\d{1,30}(\.\d{1,30})?", with_what.strip()):
        return Check(text, of, column, comparison, number=Decimal(with_what.strip()))
    raise InvalidInput(
        "check", f"{with_what[:60]!r} is nothing to compare with; it takes a number or a select"
    )
