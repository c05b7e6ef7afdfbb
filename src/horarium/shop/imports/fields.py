"""How one field of a line is read: text in, the text PostgreSQL takes out.

Each reader raises `ValueError` with the reason a field is refused for. They are cached, for the
values of order lines repeat: a line costs a few look-ups.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from horarium.shop.texts import LONGEST_ID, YEARS, has_unshown

Reader = Callable[[str], str]

LARGEST_QUANTITY = 2_147_483_647

_WHOLE = re.compile(r"-?[0-9]{1,18}")
_DECIMAL = re.compile(r"-?[0-9]{1,12}(\.[0-9]{1,6})?")
_LOCAL_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2})?")

_cached = lru_cache(maxsize=16384)


@_cached
def identifier(value: str) -> str:
    """An id that must be there: an order's or a product's."""
    found = optional_identifier(value)
    if not found:
        raise ValueError("it is empty")
    return found


@_cached
def optional_identifier(value: str) -> str:
    """An id that may be missing: a user's."""
    found = text(value)
    if len(found) > LONGEST_ID:
        raise ValueError(f"it has {len(found)} characters; an id takes at most {LONGEST_ID}")
    if has_unshown(found):
        raise ValueError(f"{shown(found)} has characters that cannot be shown")
    return found


@_cached
def text(value: str) -> str:
    """Any text, without the blanks around it."""
    if "\0" in value:
        raise ValueError("it has a NUL byte")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise ValueError("it is not UTF-8; save the file as CSV in UTF-8") from None
    return value.strip()


@_cached
def quantity(value: str) -> str:
    """A whole number other than 0; negative in cancellations and write-offs."""
    found = text(value)
    if not _WHOLE.fullmatch(found):
        raise ValueError(f"{shown(found)} is not a whole number")
    number = int(found)
    if number == 0:
        raise ValueError("0 is no quantity; a line holds at least one piece")
    if abs(number) > LARGEST_QUANTITY:
        raise ValueError(f"{found} is too large; it takes at most {LARGEST_QUANTITY}")
    return str(number)


@_cached
def price(value: str) -> str:
    """A plain decimal of up to 12 digits and 6 decimals; 0 and negative ones occur."""
    found = text(value)
    if not _DECIMAL.fullmatch(found):
        raise ValueError(
            f"{shown(found)} is not a price; it takes a plain decimal with a point, such as 2.55"
        )
    return found


@_cached
def freight(value: str) -> str:
    """What the way costs: a price that is not below 0."""
    found = price(value)
    if found.startswith("-"):
        raise ValueError(f"{found} is below 0; what the way costs is at least 0")
    return found


def price_with(decimal: str) -> Reader:
    """Prices as `price` reads them, with another mark before the decimals, such as a comma."""
    if decimal == ".":
        return price

    @_cached
    def read(value: str) -> str:
        if "." in value:
            mark = f"decimals stand after {decimal!r} here, and thousands are not divided"
            raise ValueError(f"{shown(value)} is not a price; {mark}")
        return price(value.replace(decimal, "."))

    return read


def optional(read: Reader) -> Reader:
    """What `read` reads, or nothing where the field is empty."""
    return lambda value: read(value) if value.strip() else ""


def local_time(zone: ZoneInfo, form: str | None = None) -> Reader:
    """A local time in the zone, as an instant.

    A time that the clocks show twice is the first of the two; one that they skip is moved forward
    by the length of the gap. Both are what `fold=0` means.

    Args:
        form: how it is written, as `datetime.strptime` has it; without it as in ISO 8601.
    """

    @_cached
    def read(value: str) -> str:
        found = text(value)
        if form is None and not _LOCAL_TIME.fullmatch(found):
            raise ValueError(f"{shown(found)} is not a time such as 2010-12-01T08:26:00")
        try:
            local = _parsed(found, form)
        except ValueError as error:
            reason = f"it takes the form {form}" if form else str(error)
            raise ValueError(f"{shown(found)} is not a time: {reason}") from None
        if local.year not in YEARS:
            raise ValueError(f"the year {local.year} is not between {YEARS[0]} and {YEARS[-1]}")
        if local.tzinfo is None:  # a form of one's own may hold an offset
            local = local.replace(tzinfo=zone)
        return local.astimezone(UTC).isoformat()

    return read


def _parsed(found: str, form: str | None) -> datetime:
    if form is None:
        return datetime.fromisoformat(found)
    return datetime.strptime(found, form)  # noqa: DTZ007 - its zone is given to it afterwards


def shown(value: str) -> str:
    """The value as a message quotes it: short, and without anything a terminal would obey."""
    return ascii(value if len(value) <= 40 else f"{value[:40]}…") if value else "an empty field"
