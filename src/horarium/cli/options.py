"""Options that many commands have, what their help says of them, and what they take."""

from collections.abc import Callable
from datetime import date
from typing import Annotated, Any

from cyclopts import Parameter

from horarium.errors import InvalidInput

MOST_ITEMS = 1000
LAST_PAGE = 1_000_000_000


def between(option: str, least: int, most: int | None = None) -> Callable[[Any, Any], None]:
    """A check that a number is in a range.

    Raises:
        InvalidInput: by the check: it is not.
    """
    upper = "" if most is None else f" to {most}"

    def check(_kind: Any, value: Any) -> None:
        if value < least or (most is not None and value > most):
            raise InvalidInput(option, f"it takes a number from {least}{upper}, not {value}")

    return check


Flag = Annotated[bool, Parameter(negative="", show_default=False)]
Json = Annotated[
    bool, Parameter(name="--json", negative="", show_default=False, help="Print JSON.")
]
AppName = Annotated[str | None, Parameter(name="--app")]
FirstDay = Annotated[date | None, Parameter(name="--from")]
LastDay = Annotated[date | None, Parameter(name="--to")]
PageNumber = Annotated[
    int,
    Parameter(name="--page", help="Which page, from 1.", validator=between("--page", 1, LAST_PAGE)),
]
PageSize = Annotated[
    int,
    Parameter(
        name="--count",
        help=f"How many on a page, up to {MOST_ITEMS}.",
        validator=between("--count", 1, MOST_ITEMS),
    ),
]
Most = Annotated[
    int,
    Parameter(
        name="--count",
        help=f"How many, up to {MOST_ITEMS}.",
        validator=between("--count", 1, MOST_ITEMS),
    ),
]
