"""What single labels take: each function reads one kind of value, or says what it takes.

Values come as a user wrote them in the code, or as text where they travelled with a message.

Raises, all of them:
    ValueError, TypeError: the words of which say what the label takes.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from horarium.engine.broker.executors import Executor
from horarium.engine.broker.invocation import after_jobs
from horarium.engine.jobs import durations
from horarium.engine.jobs.composition import After, OnFailure
from horarium.engine.jobs.durations import INSTANT, SECONDS, is_in_range
from horarium.errors import InvalidInput


def name(value: Any) -> str:
    if isinstance(value, str) and 0 < len(value) <= 255 and "\0" not in value:
        return value
    raise ValueError("a name of 1 to 255 characters")


def serializer(value: Any) -> str:
    if value in ("json", "msgpack"):
        return str(value)
    raise ValueError("json or msgpack")


def priority(value: Any) -> int:
    number = _whole(value, "a whole number from -32768 to 32767, higher first")
    if -32768 <= number <= 32767:
        return number
    raise ValueError("a whole number from -32768 to 32767, higher first")


def limit(value: Any) -> int:
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


def seconds(value: Any) -> float:
    read = durations.seconds(value)
    if read is None:
        raise ValueError(f"{SECONDS}, 0 or more")
    return read


def some_seconds(value: Any) -> float:
    read = seconds(value)
    if read == 0:
        raise ValueError(f"{SECONDS}, more than 0")
    return read


def delays(value: Any) -> float | tuple[float, ...]:
    if isinstance(value, list | tuple):
        if not value:
            raise ValueError("seconds, or a list of seconds that is not empty")
        return tuple(seconds(each) for each in value)
    return seconds(value)


def instant(value: Any) -> datetime:
    takes = f"{INSTANT}: a datetime that is aware, or RFC 3339 text"
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            raise ValueError(takes) from None
    if not isinstance(value, datetime) or not is_in_range(value):
        raise ValueError(takes)
    return value.astimezone(UTC)


def factor(value: Any) -> float:
    # TaskIQ users write True for "exponential".
    if value is True or str(value).lower() == "true":
        return 2.0
    factor = _number(value)
    if not 1 <= factor <= 100:
        raise ValueError("a factor from 1 to 100, such as 2 for doubling")
    return factor


def share(value: Any) -> float:
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


def executor(value: Any) -> Executor:
    try:
        return Executor(value)
    except ValueError:
        raise ValueError(
            '"thread" or "process" for a plain function, "loop" for an async'
        ) from None


def some(value: Any) -> int:
    takes = "a whole number of attempts, 1 or more"
    number = _whole(value, takes)
    if not 1 <= number < 10**6:
        raise ValueError(takes)
    return number


def truth(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if str(value).lower() in ("true", "false"):
        return str(value).lower() == "true"
    raise ValueError("True or False")


def exceptions(value: Any) -> frozenset[str]:
    kinds = value if isinstance(value, Iterable) and not isinstance(value, str) else (value,)
    names = set()
    for kind in kinds:
        if not (isinstance(kind, type) and issubclass(kind, BaseException)):
            raise TypeError("one exception type or several")
        names.add(kind.__qualname__)
    return frozenset(names)


def after(value: Any) -> After:
    takes = (
        "a list of jobs (ids, handles or batches), or a mapping with 'jobs' and 'on_failure', "
        "which is one of " + " and ".join(OnFailure)
    )
    if isinstance(value, After):
        return value
    given = value if isinstance(value, Mapping) else {"jobs": value}
    jobs, on_failure = given.get("jobs"), given.get("on_failure", OnFailure.STOP)
    if not isinstance(jobs, list | tuple) or not set(given) <= {"jobs", "on_failure"}:
        raise ValueError(takes)
    try:
        wanted = after_jobs(jobs, on_failure)
    except InvalidInput:
        raise ValueError(takes) from None
    for id in wanted.jobs:
        name(id)
    return wanted
