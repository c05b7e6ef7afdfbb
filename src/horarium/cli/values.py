"""Values of options: instants, states and arguments, as people write them."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from horarium.errors import InvalidInput

if TYPE_CHECKING:
    from horarium.engine import State

_AGO = re.compile(r"(\d{1,6})([smhdw])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def instant(option: str, text: str | None, now: datetime | None = None) -> datetime | None:
    """An instant: a time in ISO form, which is UTC without an offset, or how long ago it was.

    Raises:
        InvalidInput: it is neither.
    """
    if text is None:
        return None
    try:
        if ago := _AGO.fullmatch(text.strip()):
            return (now or datetime.now(UTC)) - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
        given = datetime.fromisoformat(text.strip())
        return (given if given.tzinfo else given.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise InvalidInput(
            option, f"{text!r} is no time; it takes one such as 2010-12-01T08:00, or 2h, 7d ago"
        ) from None


def state(text: str | None) -> "State | None":
    """A state of jobs by its word.

    Raises:
        InvalidInput: there is none of that name.
    """
    from horarium.engine import State

    try:
        return None if text is None else State(text)
    except ValueError:
        choices = ", ".join(each.value for each in State)
        raise InvalidInput("--state", f"{text!r} is none of: {choices}") from None


def named_arguments(texts: Sequence[str]) -> dict[str, Any]:
    """Arguments written as name=value; a value that is no JSON is a text.

    Raises:
        InvalidInput: one of them is not written like that.
    """
    import msgspec

    named: dict[str, Any] = {}
    for text in texts:
        name, sign, value = text.partition("=")
        if not name.strip() or not sign:
            raise InvalidInput("--argument", f"{text!r} is not name=value, such as order_id=42")
        try:
            named[name.strip()] = msgspec.json.decode(value)
        except (msgspec.DecodeError, RecursionError):
            named[name.strip()] = value
    return named
