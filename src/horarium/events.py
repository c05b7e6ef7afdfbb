"""One stream of what happens, as frozen values: logs, metrics, hooks and pages subscribe to it.

An event says what has happened, never what is about to: a worker tells the end of an attempt when
the ledger has accepted it. Whoever publishes asks first whether anybody `hears` events of a kind,
so that those which nobody wants cost nothing. A subscriber that raises is reported and left out of
that one event: it cannot harm the work it watches.

Written as JSON an event names its kind under ``event``.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, NamedTuple

import msgspec
import structlog

_log = structlog.get_logger()


class Event(msgspec.Struct, frozen=True, kw_only=True, tag_field="event"):
    """Something happened."""


class JobEvent(Event, frozen=True, kw_only=True):
    """Something happened to a job, in this attempt of it."""

    id: str
    task: str
    queue: str
    attempt: int
    owner: str | None = None


class JobStarted(JobEvent, frozen=True, kw_only=True, tag="started"):
    """An attempt began."""


class JobProgressed(JobEvent, frozen=True, kw_only=True, tag="progressed"):
    """An attempt told how far it has come; see `horarium.engine.jobs.mark`."""

    fraction: float | None = None
    note: str | None = None
    state: str | None = None
    number: int = 0


class JobEnded(JobEvent, frozen=True, kw_only=True):
    """An attempt ended, and the ledger has recorded it.

    `outcome` is a word of the glossary, `took` is in seconds, `error` is type and message.
    """

    outcome: str
    took: float
    error: str | None = None
    retry_after: float | None = None


class JobSucceeded(JobEnded, frozen=True, kw_only=True, tag="succeeded"):
    """The job has a result."""


class JobFailed(JobEnded, frozen=True, kw_only=True, tag="failed"):
    """The job failed for good: there is no further attempt."""

    traceback: str | None = None


class JobRetried(JobEnded, frozen=True, kw_only=True, tag="retrying"):
    """The attempt failed, and there will be another after `retry_after` seconds."""


class JobCancelled(JobEnded, frozen=True, kw_only=True, tag="cancelled"):
    """The job was ended by its own wish or by somebody's order."""


class JobSnoozed(JobEnded, frozen=True, kw_only=True, tag="snoozed"):
    """The job will be run again after `retry_after` seconds, as if it had not begun."""


class JobGivenBack(JobEnded, frozen=True, kw_only=True, tag="given back"):
    """The worker stopped; the job is queued again, unharmed."""


class JobRescued(JobEvent, frozen=True, kw_only=True, tag="rescued"):
    """A job came back from a worker whose lease had lapsed.

    Attributes:
        times: how often in a row its attempts were lost.
        given_up: it was too often: the job has failed.
    """

    worker: int
    times: int = 1
    given_up: bool = False


class Fired(Event, frozen=True, kw_only=True, tag="fired"):
    """A due time of a schedule was decided."""

    schedule: str
    due_at: datetime
    outcome: str
    job: str | None


class ScheduleParked(Event, frozen=True, kw_only=True, tag="parked"):
    """A schedule cannot be run as it stands and was set aside; the others run on."""

    schedule: str
    reason: str


class ProofFailed(Event, frozen=True, kw_only=True, tag="proof failed"):
    """Due times of a schedule do not have their one outcome: the standing proof says so."""

    schedule: str
    unexplained: int
    doubled: int
    details: tuple[str, ...]


class ReportBuilt(Event, frozen=True, kw_only=True, tag="report built"):
    report: str
    day: str
    revision: int
    rows: int


class ReportAlert(Event, frozen=True, kw_only=True, tag="report alert"):
    """A report's period is at risk of not being ready by its deadline, or late; or it is ready
    after one of these was told. `state` is `at risk`, `late` or `ready`; `number` is the alert's.
    """

    number: int
    report: str
    day: str
    starts_at: datetime
    deadline: datetime
    state: str
    reason: str


JobLife = (
    JobStarted | JobProgressed | JobSucceeded | JobFailed | JobRetried | JobCancelled | JobSnoozed
    | JobGivenBack | JobRescued
)  # fmt: skip
"""What can happen to a job."""

Subscriber = Callable[[Any], None]


class _Subscription(NamedTuple):
    subscriber: Subscriber
    kinds: tuple[type[Event], ...]


class Events:
    """Who wants to know of what, within one process."""

    def __init__(self) -> None:
        self._subscriptions: list[_Subscription] = []
        self._hearers: dict[type[Event], list[Subscriber]] = {}

    def subscribe(self, subscriber: Subscriber, *kinds: type[Event]) -> None:
        """Call `subscriber` with every event from now on. It must not block.

        Args:
            kinds: only those of these kinds, and of kinds of theirs; without them all.
        """
        self._subscriptions.append(_Subscription(subscriber, kinds or (Event,)))
        self._hearers = {}

    def unsubscribe(self, subscriber: Subscriber) -> None:
        """Call `subscriber` no more."""
        kept = [each for each in self._subscriptions if each.subscriber != subscriber]
        self._subscriptions = kept
        self._hearers = {}

    @contextmanager
    def subscribed(self, subscriber: Subscriber, *kinds: type[Event]) -> Iterator[None]:
        """Call `subscriber` for the time of a block."""
        self.subscribe(subscriber, *kinds)
        try:
            yield
        finally:
            self.unsubscribe(subscriber)

    def __bool__(self) -> bool:
        """Whether anybody listens to anything."""
        return bool(self._subscriptions)

    def hears(self, kind: type[Event]) -> bool:
        """Whether anybody listens to events of a kind; a hot loop asks before it makes one."""
        hearers = self._hearers.get(kind)
        return bool(self._found(kind) if hearers is None else hearers)

    def publish(self, event: Event) -> None:
        """Call those who want to know of it."""
        hearers = self._hearers.get(type(event))
        for subscriber in self._found(type(event)) if hearers is None else hearers:
            try:
                subscriber(event)
            except Exception:  # noqa: BLE001 - the subscriber's fault, not the work's
                _log.exception("a subscriber failed", event_type=type(event).__name__)

    def _found(self, kind: type[Event]) -> list[Subscriber]:
        found = [each.subscriber for each in self._subscriptions if issubclass(kind, each.kinds)]
        self._hearers[kind] = found
        return found
