"""Samples of bodies and calls, made from a schema's own examples. Pure."""

import shlex
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import msgspec

from horarium.web.reference.document import Document, resolved

_BY_FORMAT = {
    "date": "2010-12-01",
    "date-time": "2010-12-01T08:26:00Z",
    "decimal": "139.12",
}
_BY_TYPE: Mapping[str, Any] = {
    "string": "text",
    "integer": 1,
    "number": 0.25,
    "boolean": True,
    "null": None,
    "object": {},
}
_DEEPEST = 5


def sample(schema: Mapping[str, Any], document: Document, depth: int = 0) -> Any:
    """A value that the schema describes."""
    if "$ref" in schema:
        return sample(resolved(schema, document), document, depth + 1)
    if schema.get("examples"):
        return schema["examples"][0]
    if "enum" in schema:
        return schema["enum"][0]
    if "oneOf" in schema:
        return sample(schema["oneOf"][0], document, depth + 1)
    if "properties" in schema and depth < _DEEPEST:
        fields = schema["properties"].items()
        return {name: sample(each, document, depth + 1) for name, each in fields}
    if schema.get("type") == "array":
        return [sample(schema.get("items", {}), document, depth + 1)]
    return _BY_FORMAT.get(schema.get("format", ""), _BY_TYPE.get(schema.get("type", "object")))


def sample_text(schema: Mapping[str, Any], document: Document) -> str:
    """The sample as JSON, for people."""
    return msgspec.json.format(msgspec.json.encode(sample(schema, document)), indent=2).decode()


def call(
    method: str,
    path: str,
    operation: Mapping[str, Any],
    body: Mapping[str, Any],
    document: Document,
    base: str,
) -> str:
    """A call of a route with curl, with what it cannot do without and the day it takes."""
    parameters = operation.get("parameters", ())
    for parameter in parameters:
        if parameter["in"] == "path":
            path = path.replace(f"{{{parameter['name']}}}", parameter["name"].upper())
    day = next((each["name"] for each in parameters if each["name"] == "date"), None)
    address = base + quote(path) + (f"?{day}={_BY_FORMAT['date']}" if day else "")
    parts = ["curl"]
    if method != "get":
        parts += ["-X", method.upper()]
    parts.append(shlex.quote(address) if day else address)
    if not body:
        return " ".join(parts)
    content = msgspec.json.encode(_needed(body, document)).decode()
    lines = [
        " ".join(parts),
        "  -H 'Content-Type: application/json'",
        f"  -d {shlex.quote(content)}",
    ]
    return " \\\n".join(lines)


def _needed(schema: Mapping[str, Any], document: Document) -> Any:
    """A sample of a body with the fields that it cannot do without or that have an example."""
    schema = resolved(schema, document)
    if schema.get("examples"):
        return schema["examples"][0]
    if schema.get("type") == "array":
        return [_needed(schema.get("items", {}), document)]
    if "properties" not in schema:
        return sample(schema, document)
    fields = schema["properties"]
    return {
        name: _needed(field, document)
        for name, field in fields.items()
        if name in schema.get("required", ()) or field.get("examples", [None])[0] is not None
    }
