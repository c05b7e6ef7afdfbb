"""One stream of what happens, as frozen values: logs, metrics and pages subscribe to it.

Publishing costs nothing where nobody subscribes, and a subscriber that raises is reported and
left out of that one event: it cannot harm the work it watches.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import msgspec
import structlog

_log = structlog.get_logger()


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """Something happened."""


class JobStarted(Event, frozen=True, kw_only=True):
    id: str
    task: str
    queue: str
    attempt: int


class JobEnded(Event, frozen=True, kw_only=True):
    """An attempt ended; `outcome` is a word of the glossary, `took` is in seconds."""

    id: str
    task: str
    queue: str
    attempt: int
    outcome: str
    took: float
    error: str | None = None
    retry_after: float | None = None


class JobRescued(Event, frozen=True, kw_only=True):
    """A job came back from a worker whose lease had lapsed.

    Attributes:
        times: how often in a row its attempts were lost.
        given_up: it was too often: the job has failed.
    """

    id: str
    task: str
    attempt: int
    worker: int
    times: int = 1
    given_up: bool = False


class Fired(Event, frozen=True, kw_only=True):
    """A due time of a schedule was decided."""

    schedule: str
    due_at: datetime
    outcome: str
    job: str | None


class ProofFailed(Event, frozen=True, kw_only=True):
    """Due times of a schedule do not have their one outcome: the standing proof says so."""

    schedule: str
    unexplained: int
    doubled: int
    details: tuple[str, ...]


class ReportBuilt(Event, frozen=True, kw_only=True):
    report: str
    day: str
    revision: int
    rows: int


Subscriber = Callable[[Any], None]


class Events:
    """Who wants to know of what, within one process."""

    def __init__(self) -> None:
        self._subscribers: list[Subscriber] = []

    def subscribe(self, subscriber: Subscriber) -> None:
        """Call `subscriber` with every event from now on. It must not block."""
        self._subscribers.append(subscriber)

    def __bool__(self) -> bool:
        """Whether anybody listens; a hot loop asks before it makes an event."""
        return bool(self._subscribers)

    def publish(self, event: Event) -> None:
        for subscriber in self._subscribers:
            try:
                subscriber(event)
            except Exception:  # noqa: BLE001 - the subscriber's fault, not the work's
                _log.exception("a subscriber failed", event_type=type(event).__name__)
