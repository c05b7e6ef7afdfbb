"""Where a call by position has the arguments that its task function names."""

import inspect
from collections.abc import Mapping
from typing import Any

from taskiq import AsyncBroker

from horarium.engine.jobs.inquiry import Argument

_BY_POSITION = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)


def wanted_arguments(
    broker: AsyncBroker, task: str | None, named: Mapping[str, Any]
) -> tuple[Argument, ...]:
    """Arguments to look for: by name and, where the task is known, also by their position.

    Args:
        task: the task whose jobs are looked for, if it is one.
        named: values by the parameter's name, or by its position, such as "0".
    """
    positions = {} if task is None else positions_of(broker, task)
    return tuple(
        Argument(name, value, int(name) if _is_position(name) else positions.get(name))
        for name, value in named.items()
    )


def _is_position(name: str) -> bool:
    return name.isascii() and name.isdecimal() and len(name) < 5


def positions_of(broker: AsyncBroker, name: str) -> dict[str, int]:
    """The names of a task's parameters with their positions; empty where it is not known."""
    task = broker.find_task(name)
    if task is None:
        return {}
    parameters = inspect.signature(task.original_func).parameters.values()
    return {p.name: n for n, p in enumerate(parameters) if p.kind in _BY_POSITION}
