"""Refusals of values in plain words: msgspec's messages turned into what a field takes.

Pure: messages in, sentences out. `refusal` reads one message of msgspec, such as
``Expected `int`, got `str` - at `$.items[0].quantity` ``, and gives the field and the reason.
"""

import re
from collections.abc import Iterator
from typing import Any

from msgspec import inspect

_PLACE = re.compile(r" - at `\$\.?(.*)`$", re.DOTALL)
_EXPECTED = re.compile(r"Expected `([^`]+)`(?: of length)?(?: (.*))?$", re.DOTALL)
_NAMED = re.compile(r"Object (missing required|contains unknown) field `(.*)`$", re.DOTALL)

_STEP = re.compile(r"[^.\[\]]+|\[\.*\d*\]")
_CHOICE = "Invalid enum value "

_TAKES = {
    "int": "a whole number",
    "float": "a number",
    "str": "a text",
    "bool": "true or false",
    "array": "a list",
    "object": "an object",
    "null": "null",
    "date": "a date such as 2010-12-01",
    "datetime": "a time with its offset such as 2010-12-01T08:26:00Z",
    "decimal": 'a decimal such as "12.50"',
}
_FORMS = {"'^[A-Z]{3}$'": "an ISO 4217 code such as GBP"}
"""What a pattern stands for, where its signs would tell nobody."""


def refusal(message: str, outer: str = "", of: Any = None) -> tuple[str, str]:
    """The field and the reason of one message of msgspec.

    Args:
        outer: the name around it.
        of: the type that was to be read, so that what a field chooses from can be listed.
    """
    place = _PLACE.search(message)
    path = place[1] if place else ""
    message = message[: place.start()] if place else message
    if named := _NAMED.match(message):
        path = f"{path}.{named[2]}" if path else named[2]
        message = "it is missing" if named[1].startswith("missing") else "there is no such field"
    else:
        message = _one_of(message, of, path) or _reason(message)
    return ".".join(part for part in (outer, path) if part) or "body", message


def _one_of(message: str, of: Any, path: str) -> str | None:
    """What a field takes whose values can be counted."""
    if of is None or not message.startswith(_CHOICE):
        return None
    places = [inspect.type_info(of)]
    for step in _STEP.findall(path):
        places = [inner for each in places for inner in _inside(each, step)]
    chosen = [value for each in places for value in _values(each)]
    given = message.removeprefix(_CHOICE)[:60].strip()
    return f"{given} is none of {', '.join(chosen)}" if chosen else None


def _inside(kind: inspect.Type, step: str) -> Iterator[inspect.Type]:
    """The types that stand one step further inside."""
    match kind:
        case inspect.Metadata(type=inner):
            yield from _inside(inner, step)
        case inspect.UnionType(types=types):
            for each in types:
                yield from _inside(each, step)
        case inspect.StructType(fields=fields):
            yield from (each.type for each in fields if each.encode_name == step)
        case inspect.ListType(item_type=inner) | inspect.VarTupleType(item_type=inner):
            yield inner
        case inspect.DictType(value_type=inner):
            yield inner


def _values(kind: inspect.Type) -> Iterator[str]:
    match kind:
        case inspect.Metadata(type=inner):
            yield from _values(inner)
        case inspect.UnionType(types=types):
            for each in types:
                yield from _values(each)
        case inspect.EnumType(cls=cls):
            yield from (str(each.value) for each in cls)
        case inspect.LiteralType(values=values):
            yield from map(str, values)


def _reason(message: str) -> str:
    if message.startswith("Invalid RFC3339 encoded datetime"):
        return f"it takes {_TAKES['datetime']}"
    if message.startswith("Invalid RFC3339 encoded date"):
        return f"it takes {_TAKES['date']}"
    if message.startswith("Invalid decimal"):
        return f"it takes {_TAKES['decimal']}"
    if message.startswith(_CHOICE):
        return (
            f"{message.removeprefix(_CHOICE)[:60].strip()} is none of its values; /docs lists them"
        )
    if expected := _EXPECTED.match(message.partition(", got ")[0]):
        return _takes(*expected.groups())
    return message[:200]


def _takes(kinds: str, rest: str | None) -> str:
    taken = " or ".join(_TAKES.get(kind, kind) for kind in kinds.split(" | ") if kind != "null")
    rest = (rest or "").strip()
    if rest.startswith(("<=", ">=", "<", ">")):
        unit = {"str": " characters", "array": " items"}.get(kinds.partition(" ")[0], "")
        words = {"<=": "of at most", ">=": "of at least", "<": "below", ">": "above"}
        sign, _, bound = rest.partition(" ")
        unit = unit[:-1] if bound == "1" and unit else unit
        return f"it takes {taken} {words[sign]} {bound}{unit}"
    if rest.startswith("with a timezone"):
        return f"it takes {_TAKES['datetime']}"
    if rest.startswith("matching regex"):
        form = rest.removeprefix("matching regex ")
        return f"it takes {_FORMS.get(form, f'{taken} that matches {form}')}"
    return f"it takes {taken}"
