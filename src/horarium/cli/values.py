"""Values of options: instants and arguments, as people write them."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from horarium.errors import InvalidInput

if TYPE_CHECKING:
    from horarium.engine import Weekday

_AGO = re.compile(r"(\d{1,6})([smhdw])")
_PART = re.compile(r"(\d{1,6})?\s*([a-z]+),?|(\S)", re.ASCII)
_LENGTHS = {
    "s": "seconds", "sec": "seconds", "second": "seconds", "m": "minutes", "min": "minutes",
    "minute": "minutes", "h": "hours", "hour": "hours", "d": "days", "day": "days", "w": "weeks",
    "week": "weeks", "mo": "months", "month": "months",
}  # fmt: skip
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


def interval(option: str, text: str) -> dict[str, int]:
    """An interval in words or letters, as the fields of a rule: "1h 30m", "2 weeks", "month".

    Raises:
        InvalidInput: it cannot be read, or names a unit twice.
    """
    found: dict[str, int] = {}
    parts = _PART.findall(text.lower())
    for number, word, other in parts:
        unit = _LENGTHS.get(word) or _LENGTHS.get(word.removesuffix("s"))
        if other or unit is None or unit in found:
            parts = []
            break
        found[unit] = int(number or 1)
    if not parts:
        raise InvalidInput(
            option, f"{text!r} is no interval; it takes one such as 90s, '1h 30m', 2d, 3w, month"
        )
    return found


def weekdays(option: str, text: str) -> "tuple[Weekday, ...]":
    """Days of the week, as a list with ranges: mon-fri, or mon,wed,sat-sun.

    Raises:
        InvalidInput: it is not one.
    """
    from horarium.engine import EVERY_DAY

    found: list[Weekday] = []
    for part in text.strip().lower().split(","):
        first, _, last = part.partition("-")
        if first not in EVERY_DAY or (last or first) not in EVERY_DAY:
            raise InvalidInput(option, f"{part!r} is no day of the week: {', '.join(EVERY_DAY)}")
        begin, end = EVERY_DAY.index(first), EVERY_DAY.index(last or first)
        found += [EVERY_DAY[day % 7] for day in range(begin, end + 1 + 7 * (end < begin))]
    return tuple(found)


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
