"""Texts and ids that come from outside: what the shop's tables take, checked before they do."""

import re
from datetime import datetime

import uuid_utils.compat

from horarium.errors import InvalidInput

LONGEST_ID = 255
LONGEST_NAME = 500
YEARS = range(1900, 2200)
"""The years an order may be of: what lies outside is a slip of the pen."""

_UNSHOWN = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_LINES = str.maketrans(dict.fromkeys("\t\r\n", " "))


def new_id() -> str:
    """An id of our own: a UUIDv7, so that ids sort by the time they were made."""
    return str(uuid_utils.compat.uuid7())


def checked_id(field: str, value: str | None) -> str:
    """The id that was given, or a new one.

    Raises:
        InvalidInput: it is empty, too long, or cannot be shown.
    """
    return new_id() if value is None else checked_line(field, value, LONGEST_ID)


def checked_line(field: str, value: str, longest: int = LONGEST_NAME) -> str:
    """One line of text.

    Raises:
        InvalidInput: it is blank, too long, or has characters that cannot be shown.
    """
    if not value.strip():
        raise InvalidInput(field, "it is empty; it takes a text")
    if len(value) > longest:
        raise InvalidInput(field, f"it has {len(value)} characters; it takes at most {longest}")
    if has_unshown(value):
        raise InvalidInput(field, "it has line breaks or characters that cannot be shown")
    return value


def checked_text(field: str, value: str, longest: int) -> str:
    """A text of any number of lines.

    Raises:
        InvalidInput: it is blank, too long, or has characters that cannot be shown.
    """
    if not value.strip():
        raise InvalidInput(field, "it is empty; it takes a text, or null for none")
    if len(value) > longest:
        raise InvalidInput(field, f"it has {len(value)} characters; it takes at most {longest}")
    if has_unshown(value.translate(_LINES)):
        raise InvalidInput(field, "it has characters that cannot be shown")
    return value


def has_unshown(value: str) -> bool:
    """Whether the text has control characters or halves of characters."""
    return _UNSHOWN.search(value) is not None


def checked_instant(field: str, value: datetime) -> datetime:
    """An instant.

    Raises:
        InvalidInput: it has no UTC offset, or a year that no order is of.
    """
    if value.tzinfo is None:
        raise InvalidInput(field, f"{value.isoformat()} has no UTC offset, such as Z or +01:00")
    if value.year not in YEARS:
        reason = f"the year {value.year} is not between {YEARS[0]} and {YEARS[-1]}"
        raise InvalidInput(field, reason)
    return value


def may_exist(identity: str) -> bool:
    """Whether a table can hold this id at all; PostgreSQL refuses some texts as parameters."""
    return 0 < len(identity) <= LONGEST_ID and not has_unshown(identity)


def fits(*filters: str | None) -> bool:
    """Whether PostgreSQL takes the filters as parameters; nothing matches one that it does not."""
    return not any(value is not None and has_unshown(value) for value in filters)
