"""What goes to and fro between a worker and a process of its pool: calls and their answers.

Both ends are ours and speak over a pipe that nobody else has: values are pickled. Nothing that was
stored anywhere is: a job's arguments come from JSON, and were read before.
"""

import pickle
import struct
import sys
import traceback
from collections.abc import Callable, Iterable
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

from horarium.errors import HorariumError

LENGTH = struct.Struct("!Q")
"""Each message is preceded by its length in bytes."""


class Name(NamedTuple):
    """Where a function is found: its module, and its name there."""

    module: str
    function: str


class Call(NamedTuple):
    """A function, and what to call it with."""

    name: Name
    args: tuple[Any, ...]
    kwargs: dict[str, Any]


class Raised(NamedTuple):
    """An exception that a call ended with.

    Attributes:
        error: the exception, pickled; `None` where it cannot be.
        kinds: the names of its type and of that type's bases, the type first.
        text: its traceback, as it was in its process.
    """

    error: bytes | None
    kinds: tuple[str, ...]
    message: str
    text: str


class ChildTraceback(Exception):
    """Shows, as the cause of an error, where in its process it was raised."""

    def __init__(self, text: str) -> None:
        super().__init__(f"\n{text}")


class NotCarried(HorariumError):
    """A value cannot cross from one process to another."""


def packed(value: Any) -> bytes:
    """A message: a value with its length before it.

    Raises:
        NotCarried: the value cannot be pickled.
    """
    try:
        data = pickle.dumps(value, pickle.HIGHEST_PROTOCOL)
    except Exception as error:  # noqa: BLE001 - whatever a user's class does when it is pickled
        raise NotCarried(f"{type(error).__name__}: {error}") from None
    return LENGTH.pack(len(data)) + data


def unpacked(data: bytes) -> Any:
    """The value of a message of our own parent or child."""
    return pickle.loads(data)  # noqa: S301 - from our own process, over a pipe of its own


def described(error: BaseException) -> Raised:
    """An exception, such that it can cross whatever it is."""
    return Raised(
        _carried(error),
        tuple(kind.__qualname__ for kind in type(error).__mro__ if kind is not object),
        _attempted(lambda: str(error)) or "",
        "".join(traceback.format_exception(error)),
    )


def raised(told: Raised) -> BaseException:
    """The exception again: itself, or one of the same names that says the same."""
    error = told.error and _attempted(lambda: unpacked(told.error or b""))
    if not isinstance(error, BaseException):
        error = _substitute(told)
    error.__cause__ = ChildTraceback(told.text)
    return error


def _carried(error: BaseException) -> bytes | None:
    """The exception, pickled, if it comes back as what it was."""

    def there_and_back() -> bytes | None:
        data = pickle.dumps(error, pickle.HIGHEST_PROTOCOL)
        return data if type(unpacked(data)) is type(error) else None

    data = _attempted(there_and_back)
    return data if isinstance(data, bytes) else None


def _substitute(told: Raised) -> BaseException:
    """Types of the same names, so that `retry_on` and `discard_on` know them."""
    kind: type[BaseException] = Exception
    for name in reversed(told.kinds):
        if name not in ("Exception", "BaseException"):
            kind = type(name, (kind,), {})
    return kind(told.message)


def _attempted(act: Callable[[], Any]) -> Any:
    try:
        return act()
    except Exception:  # noqa: BLE001 - a user's class; what it is worth is decided by the caller
        return None


def search_path(modules: Iterable[str]) -> list[str]:
    """Where this process finds modules, and where it has found these.

    TaskIQ's command line has the working folder in its path only while it imports.
    """
    outermost = {sys.modules.get(module.partition(".")[0]) for module in modules}
    places = [Path(place).parent for module in outermost for place in _places(module)]
    return list(dict.fromkeys([*filter(None, sys.path), *map(str, places)]))


def _places(module: ModuleType | None) -> Iterable[str]:
    """The folders of a package, or the file of a module."""
    file = getattr(module, "__file__", None)
    return list(getattr(module, "__path__", ())) or ([file] if file else [])
