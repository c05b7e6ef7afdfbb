"""An exception, as the ledger keeps it: text that PostgreSQL can store, of a bearable length."""

import math
import traceback
from typing import Any

from msgspec.structs import replace

from horarium.engine.jobs.job import Error
from horarium.engine.jobs.storable import is_storable, storable

MOST_MESSAGE = 10_000
MOST_TRACEBACK = 50_000
"""Characters that are kept; of a longer traceback the end, where the cause is."""

_MOST_ARGS = 10
_BEHIND = 0.1
"""Seconds by which the clock of a busy loop may be behind, so that its timers end early."""


def describe(error: BaseException) -> Error:
    """What the ledger keeps of an exception."""
    kind = type(error)
    return Error(
        storable(str(kind.__qualname__)),
        storable(_message(error))[:MOST_MESSAGE],
        storable(_trace(error))[-MOST_TRACEBACK:],
        storable(str(kind.__module__)),
        _args(error),
    )


def describe_end(error: BaseException, timeout: float | None, took: float) -> Error:
    """What the ledger keeps of what ended a run; that of its timeout has no words of its own.

    Args:
        timeout: the run's, in seconds; `None`: it had none.
        took: how many seconds it ran.
    """
    described = describe(error)
    if not isinstance(error, TimeoutError) or described.message:
        return described
    if timeout is None or took < timeout - _BEHIND:
        return described  # of something that the task itself waited for
    return replace(described, message=f"it ran longer than its timeout of {timeout:g} s")


def _message(error: BaseException) -> str:
    try:
        return str(error)
    except BaseException:  # noqa: BLE001 - a user's class, which must not end the worker
        return "its message cannot be shown: str() of it failed"


def _args(error: BaseException) -> tuple[Any, ...] | None:
    """What it was made from, where it says more than the message and comes back as it was."""
    try:
        given = tuple(error.args)
    except BaseException:  # noqa: BLE001 - a user's class may have args of its own
        return None
    # Compared when they are known to be plain: others, such as arrays, may refuse to be.
    if not 0 < len(given) <= _MOST_ARGS or not all(map(_is_plain, given)):
        return None
    return None if given == (_message(error),) else given


def _is_plain(value: object) -> bool:
    if value is None or type(value) is bool:
        return True
    if type(value) is int:
        return abs(value) < 2**53
    if type(value) is float:
        return math.isfinite(value)
    return type(value) is str and len(value) <= MOST_MESSAGE and is_storable(value)


def _trace(error: BaseException) -> str:
    try:
        return "".join(traceback.format_exception(error))
    except BaseException:  # noqa: BLE001 - it asks the user's class too, such as for its notes
        return "its traceback cannot be shown"
