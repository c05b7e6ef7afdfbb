"""The OpenAPI document as it is served: Litestar's, without its noise. Pure."""

from collections.abc import Iterator, Mapping
from typing import Any

Document = dict[str, Any]

_SUCCESS = {"200": "The answer", "201": "What was made", "202": "It will be done in the background"}
_NOISE = ("deprecated", "allowEmptyValue", "allowReserved")


def tidied(document: Document) -> Document:
    """The document with whole bounds as integers, without null in query parameters, which cannot
    hold it, without flags that say nothing, and with bodies that take no other fields.
    """
    tidy: Document = _whole_numbers(document)
    for operation in operations(tidy):
        operation.pop("deprecated", None)
        for parameter in operation.get("parameters", ()):
            _tidy_parameter(parameter)
        for status, response in operation["responses"].items():
            response["description"] = _SUCCESS.get(status, response["description"])
            if not response.get("headers", True):
                del response["headers"]
        body = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
        _close(body.get("schema", {}), tidy)
    _tell_of_taken_words(tidy)
    return tidy


def operations(document: Document) -> Iterator[dict[str, Any]]:
    """Each operation of the document."""
    for path in document["paths"].values():
        for method in ("get", "post", "put", "patch", "delete"):
            if method in path:
                yield path[method]


def _tell_of_taken_words(document: Document) -> None:
    """Say where a name is refused with 405: GET /schedules/apply is no schedule called `apply`."""
    for path, methods in document["paths"].items():
        others = [each for each in document["paths"] if _is_one_of(each, path)]
        for method, operation in methods.items():
            if any(method not in document["paths"][other] for other in others):
                refusal = operation["responses"]["404"]
                taken = "The name is a path of its own, which takes other methods"
                operation["responses"]["405"] = {**refusal, "description": taken}


def _is_one_of(other: str, path: str) -> bool:
    """Whether a path is one of those that another stands for: /jobs/stats, /jobs/{job_id}."""
    if other.count("/") != path.count("/"):
        return False
    pairs = zip(other.split("/"), path.split("/"), strict=True)
    differing = [(its, ours) for its, ours in pairs if its != ours]
    return bool(differing) and all(
        ours.startswith("{") and not its.startswith("{") for its, ours in differing
    )


def resolved(schema: Mapping[str, Any], document: Document) -> Mapping[str, Any]:
    """The schema itself, where this one only names it."""
    if "$ref" not in schema:
        return schema
    found: Mapping[str, Any] = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return found


def _close(schema: Mapping[str, Any], document: Document) -> None:
    """Say of a body, and of what it is made of, that it takes no other fields."""
    structure = resolved(schema, document)
    if "properties" in structure and isinstance(structure, dict):
        structure["additionalProperties"] = False
    parts = (*structure.get("properties", {}).values(), *structure.get("oneOf", ()))
    for part in (*parts, structure.get("items", {})):
        if part:
            _close(part, document)


def _tidy_parameter(parameter: dict[str, Any]) -> None:
    for name in _NOISE:
        if not parameter.get(name):
            parameter.pop(name, None)
    schema = parameter["schema"]
    kinds = [kind for kind in schema.get("oneOf", ()) if kind.get("type") != "null"]
    if len(kinds) == 1:
        del schema["oneOf"]
        schema.update(kinds[0])
    schema.pop("description", None)
    schema.pop("title", None)


def _whole_numbers(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _whole_numbers(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_whole_numbers(each) for each in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value
