"""TaskIQ's labels, read: what each one takes, and what it means to the ledger.

Labels are declared with a task and may be overridden for one call. Only what differs from the
declaration travels with a job: a timeout that is changed in the code counts for jobs that are
queued already. A wrong label is refused when the task is declared.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import msgspec

from horarium.engine.broker.executors import Executor
from horarium.engine.jobs.composition import After, OnFailure
from horarium.engine.jobs.durations import SECONDS, seconds
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
    return Options(**values, retry=_retry(labels), unique=unique)


def read_expiry(value: Any) -> float:
    """Seconds for which a result is kept, by the label `result_expires`.

    Raises:
        InvalidInput: the label has a value that it does not take.
    """
    return _parsed("result_expires", _some_seconds, value)


def differing(labels: Mapping[str, Any], declared: Mapping[str, Any]) -> dict[str, Any]:
    """The labels of a call that must travel: not declared so, and with no column of their own."""
    return {
        name: value.total_seconds() if isinstance(value, timedelta) else value
        for name, value in labels.items()
        if name not in IN_COLUMNS
        and name not in DECLARED_ONLY
        and name not in AT_ENQUEUE
        and value is not None
        and (name not in declared or declared[name] != value)
    }


def _retry(labels: Mapping[str, Any]) -> Retry:
    values = {
        field: _parsed(label, parse, labels[label])
        for label, (field, parse) in _RETRY_LABELS.items()
        if labels.get(label) is not None
    }
    wanted = _parsed("retry_on_error", _truth, labels.get("retry_on_error", False))
    if not (wanted or "only" in values or ("limit" in values and "retry_on_error" not in labels)):
        values["limit"] = 0
    return Retry(**{"limit": _DEFAULT_RETRIES, **values})


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


def _name(value: Any) -> str:
    if isinstance(value, str) and 0 < len(value) <= 255 and "\0" not in value:
        return value
    raise ValueError("a name of 1 to 255 characters")


def _serializer(value: Any) -> str:
    if value in ("json", "msgpack"):
        return str(value)
    raise ValueError("json or msgpack")


def _priority(value: Any) -> int:
    number = _whole(value, "a whole number from -32768 to 32767, higher first")
    if -32768 <= number <= 32767:
        return number
    raise ValueError("a whole number from -32768 to 32767, higher first")


def _limit(value: Any) -> int:
    takes = "a whole number of attempts after the first, 0 or more"
    number = _whole(value, takes)
    if number < 0:
        raise ValueError(takes)
    return number


def _whole(value: Any, takes: str) -> int:
    if isinstance(value, bool) or (isinstance(value, float) and not value.is_integer()):
        raise ValueError(takes)
    try:
        return int(value)
    except (TypeError, ValueError):
        raise ValueError(takes) from None


def _seconds(value: Any) -> float:
    read = seconds(value)
    if read is None:
        raise ValueError(f"{SECONDS}, 0 or more")
    return read


def _some_seconds(value: Any) -> float:
    read = _seconds(value)
    if read == 0:
        raise ValueError(f"{SECONDS}, more than 0")
    return read


def _delays(value: Any) -> float | tuple[float, ...]:
    if isinstance(value, list | tuple):
        if not value:
            raise ValueError("seconds, or a list of seconds that is not empty")
        return tuple(_seconds(each) for each in value)
    return _seconds(value)


def _instant(value: Any) -> datetime:
    takes = "an instant with its zone: a datetime that is aware, or RFC 3339 text"
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            raise ValueError(takes) from None
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise ValueError(takes)
    return value.astimezone(UTC)


def _factor(value: Any) -> float:
    # TaskIQ users write True for "exponential".
    if value is True or str(value).lower() == "true":
        return 2.0
    factor = _number(value)
    if not 1 <= factor <= 100:
        raise ValueError("a factor from 1 to 100, such as 2 for doubling")
    return factor


def _share(value: Any) -> float:
    if value is True or str(value).lower() == "true":
        return 0.5
    share = _number(value)
    if not 0 <= share <= 1:
        raise ValueError("a share of the delay, from 0 to 1")
    return share


def _number(value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        return float("nan")


def _executor(value: Any) -> Executor:
    try:
        return Executor(value)
    except ValueError:
        raise ValueError(
            '"thread" or "process" for a plain function, "loop" for an async'
        ) from None


def _some(value: Any) -> int:
    takes = "a whole number of attempts, 1 or more"
    number = _whole(value, takes)
    if not 1 <= number < 10**6:
        raise ValueError(takes)
    return number


def _truth(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if str(value).lower() in ("true", "false"):
        return str(value).lower() == "true"
    raise ValueError("True or False")


def _exceptions(value: Any) -> frozenset[str]:
    kinds = value if isinstance(value, Iterable) and not isinstance(value, str) else (value,)
    names = set()
    for kind in kinds:
        if not (isinstance(kind, type) and issubclass(kind, BaseException)):
            raise TypeError("one exception type or several")
        names.add(kind.__qualname__)
    return frozenset(names)


def _after(value: Any) -> After:
    takes = (
        "a list of ids of jobs, or a mapping with 'jobs' and 'on_failure', which is one of "
        + " and ".join(OnFailure)
    )
    if isinstance(value, After):
        return value
    given = value if isinstance(value, Mapping) else {"jobs": value}
    jobs, on_failure = given.get("jobs"), given.get("on_failure", OnFailure.STOP)
    if (
        isinstance(jobs, list | tuple)
        and all(isinstance(id, str) and _name(id) for id in jobs)
        and on_failure in tuple(OnFailure)
        and set(given) <= {"jobs", "on_failure"}
    ):
        return After(tuple(jobs), OnFailure(on_failure))
    raise ValueError(takes)


_LABELS: Mapping[str, tuple[str, Callable[[Any], Any]]] = {
    "queue_name": ("queue", _name),
    "queue": ("queue", _name),
    "priority": ("priority", _priority),
    "delay": ("delay", _seconds),
    "eta": ("due_at", _instant),
    "expires": ("expires_after", _some_seconds),
    "owner": ("owner", _name),
    "timeout": ("timeout", _some_seconds),
    "result_expires": ("result_expires", _some_seconds),
    "concurrency_limit": ("concurrency", read_concurrency),
    "rate_limit": ("rate", read_rate),
    "executor": ("executor", _executor),
    "max_lost": ("most_lost", _some),
    "serializer": ("serializer", _serializer),
    "after": ("after", _after),
}

_RETRY_LABELS: Mapping[str, tuple[str, Callable[[Any], Any]]] = {
    "max_retries": ("limit", _limit),
    "retry_delay": ("delay", _delays),
    "retry_backoff": ("backoff", _factor),
    "retry_max_delay": ("longest", _some_seconds),
    "retry_jitter": ("jitter", _share),
    "types_of_exceptions": ("only", _exceptions),
    "retry_on": ("only", _exceptions),
    "discard_on": ("never", _exceptions),
}
