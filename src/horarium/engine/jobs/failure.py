"""An exception, as the ledger keeps it: text that PostgreSQL can store, of a bearable length."""

import traceback

from horarium.engine.jobs.job import Error

MOST_MESSAGE = 10_000
MOST_TRACEBACK = 50_000
"""Characters that are kept; of a longer traceback the end, where the cause is."""


def describe(error: BaseException) -> Error:
    """What the ledger keeps of an exception."""
    kind = type(error)
    text = storable("".join(traceback.format_exception(error)))
    return Error(
        kind.__qualname__,
        storable(_message(error))[:MOST_MESSAGE],
        text[-MOST_TRACEBACK:],
        kind.__module__,
    )


def storable(text: str) -> str:
    """The text with what PostgreSQL cannot keep, NUL and lone surrogates, written as escapes."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8").replace("\0", "\\x00")


def _message(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:  # noqa: BLE001 - the exception is a user's class
        return "its message cannot be shown: str() of it failed"
