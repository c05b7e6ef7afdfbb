"""Refusals of values in plain words: msgspec's messages turned into what a field takes.

Pure: messages in, sentences out. `refusal` reads one message of msgspec, such as
``Expected `int`, got `str` - at `$.items[0].quantity` ``, and gives the field and the reason.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Any

from litestar import Request
from litestar.params import ParameterKwarg
from litestar.typing import FieldDefinition

_PLACE = re.compile(r" - at `\$\.?(.*)`$", re.DOTALL)
_EXPECTED = re.compile(r"Expected `([^`]+)`(?: of length)?(?: (.*))?$", re.DOTALL)
_NAMED = re.compile(r"Object (missing required|contains unknown) field `(.*)`$", re.DOTALL)

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


def refusal(message: str, outer: str = "") -> tuple[str, str]:
    """The field and the reason of one message of msgspec; `outer` is the name around it."""
    place = _PLACE.search(message)
    path = place[1] if place else ""
    message = message[: place.start()] if place else message
    if named := _NAMED.match(message):
        path = f"{path}.{named[2]}" if path else named[2]
        message = "it is missing" if named[1].startswith("missing") else "there is no such field"
    else:
        message = _reason(message)
    return ".".join(part for part in (outer, path) if part) or "body", message


def explained(
    request: Request[Any, Any, Any], extra: Sequence[Mapping[str, Any]]
) -> Iterator[tuple[str, str]]:
    """Litestar's refusals of parameters: the name as it was sent, and what it takes."""
    for each in extra:
        field = str(each.get("key", "parameter"))
        parameter = _parameter(request, field)
        reason = _one_of(parameter) or refusal(str(each["message"]))[1]
        field = _sent_as(parameter) or field
        value = request.query_params.get(field)
        shown = "" if value is None else f"{value[:60]!r} will not do; "
        yield field, shown + reason


def other_methods(request: Request[Any, Any, Any], headers: Mapping[str, str] | None) -> str:
    """What is said to a method that a path does not take."""
    allowed = (headers or {}).get("allow", "")
    path = request.scope["path"][:200]
    return f"{path} takes {allowed}, not {request.scope['method'][:20]}"


def too_large(request: Request[Any, Any, Any]) -> str:
    """What is said to a body over the limit."""
    limit = request.app.request_max_body_size
    return f"the body is too large; the server takes {limit} bytes at most"


def _parameter(request: Request[Any, Any, Any], name: str) -> FieldDefinition | None:
    """A parameter of the route or of what it depends on."""
    handler = request.route_handler
    provided = (each.parsed_fn_signature for each in handler.resolve_dependencies().values())
    for signature in (handler.parsed_fn_signature, *provided):
        if name in signature.parameters:
            return signature.parameters[name]
    return None


def _sent_as(parameter: FieldDefinition | None) -> str | None:
    """The name of a parameter in requests, where it is not that in the code."""
    marked = None if parameter is None else parameter.kwarg_definition
    return marked.name if isinstance(marked, ParameterKwarg) else None


def _one_of(parameter: FieldDefinition | None) -> str | None:
    """What a parameter takes whose values can be counted."""
    for kind in () if parameter is None else (parameter, *parameter.inner_types):
        if isinstance(kind.annotation, type) and issubclass(kind.annotation, StrEnum):
            return f"it takes one of {', '.join(kind.annotation)}"
    return None


def _reason(message: str) -> str:
    if message.startswith("Invalid RFC3339 encoded datetime"):
        return f"it takes {_TAKES['datetime']}"
    if message.startswith("Invalid RFC3339 encoded date"):
        return f"it takes {_TAKES['date']}"
    if message.startswith("Invalid decimal"):
        return f"it takes {_TAKES['decimal']}"
    if message.startswith("Invalid enum value"):
        return f"{message[18:80].strip()} is none of its values; /docs lists them"
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
        return f"it takes {taken} that matches {rest.removeprefix('matching regex ')}"
    return f"it takes {taken}"
