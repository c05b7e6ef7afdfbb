"""Background jobs and nightly reports, each due time accounted for."""

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"
__all__ = [
    "Cancel",
    "Cancellation",
    "CurrentFiring",
    "Horarium",
    "JobConnection",
    "JobId",
    "JobStopped",
    "Progress",
    "Snooze",
    "__version__",
    "cancelled",
    "chain",
    "chord",
    "group",
]

if TYPE_CHECKING:
    from horarium.application import Horarium
    from horarium.engine import (
        Cancel,
        Cancellation,
        CurrentFiring,
        JobConnection,
        JobId,
        JobStopped,
        Progress,
        Snooze,
        cancelled,
        chain,
        chord,
        group,
    )


def __getattr__(name: str) -> Any:
    # The command line starts faster when nothing is imported that a command does not use.
    if name == "Horarium":
        from horarium.application import Horarium

        return Horarium
    if name in __all__:
        from horarium import engine

        return getattr(engine, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
