"""An exception, as the ledger keeps it: text that PostgreSQL can store, of a bearable length."""

import traceback

from horarium.engine.jobs.job import Error
from horarium.engine.jobs.storable import storable

MOST_MESSAGE = 10_000
MOST_TRACEBACK = 50_000
"""Characters that are kept; of a longer traceback the end, where the cause is."""


def describe(error: BaseException) -> Error:
    """What the ledger keeps of an exception."""
    kind = type(error)
    return Error(
        storable(str(kind.__qualname__)),
        storable(_message(error))[:MOST_MESSAGE],
        storable(_trace(error))[-MOST_TRACEBACK:],
        storable(str(kind.__module__)),
    )


def _message(error: BaseException) -> str:
    try:
        return str(error)
    except BaseException:  # noqa: BLE001 - a user's class, which must not end the worker
        return "its message cannot be shown: str() of it failed"


def _trace(error: BaseException) -> str:
    try:
        return "".join(traceback.format_exception(error))
    except BaseException:  # noqa: BLE001 - it asks the user's class too, such as for its notes
        return "its traceback cannot be shown"
