"""The arguments of a call, read as the types that the task's function annotates.

A call that does not fit fails its job at once, without retries: it would not fit the next time
either. What is read is prepared once per function, at its first run, when names that its types
refer to are known. A parameter without an annotation takes its value as it came; one that is
injected is no argument.
"""

import inspect
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple, Optional, get_type_hints

import structlog
from taskiq.message import TaskiqMessage

from horarium.engine.broker.annotation import Mismatch, Read, Unreadable, reader
from horarium.engine.broker.parameters import is_injected
from horarium.errors import InvalidInput

_BY_POSITION = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
_BY_NAME = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
_SINGLE = {*_BY_POSITION, *_BY_NAME}
_log = structlog.get_logger()

Arguments = tuple[list[Any], dict[str, Any]]
Convert = Callable[[Sequence[Any], Mapping[str, Any]], Arguments]
"""The arguments of a call as the function takes them; raises `WrongArgument`."""


class WrongArgument(InvalidInput):
    """A job was called with what its task does not take; it is not tried again.

    Attributes:
        field: the path of the argument, such as ``order.items[2].price``.
    """

    def __init__(self, field: str, reason: str | None = None) -> None:
        if reason is None:  # made again from its sentence, for who waits for the result
            field, _, reason = field.partition(": ")
        super().__init__(field, reason)


class _Taken(NamedTuple):
    """One parameter that takes arguments, and how they are read; `None`: as they come."""

    name: str
    read: Read | None
    injected: bool = False


@lru_cache(maxsize=4096)
def prepare(function: Callable[..., Any]) -> Convert | None:
    """What reads the arguments of a function's calls; `None`: it takes any, as they are."""
    try:
        signature = inspect.signature(function)
        hints = get_type_hints(function, include_extras=True)
    except (TypeError, ValueError, NameError):  # made in C, or annotated for type checkers only
        return None
    parameters = [
        each.replace(annotation=hints.get(each.name, each.empty))
        for each in signature.parameters.values()
    ]
    form = _Form(function, parameters)
    return None if form.takes_anything else form.read


def read_message(function: Callable[..., Any], message: TaskiqMessage) -> None:
    """Put the arguments of a message into the types that the function annotates.

    Raises:
        WrongArgument: they do not fit.
    """
    convert = prepare(function)
    if convert is not None:
        message.args, message.kwargs = convert(message.args, message.kwargs)


def read_arguments(task: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Arguments:
    """The arguments of a call as a declared task takes them.

    Raises:
        WrongArgument: they do not fit.
    """
    convert = prepare(task.original_func)
    return (list(args), dict(kwargs)) if convert is None else convert(args, kwargs)


class _Form:
    """What a function takes by position and by name."""

    def __init__(
        self, function: Callable[..., Any], parameters: Sequence[inspect.Parameter]
    ) -> None:
        taken = {each.name: _taken(function, each) for each in parameters}
        self._by_position = [taken[p.name] for p in parameters if p.kind in _BY_POSITION]
        self._by_name = {p.name: taken[p.name] for p in parameters if p.kind in _BY_NAME}
        self._more = next((taken[p.name] for p in parameters if p.kind is p.VAR_POSITIONAL), None)
        self._named = next((taken[p.name] for p in parameters if p.kind is p.VAR_KEYWORD), None)
        self._required = [
            p.name
            for p in parameters
            if p.default is p.empty and p.kind in _SINGLE and not taken[p.name].injected
        ]

    @property
    def takes_anything(self) -> bool:
        loose = all(each is not None and each.read is None for each in (self._more, self._named))
        return loose and not self._by_position and not self._by_name

    def read(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Arguments:
        """The arguments as the function takes them.

        Raises:
            WrongArgument: one is missing, unknown, given twice, or of the wrong type.
        """
        positional = [self._read_at(position, value) for position, value in enumerate(args)]
        named = {name: self._read_named(name, value) for name, value in kwargs.items()}
        if named or self._required:
            self._check({each.name for each in self._by_position[: len(args)]}, kwargs)
        return positional, named

    def _check(self, placed: Collection[str], kwargs: Mapping[str, Any]) -> None:
        for name in kwargs:
            if name in placed and name in self._by_name:
                raise WrongArgument(name, "it was given twice, by position and by name")
        for name in self._required:
            if name not in placed and name not in kwargs:
                raise WrongArgument(name, "it is missing, and the task needs it")

    def _read_at(self, position: int, value: Any) -> Any:
        surplus = position - len(self._by_position)
        if surplus < 0:
            taken = self._by_position[position]
            if taken.injected:
                reason = "it is injected; what comes after it has to be passed by name"
                raise WrongArgument(taken.name, reason)
            return _read(taken.read, value, taken.name)
        if self._more is None:
            takes = f"the task takes {len(self._by_position) or 'none'} by position"
            raise WrongArgument(f"args[{position}]", takes)
        return _read(self._more.read, value, self._more.name, f"[{surplus}]")

    def _read_named(self, name: str, value: Any) -> Any:
        taken = self._by_name.get(name) or self._named
        if taken is None:
            names = ", ".join(each.name for each in self._by_name.values() if not each.injected)
            raise WrongArgument(name, f"the task takes no such argument; it has: {names or 'none'}")
        return _read(taken.read, value, name)


def _read(read: Read | None, value: Any, name: str, place: str = "") -> Any:
    if read is None:
        return value
    try:
        return read(value)
    except Mismatch as mismatch:
        raise WrongArgument(f"{name}{place}{mismatch.path}", mismatch.reason) from None


def _taken(function: Callable[..., Any], parameter: inspect.Parameter) -> _Taken:
    if is_injected(parameter):
        return _Taken(parameter.name, None, injected=True)
    annotation: Any = parameter.annotation
    if parameter.default is None and annotation is not parameter.empty:
        annotation = Optional[annotation]  # noqa: UP045 - made at run time
    try:
        return _Taken(parameter.name, reader(annotation))
    except Unreadable:
        _log.warning(
            "an argument's annotation cannot be read; its values pass as they are",
            task=f"{function.__module__}:{function.__qualname__}",
            argument=parameter.name,
            annotation=str(annotation),
        )
        return _Taken(parameter.name, None)
