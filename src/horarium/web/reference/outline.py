"""The OpenAPI document as the page tells it: routes by subject, what they take and answer. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from horarium.web.reference.document import Document, resolved
from horarium.web.reference.samples import call, sample_text

_METHODS = ("get", "post", "put", "patch", "delete")
_LIMITS = (
    ("minimum", "at least {}"),
    ("maximum", "at most {}"),
    ("minLength", "at least {} characters"),
    ("maxLength", "at most {} characters"),
    ("minItems", "at least {} items"),
    ("maxItems", "at most {} items"),
    ("pattern", "matches {}"),
)


class Word(msgspec.Struct, frozen=True):
    """A word of a type; `schema` where it is one that the page describes."""

    text: str
    schema: str | None = None


class Field(msgspec.Struct, frozen=True):
    """A parameter, or a field of a body or an answer."""

    name: str
    kind: list[Word]
    place: str
    required: bool
    default: str
    limits: str
    description: str


class Answer(msgspec.Struct, frozen=True):
    """What a route may answer."""

    status: str
    description: str
    kind: list[Word]
    media_type: str
    good: bool


class Route(msgspec.Struct, frozen=True):
    """A method of a path."""

    id: str
    method: str
    path: str
    summary: str
    description: str
    parameters: list[Field]
    body: list[Word]
    body_fields: list[Field]
    answers: list[Answer]
    call: str


class Subject(msgspec.Struct, frozen=True):
    """Routes that belong together."""

    name: str
    description: str
    routes: list[Route]


class Schema(msgspec.Struct, frozen=True):
    """A structure that bodies and answers are made of, or a choice of values."""

    name: str
    description: str
    fields: list[Field]
    values: list[str]
    sample: str


class Outline(msgspec.Struct, frozen=True):
    """The whole API."""

    title: str
    version: str
    paragraphs: list[str]
    subjects: list[Subject]
    schemas: list[Schema]


def outline(document: Document, base: str) -> Outline:
    """The API as the page shows it; `base` is the address that calls begin with."""
    info = document["info"]
    routes = list(_routes(document, base))
    return Outline(
        title=info["title"],
        version=info["version"],
        paragraphs=info.get("description", "").strip().split("\n\n"),
        subjects=[
            Subject(
                tag["name"],
                tag.get("description", ""),
                [route for name, route in routes if name == tag["name"]],
            )
            for tag in document.get("tags", ())
        ],
        schemas=[
            _schema(name, schema, document)
            for name, schema in sorted(document["components"]["schemas"].items())
        ],
    )


def _routes(document: Document, base: str) -> Iterator[tuple[str, Route]]:
    for path, methods in document["paths"].items():
        for method in _METHODS:
            if method in methods:
                operation = methods[method]
                yield operation["tags"][0], _route(method, path, operation, document, base)


def _route(
    method: str, path: str, operation: Mapping[str, Any], document: Document, base: str
) -> Route:
    body = _content(operation.get("requestBody", {}))[1]
    return Route(
        id=operation["operationId"],
        method=method.upper(),
        path=path,
        summary=operation.get("summary", ""),
        description=" ".join(operation.get("description", "").split()),
        parameters=[_parameter(each) for each in operation.get("parameters", ())],
        body=words(body) if body else [],
        body_fields=_fields(resolved(body, document)),
        answers=[_answer(*each) for each in operation["responses"].items()],
        call=call(method, path, operation, body, document, base),
    )


def _parameter(parameter: Mapping[str, Any]) -> Field:
    schema = parameter["schema"]
    return Field(
        name=parameter["name"],
        kind=words(schema),
        place=parameter["in"],
        required=parameter.get("required", False),
        default=_default(schema),
        limits=_limits(schema),
        description=parameter.get("description", ""),
    )


def _answer(status: str, response: Mapping[str, Any]) -> Answer:
    media_type, schema = _content(response)
    return Answer(
        status=status,
        description=response.get("description", ""),
        kind=words(schema) if schema else [],
        media_type=media_type,
        good=status.startswith("2"),
    )


def _schema(name: str, schema: Mapping[str, Any], document: Document) -> Schema:
    return Schema(
        name=name,
        description=" ".join(schema.get("description", "").split()),
        fields=_fields(schema),
        values=[str(value) for value in schema.get("enum", ())],
        sample=sample_text(schema, document) if schema.get("properties") else "",
    )


def _fields(schema: Mapping[str, Any]) -> list[Field]:
    required = schema.get("required", ())
    return [
        Field(
            name=name,
            kind=words(each),
            place="body",
            required=name in required,
            default=_default(each),
            limits=_limits(each),
            description=each.get("description", ""),
        )
        for name, each in schema.get("properties", {}).items()
    ]


def words(schema: Mapping[str, Any]) -> list[Word]:
    """A type in words, those that name a schema with its name."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return [Word(name, name)]
    if "oneOf" in schema:
        return _joined([words(each) for each in schema["oneOf"]])
    if schema.get("type") == "array":
        return [Word("list of"), *words(schema.get("items", {}))]
    kind = schema.get("type", "any JSON")
    kinds: Sequence[str] = kind if isinstance(kind, list) else [kind]
    return [Word(" or ".join(schema.get("format") or each for each in kinds))]


def _joined(parts: Sequence[Sequence[Word]]) -> list[Word]:
    joined: list[Word] = []
    for part in parts:
        joined.extend([Word("or"), *part] if joined else part)
    return joined


def _content(part: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    for media_type, content in part.get("content", {}).items():
        return media_type, content.get("schema", {})
    return "", {}


def _default(schema: Mapping[str, Any]) -> str:
    default = schema.get("default")
    return "" if default is None else str(default)


def _limits(schema: Mapping[str, Any]) -> str:
    return ", ".join(words.format(schema[name]) for name, words in _LIMITS if name in schema)
