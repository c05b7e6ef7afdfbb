"""The parameters of a task's function: what the arguments of a call are called."""

import inspect
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any, get_args

import msgspec
from taskiq_dependencies.dependency import Dependency

from horarium.engine.broker.message import Call, encode_value
from horarium.errors import InvalidInput


class Parameters:
    """Of one task; those that are injected as dependencies are no arguments of a call."""

    def __init__(self, task: str, function: Callable[..., Any]) -> None:
        self._task = task
        self._function = function

    @cached_property
    def names(self) -> tuple[str, ...]:
        return tuple(self._signature.parameters)

    def named(self, label: str, call: Call) -> dict[str, Any]:
        """The arguments of a call by name, as plain JSON, with the defaults of those not given.

        Raises:
            InvalidInput: they do not fit the function; `label` is the one that asked for names.
        """
        try:
            bound = self._signature.bind_partial(
                *call.args, **_without(call.kwargs, self._injected)
            )
        except TypeError as error:
            raise InvalidInput(
                label, f"the arguments of {self._task} do not fit: {error}"
            ) from None
        bound.apply_defaults()
        try:
            plain: dict[str, Any] = msgspec.json.decode(encode_value(bound.arguments))
        except (TypeError, ValueError, OverflowError, RecursionError) as error:
            reason = f"a default of {self._task} cannot be written as JSON: {error}"
            raise InvalidInput(label, reason) from None
        return plain

    @cached_property
    def _signature(self) -> inspect.Signature:
        whole = inspect.signature(self._function)
        kept = [p for p in whole.parameters.values() if p.name not in self._injected]
        return whole.replace(parameters=kept)

    @cached_property
    def _injected(self) -> frozenset[str]:
        try:
            signature = inspect.signature(self._function, eval_str=True)
        except NameError:  # an annotation that only a type checker can read
            signature = inspect.signature(self._function)
        return frozenset(p.name for p in signature.parameters.values() if is_injected(p))


def parameters_of(task: Any) -> Parameters | None:
    """Those of a declared task; `None` where there is no task."""
    found = getattr(task, "parameters", None)
    return found if isinstance(found, Parameters) else None


def is_injected(parameter: inspect.Parameter) -> bool:
    """Whether a parameter is a dependency; its annotation has been read, not left as text."""
    marks = (parameter.default, *get_args(parameter.annotation))
    return any(isinstance(mark, Dependency) for mark in marks)


def _without(arguments: Mapping[str, Any], names: frozenset[str]) -> dict[str, Any]:
    return {name: value for name, value in arguments.items() if name not in names}
