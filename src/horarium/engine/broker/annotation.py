"""Plain data, as JSON or MessagePack give it, read as the type that an annotation names.

msgspec reads what it knows, strictly: text is no number. pydantic reads its own models, what is
annotated with its constraints, and types that msgspec has no name for, such as `Path`. A union that
neither knows is tried member by member, in its order. A value that fits no longer travels further:
a `Mismatch` says where in it the fault is, and never what the value was, which may be a secret.
"""

import enum
import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from inspect import Parameter
from types import UnionType
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

import msgspec
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError
from pydantic.errors import PydanticUserError

from horarium.engine.broker.message import encode_value

Read = Callable[[Any], Any]
"""Plain data to a value of one type; raises `Mismatch`."""

_ANYTHING = (Any, object, Parameter.empty)
_PYDANTIC = ("pydantic", "annotated_types")
_PLACE = re.compile(r"^(.*?)(?: - at (?:`key` in )?`\$?(.*)`)?$", re.DOTALL)


class Mismatch(ValueError):
    """A value is not of its annotated type.

    Attributes:
        path: where in the value, such as ``.items[2].price``; empty: the value itself.
        reason: what was expected there, and which type was found.
    """

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{path}: {reason}" if path else reason)
        self.path = path
        self.reason = reason


class Unreadable(TypeError):
    """An annotation says nothing about data: values pass as they are."""


def reader(annotation: Any) -> Read | None:
    """What reads values of an annotation; `None`: it takes anything.

    Raises:
        Unreadable: neither msgspec nor pydantic knows the type.
    """
    if annotation in _ANYTHING or isinstance(annotation, TypeVar):
        return None
    ways = (_by_msgspec, _by_pydantic, _by_members)
    if any(_is_pydantics(part) for part in _parts(annotation)):
        ways = (_by_pydantic, _by_msgspec, _by_members)
    for way in ways:
        read = way(annotation)
        if read is not None:
            return read
    raise Unreadable(f"no values can be read as {annotation!r}")


def _by_msgspec(annotation: Any) -> Read | None:
    try:
        msgspec.json.Decoder(annotation)
    except (TypeError, NameError):
        return None
    if getattr(annotation, "_is_protocol", False):
        return None

    def read(value: Any) -> Any:
        try:
            return msgspec.convert(value, annotation, dec_hook=_read_custom, str_keys=True)
        except msgspec.ValidationError as error:
            if isinstance(value, enum.Enum) and value.__class__ is annotation:
                return value
            raise _mismatch(error) from None

    return read


def _by_pydantic(annotation: Any) -> Read | None:
    adapter = _adapter(annotation)
    if adapter is None:
        return None

    def read(value: Any) -> Any:
        try:
            return _validate(adapter, value)
        except ValidationError as error:
            raise Mismatch(*_first_fault(error)) from None

    return read


def _by_members(annotation: Any) -> Read | None:
    if not isinstance(annotation, UnionType) and get_origin(annotation) is not Union:
        return None
    members = get_args(annotation)
    readers = [reader(member) for member in members]

    def read(value: Any) -> Any:
        for each in readers:
            try:
                return value if each is None else each(value)
            except Mismatch:
                continue
        names = ", ".join(getattr(member, "__name__", str(member)) for member in members)
        raise Mismatch("", f"Expected one of {names}, got `{type(value).__name__}`")

    return read


def _read_custom(kind: Any, value: Any) -> Any:
    """msgspec's hook for types that it leaves to others."""
    known = get_origin(kind) or kind
    if isinstance(known, type) and isinstance(value, known):
        return value
    adapter = _adapter(kind)
    if adapter is None:
        raise TypeError(f"Expected `{kind.__name__}`, which cannot be made from plain data")
    return _validate(adapter, value)


def _validate(adapter: "TypeAdapter[Any]", value: Any) -> Any:
    # As JSON: a strict model takes a date's text only from there.
    if isinstance(value, BaseModel):
        return adapter.validate_python(value)
    return adapter.validate_json(encode_value(value), by_alias=True, by_name=True)


@lru_cache(maxsize=4096)
def _adapter(kind: Any) -> "TypeAdapter[Any] | None":
    try:
        return TypeAdapter(kind, config=ConfigDict(val_json_bytes="base64"))
    except PydanticUserError:
        pass
    try:
        return TypeAdapter(kind)  # a model has a config of its own
    except (PydanticUserError, TypeError, NameError):
        return None


def _mismatch(error: msgspec.ValidationError) -> Mismatch:
    """What msgspec says, and what pydantic said in its hook."""
    found = _PLACE.fullmatch(str(error))
    reason, path = (found[1], found[2] or "") if found else (str(error), "")
    if isinstance(error.__cause__, ValidationError):
        deeper, reason = _first_fault(error.__cause__)
        path += deeper
    return Mismatch(path, reason)


def _first_fault(error: ValidationError) -> tuple[str, str]:
    fault = error.errors(include_url=False, include_input=False, include_context=False)[0]
    path = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in fault["loc"])
    return path, fault["msg"]


def _parts(annotation: Any) -> Iterator[Any]:
    """The annotation and everything that it is made of, with what annotates it."""
    yield annotation
    if get_origin(annotation) is Annotated:
        yield from annotation.__metadata__
    for part in get_args(annotation):
        yield from _parts(part)


def _is_pydantics(part: Any) -> bool:
    """A constraint or a dataclass of pydantic's; its models msgspec asks for by the hook."""
    if isinstance(part, type):
        return hasattr(part, "__pydantic_validator__") and not issubclass(part, BaseModel)
    return type(part).__module__.split(".")[0] in _PYDANTIC
