"""How many jobs of a key may run at once, and how many may start within a period. Pure.

A *limit* is declared with a task and applied to each call: its key is the task, the queue, or the
task together with one of the call's arguments. Jobs under one key are counted together, on all
workers.
"""

from collections.abc import Mapping
from typing import Annotated, Any

import msgspec
from msgspec.structs import replace

from horarium.engine.jobs.durations import LONGEST, seconds
from horarium.engine.jobs.uniqueness import digest

MOST_AT_ONCE = 100_000
MOST_STARTS = 10_000
"""Starts of a key that are remembered; 100 a second is 6,000 a minute."""
_LONGEST_KEY = 200
_LONGEST_PERIOD = round(LONGEST * 1_000_000)
_SHARED = ("task", "queue")
_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


class Concurrency(msgspec.Struct, frozen=True):
    """At most `limit` jobs at once for each `key`: "task", "queue" or a parameter's name."""

    limit: int
    key: str = "task"

    @property
    def parameter(self) -> str | None:
        """The parameter whose argument belongs to the key, if one does."""
        return None if self.key in _SHARED else self.key


class Rate(msgspec.Struct, frozen=True):
    """At most `limit` starts within `period` seconds for each `key`, as with `Concurrency`."""

    limit: int
    period: float
    key: str = "task"

    @property
    def parameter(self) -> str | None:
        """The parameter whose argument belongs to the key, if one does."""
        return None if self.key in _SHARED else self.key


class Limits(msgspec.Struct, frozen=True, omit_defaults=True):
    """The limits of one job, as its row keeps them.

    Attributes:
        concurrency_key, concurrency: what it is counted under while it runs, and how many may.
        rate_key, rate, period: what its starts are counted under, how many there may be, and within
            how many microseconds.
        postponed: it has come once and found the rate used up.
    """

    concurrency_key: str | None = None
    concurrency: Annotated[int, msgspec.Meta(ge=1, le=MOST_AT_ONCE)] | None = None
    rate_key: str | None = None
    rate: Annotated[int, msgspec.Meta(ge=1, le=MOST_STARTS)] | None = None
    period: Annotated[int, msgspec.Meta(ge=1, le=_LONGEST_PERIOD)] | None = None
    postponed: bool = False


def encode(limits: Limits | None) -> bytes | None:
    """As a job's row keeps them."""
    return None if limits is None else msgspec.json.encode(limits)


def decode(encoded: bytes | None) -> Limits:
    """From a job's row."""
    return msgspec.json.decode(encoded or b"{}", type=Limits)


def limits_of(
    concurrency: Concurrency | None,
    rate: Rate | None,
    task: str,
    queue: str,
    arguments: Mapping[str, Any],
) -> Limits | None:
    """The limits of one call; `None`: it has none.

    Args:
        arguments: the call's arguments by the names of the task's parameters, as plain JSON.
    """
    if concurrency is None and rate is None:
        return None
    limits = Limits()
    if concurrency is not None:
        key = limit_key(concurrency.key, task, queue, arguments)
        limits = replace(limits, concurrency_key=key, concurrency=concurrency.limit)
    if rate is not None:
        key = limit_key(rate.key, task, queue, arguments)
        period = max(1, round(rate.period * 1_000_000))
        limits = replace(limits, rate_key=key, rate=rate.limit, period=period)
    return limits


def limit_key(kind: str, task: str, queue: str, arguments: Mapping[str, Any]) -> str:
    """What a job is counted under, readable where it is short."""
    if kind == "queue":
        return f"queue {queue}"
    if kind == "task":
        return f"task {task}"
    value = arguments.get(kind)
    key = f"task {task} {kind}={msgspec.json.encode(value, order='deterministic').decode()}"
    return key if len(key) <= _LONGEST_KEY else f"task {digest(task, kind, value)}"


def read_concurrency(value: Any) -> Concurrency:
    """The label ``concurrency_limit``.

    Raises:
        ValueError: what the label takes.
    """
    limit, key = value, "task"
    if isinstance(value, Mapping) and "limit" in value and set(value) <= {"limit", "key"}:
        limit, key = value["limit"], value.get("key", "task")
    number = _whole(limit)
    if number is None or not 1 <= number <= MOST_AT_ONCE or not isinstance(key, str) or not key:
        raise ValueError(
            f"a whole number of jobs from 1 to {MOST_AT_ONCE:,}, or a mapping with it as 'limit' "
            "and as 'key' task, queue or a parameter's name"
        )
    return Concurrency(number, key)


def read_rate(value: Any) -> Rate:
    """The label ``rate_limit``.

    Raises:
        ValueError: what the label takes.
    """
    if isinstance(value, Mapping) and {"limit", "per"} <= set(value) <= {"limit", "per", "key"}:
        limit, period, key = value["limit"], seconds(value["per"]), value.get("key", "task")
    else:
        limit, _, unit = value.partition("/") if isinstance(value, str) else ("", "", "")
        period, key = _UNITS.get(unit), "task"
    number = _whole(limit)
    fits = number is not None and 1 <= number <= MOST_STARTS and isinstance(key, str) and key
    if number is None or not fits or not period:
        raise ValueError(
            "a number of starts and a unit of time, such as 5/s, 100/m, 1000/h or 5000/d, or a "
            f"mapping with 'limit' (1 to {MOST_STARTS:,}), 'per' (seconds or a timedelta) and as "
            "'key' task, queue or a parameter's name"
        )
    return Rate(number, period, key)


def _whole(value: Any) -> int | None:
    if isinstance(value, str) and value.isascii() and value.isdecimal():
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None
