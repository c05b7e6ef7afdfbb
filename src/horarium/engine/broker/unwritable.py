"""Where in the arguments of a call the value is that cannot be written. Asked only of refusals."""

import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import msgspec

UNWRITABLE = (TypeError, ValueError, OverflowError, RecursionError)
"""What encoders raise for a value that they cannot write."""

_DEEPEST = 20

Encode = Callable[[Any], bytes]


def find_unwritable(
    encode: Encode, names: Sequence[str], args: Sequence[Any], kwargs: Mapping[str, Any]
) -> str:
    """The path of the first value that cannot be written, such as ``order.items[2]``.

    Args:
        names: of the parameters by position, as far as they are known.
    """
    called = [names[i] if i < len(names) else f"args[{i}]" for i in range(len(args))]
    for name, value in [*zip(called, args, strict=True), *kwargs.items()]:
        if not _is_writable(encode, value):
            return name + _deeper(encode, value, (value,))
    return "arguments"


def _deeper(encode: Encode, value: Any, above: tuple[Any, ...]) -> str:
    for place, part in _parts(value) if len(above) < _DEEPEST else ():
        if not _is_writable(encode, part):
            # One that contains itself has no end.
            if any(part is each for each in above):
                return ""
            return place + _deeper(encode, part, (*above, part))
    return ""


def _parts(value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        for key, part in value.items():
            yield (f".{key}" if isinstance(key, str) else f"[{key!r}]"), part
    elif isinstance(value, list | tuple):
        yield from ((f"[{position}]", part) for position, part in enumerate(value))
    elif isinstance(value, msgspec.Struct):
        yield from ((f".{n}", getattr(value, n)) for n in value.__struct_fields__)
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = dataclasses.fields(value)
        yield from ((f".{f.name}", getattr(value, f.name)) for f in fields)


def _is_writable(encode: Encode, value: Any) -> bool:
    try:
        encode(value)
    except UNWRITABLE:
        return False
    return True
