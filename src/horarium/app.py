"""The assembled application with the built-in tasks: what `taskiq worker horarium.app:broker` and
`taskiq scheduler horarium.app:scheduler` take."""

from typing import Any

from horarium.application import Horarium

app = Horarium()
broker = app.broker


def __getattr__(name: str) -> Any:
    # A worker needs no scheduler.
    if name == "scheduler":
        return app.scheduler
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
