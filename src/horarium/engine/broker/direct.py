"""Running a plain task without TaskIQ's receiver, at a fraction of its cost.

Most tasks are async functions that ask for no dependency, under a broker whose middlewares look at
no run. Of such a run nobody could see the message, the context and the result object that the
receiver makes for it; so the function is called with its arguments, by the receiver's own rules for
their types, for its timeout and for what is an error. Any other task goes the long way.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, NamedTuple

import msgspec
from taskiq.abc.middleware import TaskiqMiddleware
from taskiq.decor import AsyncTaskiqDecoratedTask
from taskiq_dependencies import DependencyGraph

from horarium.engine.broker import message
from horarium.engine.broker.arguments import Convert, prepare
from horarium.engine.broker.message import all_labels
from horarium.engine.jobs.job import Claim

HOOKS_OF_A_RUN = ("pre_execute", "post_execute", "post_save", "on_error")


class Ended(msgspec.Struct, frozen=True):
    """What came of calling a task: what it returned or raised, and its labels."""

    returned: Any
    error: BaseException | None
    labels: Mapping[str, Any]


class Plain(NamedTuple):
    """A task that can be called directly.

    Attributes:
        convert: reads its arguments; `None`: it takes any, as they are.
        declared: its labels; a call may have others.
        timeout: of a call that has no labels of its own, in seconds.
    """

    function: Callable[..., Awaitable[Any]]
    convert: Convert | None
    declared: Mapping[str, Any]
    timeout: float | None


def plain(task: AsyncTaskiqDecoratedTask[Any, Any]) -> Plain | None:
    """How to call this task directly; `None` where it takes the receiver."""
    function = task.original_func
    if not asyncio.iscoroutinefunction(function) or not DependencyGraph(function).is_empty():
        return None
    timeout = _seconds(task.labels.get("timeout"))
    return Plain(function, prepare(function), task.labels, timeout)


def are_seen(middlewares: Any) -> bool:
    """Whether one of these middlewares looks at runs."""
    return any(
        getattr(type(each), hook) is not getattr(TaskiqMiddleware, hook)
        for each in middlewares
        for hook in HOOKS_OF_A_RUN
    )


class Call(msgspec.Struct, frozen=True):
    """A task and the arguments of a job, ready to be called; `timeout` in seconds."""

    function: Callable[..., Awaitable[Any]]
    args: list[Any]
    kwargs: dict[str, Any]
    labels: Mapping[str, Any]
    timeout: float | None


def read(task: Plain, claim: Claim) -> Call:
    """The call that a job asks for.

    Raises:
        WrongArgument: the arguments do not fit the function.
        ValueError: it is not what calls are, such as one that another hand put in the table.
    """
    labels, timeout = task.declared, task.timeout
    if claim.labels is not None:
        labels = all_labels(claim, task.declared)
        timeout = _seconds(labels.get("timeout"))
    given = _calls.decode(claim.arguments or b"")
    args, kwargs = given.args, given.kwargs
    if task.convert is not None:
        args, kwargs = task.convert(args, kwargs)
    return Call(task.function, args, kwargs, labels, timeout)


async def call(call: Call) -> Ended:
    """Call a task."""
    try:
        if call.timeout is None:
            returned = await call.function(*call.args, **call.kwargs)
        else:
            async with asyncio.timeout(call.timeout):
                returned = await call.function(*call.args, **call.kwargs)
        return Ended(returned, None, call.labels)
    except BaseException as error:  # noqa: BLE001 - a user's task; as in TaskIQ's receiver
        return Ended(None, error, call.labels)


def _seconds(timeout: Any) -> float | None:
    return None if timeout is None else float(getattr(timeout, "total_seconds", lambda: timeout)())


_calls = msgspec.json.Decoder(message.Call)
