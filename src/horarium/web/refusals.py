"""Refusals of requests in plain words, where Litestar has its own."""

from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Any, Literal, get_args, get_origin

from litestar import Request
from litestar.params import ParameterKwarg
from litestar.typing import FieldDefinition

from horarium.mismatch import refusal


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
    limit = request.route_handler.resolve_request_max_body_size()
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
        if get_origin(kind.annotation) is Literal:
            return f"it takes one of {', '.join(map(str, get_args(kind.annotation)))}"
    return None
