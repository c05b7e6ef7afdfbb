"""TaskIQ's labels, read: what each one takes, and what it means to the ledger.

Labels are declared with a task and may be overridden for one call. Only what differs from the
declaration travels with a job: a timeout that is changed in the code counts for jobs that are
queued already. A wrong label is refused when the task is declared.
"""

from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, TypeVar

import msgspec

from horarium.engine.broker import label_values
from horarium.engine.broker.executors import Executor
from horarium.engine.jobs.composition import After
from horarium.engine.jobs.job import DEFAULT_QUEUE
from horarium.engine.jobs.limits import Concurrency, Rate, read_concurrency, read_rate
from horarium.engine.jobs.retry import NEVER, Retry
from horarium.engine.jobs.uniqueness import Unique, read_debounce, read_unique
from horarium.errors import InvalidInput

T = TypeVar("T")

DECLARED_ONLY = frozenset({"schedule", "retry_on", "discard_on", "types_of_exceptions", "executor"})
"""Labels that are read from the declaration and never travel."""

IN_COLUMNS = frozenset({"queue", "queue_name", "priority", "delay", "eta", "expires", "owner"})
"""Labels that become columns of the job."""

AT_ENQUEUE = frozenset(
    {"serializer", "unique", "debounce", "concurrency_limit", "rate_limit", "after"}
)
"""Labels that have done their work when the job is recorded."""

_DEFAULT_RETRIES = 3
_BYTES = "$bytes"


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """What the labels of a call say. Durations are seconds."""

    queue: str = DEFAULT_QUEUE
    priority: int = 0
    delay: float | None = None
    due_at: datetime | None = None
    expires_after: float | None = None
    owner: str | None = None
    timeout: float | None = None
    result_expires: float | None = None
    retry: Retry = NEVER
    unique: Unique | None = None
    concurrency: Concurrency | None = None
    rate: Rate | None = None
    executor: Executor | None = None
    most_lost: int | None = None
    serializer: str | None = None
    after: After | None = None

    @property
    def keyed(self) -> bool:
        """The call has keys: something counts it together with others."""
        return (self.unique, self.concurrency, self.rate) != (None, None, None)


def read(labels: Mapping[str, Any]) -> Options:
    """Read the labels of a task or a call.

    Raises:
        InvalidInput: a label has a value that it does not take; the field is the label's name.
    """
    values: dict[str, Any] = {}
    for label, (field, parse) in _LABELS.items():
        if labels.get(label) is not None:
            values[field] = _parsed(label, parse, labels[label])
    unique = _unique(labels)
    if unique is not None and unique.debounce:
        values["delay"] = unique.period
    return Options(**values, retry=read_retry(labels), unique=unique)


def check_travelled(labels: Mapping[str, Any]) -> None:
    """Refuse what a row's labels cannot mean before its task begins.

    A call's labels were read when it was sent; these may be by another hand. Found only at the end
    of a run, a wrong one would take the place of the task's own result or error.

    Raises:
        InvalidInput: a label has a value that it does not take; the field is the label's name.
    """
    if not _READ_AT_A_RUN.isdisjoint(labels):
        read({name: labels[name] for name in _READ_AT_A_RUN & labels.keys()})


def read_retry(labels: Mapping[str, Any]) -> Retry:
    """What the labels say of further attempts.

    Raises:
        InvalidInput: one of them has a value that it does not take.
    """
    values = {
        field: _parsed(label, parse, labels[label])
        for label, (field, parse) in _RETRY_LABELS.items()
        if labels.get(label) is not None
    }
    given = labels.get("retry_on_error")
    wanted = _parsed("retry_on_error", label_values.truth, False if given is None else given)
    if not (wanted or "only" in values or ("limit" in values and given is None)):
        values["limit"] = 0
    return Retry(**{"limit": _DEFAULT_RETRIES, **values})


def read_expiry(value: Any) -> float:
    """Seconds for which a result is kept, by the label `result_expires`.

    Raises:
        InvalidInput: the label has a value that it does not take.
    """
    return _parsed("result_expires", label_values.some_seconds, value)


def differing(labels: Mapping[str, Any], declared: Mapping[str, Any]) -> dict[str, Any]:
    """The labels of a call that must travel: not declared so, and with no column of their own."""
    return {
        name: value.total_seconds() if isinstance(value, timedelta) else written(value)
        for name, value in labels.items()
        if name not in IN_COLUMNS
        and name not in DECLARED_ONLY
        and name not in AT_ENQUEUE
        and value is not None
        and (name not in declared or declared[name] != value)
    }


def written(value: Any) -> Any:
    """A label's value as JSON takes it: TaskIQ's may be bytes, for which JSON has no type."""
    return {_BYTES: b64encode(value).decode()} if isinstance(value, bytes) else value


def arrived(labels: Mapping[str, Any]) -> dict[str, Any]:
    """Labels from JSON, with the values that were given to `written`."""
    return {name: _arrived(value) for name, value in labels.items()}


def together(declared: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """The labels of a task and those of a call, as they arrived; the call's own prevail."""
    labels = {name: value for name, value in declared.items() if name not in DECLARED_ONLY}
    return labels | arrived(own)


def _arrived(value: Any) -> Any:
    if isinstance(value, dict) and value.keys() == {_BYTES}:
        try:
            return b64decode(value[_BYTES])
        except (TypeError, ValueError):
            pass  # a user's own mapping, or a row by another hand
    return value


def _unique(labels: Mapping[str, Any]) -> Unique | None:
    unique = _parsed("unique", read_unique, labels.get("unique") or False)
    if labels.get("debounce") is None:
        return unique
    for other in ("unique", "delay", "eta"):
        if labels.get(other):
            raise InvalidInput("debounce", f"it takes the place of {other!r}; give one of them")
    return _parsed("debounce", read_debounce, labels["debounce"])


def _parsed(label: str, parse: Callable[[Any], T], value: Any) -> T:
    try:
        return parse(value)
    except (TypeError, ValueError, OverflowError) as error:
        raise InvalidInput(label, f"{value!r} cannot be used; it takes {error}") from None


_LABELS: Mapping[str, tuple[str, Callable[[Any], Any]]] = {
    "queue_name": ("queue", label_values.name),
    "queue": ("queue", label_values.name),
    "priority": ("priority", label_values.priority),
    "delay": ("delay", label_values.seconds),
    "eta": ("due_at", label_values.instant),
    "expires": ("expires_after", label_values.some_seconds),
    "owner": ("owner", label_values.name),
    "timeout": ("timeout", label_values.some_seconds),
    "result_expires": ("result_expires", label_values.some_seconds),
    "concurrency_limit": ("concurrency", read_concurrency),
    "rate_limit": ("rate", read_rate),
    "executor": ("executor", label_values.executor),
    "max_lost": ("most_lost", label_values.some),
    "serializer": ("serializer", label_values.serializer),
    "after": ("after", label_values.after),
}

_RETRY_LABELS: Mapping[str, tuple[str, Callable[[Any], Any]]] = {
    "max_retries": ("limit", label_values.limit),
    "retry_delay": ("delay", label_values.delays),
    "retry_backoff": ("backoff", label_values.factor),
    "retry_max_delay": ("longest", label_values.some_seconds),
    "retry_jitter": ("jitter", label_values.share),
    "types_of_exceptions": ("only", label_values.exceptions),
    "retry_on": ("only", label_values.exceptions),
    "discard_on": ("never", label_values.exceptions),
}

_READ_AT_A_RUN = frozenset({"timeout", "result_expires", "retry_on_error", *_RETRY_LABELS})
