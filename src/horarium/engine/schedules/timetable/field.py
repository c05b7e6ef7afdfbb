"""One field of a cron expression: lists, ranges that may wrap, steps, names and `H`."""

from collections.abc import Iterator
from functools import lru_cache
from typing import NoReturn

import msgspec

from horarium.engine.schedules.timetable.invalid import InvalidTimetable
from horarium.engine.schedules.timetable.spread import spread


class Field(msgspec.Struct, frozen=True):
    """The name, bounds and names of values of one field.

    `spread_high` is the last value that a bare `H` may take: a day that every month has.
    `alias_of_low` is another number for the lowest value: 7 for Sunday.
    """

    name: str
    low: int
    high: int
    names: tuple[str, ...] = ()
    spread_high: int | None = None
    alias_of_low: int | None = None

    def refuse(self, reason: str) -> NoReturn:
        raise InvalidTimetable(self.name, reason)


MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")

HASH = ("H", "h")

SECOND = Field("second", 0, 59)
MINUTE = Field("minute", 0, 59)
HOUR = Field("hour", 0, 23)
DAY_OF_MONTH = Field("day-of-month", 1, 31, spread_high=28)
MONTH = Field("month", 1, 12, MONTHS)
DAY_OF_WEEK = Field("day-of-week", 0, 6, WEEKDAYS, alias_of_low=7)


def values(field: Field, text: str, key: str) -> tuple[int, ...]:
    """The values that the field's text lists, in order."""
    # Without an H (or a thu) in it the key changes nothing.
    return _values(field, text, key if "h" in text.lower() else "")


@lru_cache(2048)
def _values(field: Field, text: str, key: str) -> tuple[int, ...]:
    """Shared: most expressions list the same few hours and minutes."""
    found = {value for entry in entries(field, text) for value in listed(field, entry, key)}
    return tuple(sorted(found))


def entries(field: Field, text: str) -> Iterator[str]:
    """The entries of the list, none of them empty."""
    for entry in text.split(","):
        if not entry:
            field.refuse(f"'{text}' has an empty entry")
        yield entry


def listed(field: Field, entry: str, key: str) -> tuple[int, ...]:
    """The values of one entry: `5`, `1-5`, `*/15`, `10-50/20`, `H`, `H(0-29)/10`."""
    base, slash, step_text = entry.partition("/")
    step = step_of(field, entry, step_text) if slash else 1
    if base[:1] in HASH:
        return hashed(field, entry, base, step if slash else 0, key)
    if slash and base.isalnum():
        base = f"{base}-{field.high}"
    return span(field, entry, base)[::step]


def span(field: Field, entry: str, base: str) -> tuple[int, ...]:
    """The values of a range in its own order: `22-2` is 22, 23, 0, 1, 2."""
    if base == "*":
        return tuple(range(field.low, field.high + 1))
    first_text, dash, last_text = base.partition("-")
    first = value(field, entry, first_text)
    if not dash:
        return (first,)
    last = value(field, entry, last_text)
    if last_text == str(field.alias_of_low) != first_text:
        return (*range(first, field.high + 1), field.low)
    if first <= last:
        return tuple(range(first, last + 1))
    return (*range(first, field.high + 1), *range(field.low, last + 1))


def value(field: Field, entry: str, text: str) -> int:
    """One number or name, within the bounds of the field."""
    if text.lower() in field.names:
        return field.low + field.names.index(text.lower())
    number = whole_number(text)
    if number is None:
        field.refuse(not_a_value(field, entry, text))
    if number == field.alias_of_low:
        return field.low
    if not field.low <= number <= field.high:
        high = field.alias_of_low or field.high
        field.refuse(f"'{text}' is outside {field.low}..{high}")
    return number


def step_of(field: Field, entry: str, text: str) -> int:
    step = whole_number(text)
    if step is None:
        field.refuse(f"'{entry}' needs a whole number after '/'")
    highest = field.alias_of_low or field.high
    if not 1 <= step <= highest:
        field.refuse(f"step '{text}' in '{entry}' is outside 1..{highest}")
    return step


def hashed(field: Field, entry: str, base: str, step: int, key: str) -> tuple[int, ...]:
    """The values of `H`: one, or one in each step, always the same for one key."""
    if not key:
        raise InvalidTimetable("key", f"'{entry}' spreads schedules by key, and there is none")
    choices = span_of_hash(field, entry, base)
    if step > len(choices):
        field.refuse(f"step '{step}' in '{entry}' is longer than its range")
    chosen = spread(step or len(choices), key, field.name)
    return choices[chosen::step] if step else (choices[chosen],)


def span_of_hash(field: Field, entry: str, base: str) -> tuple[int, ...]:
    if base in HASH:
        return tuple(range(field.low, (field.spread_high or field.high) + 1))
    if not (base[1] == "(" and base.endswith(")") and "-" in base):
        field.refuse(f"'{entry}' is not of the form H, H/15, H(0-29) or H(0-29)/10")
    return span(field, entry, base[2:-1])


def not_a_value(field: Field, entry: str, text: str) -> str:
    what = f"'{text}'" if text else "an empty value"
    where = "" if text == entry else f" in '{entry}'"
    kind = (
        f"a number or a name ({field.names[0]}..{field.names[-1]})" if field.names else "a number"
    )
    return f"{what}{where} is not {kind}"


def whole_number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() else None
