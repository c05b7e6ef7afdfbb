"""When a call is the same as one that is there already. Pure.

A *key* stands for a task and the arguments that count. The first call under a key makes a job, and
that job is *there* as long as it is in one of the chosen states and, where a period is given, the
period since its enqueue has not passed. A further call makes no job and is told which one is there.

Debouncing is the same with another answer: as long as the job has not begun, a further call
replaces its arguments and pushes its due time, so that the last call within the period wins.
"""

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from horarium.engine.jobs.durations import SECONDS, seconds
from horarium.engine.jobs.job import State, UniqueKey

NOT_BEGUN = (State.SCHEDULED, State.QUEUED, State.WAITING)
"""States of a job that has not begun: in them it is there, whatever else was chosen."""
UNFINISHED = (*NOT_BEGUN, State.RUNNING, State.RETRYING)


class Unique(msgspec.Struct, frozen=True, kw_only=True):
    """A task's rule of which calls are the same.

    Attributes:
        fields: names of the parameters that count; `None`: all.
        period: seconds from the enqueue for which the job is there at most; `None`: no bound.
        states: in which it is there.
        debounce: a further call replaces the one that has not begun.
    """

    fields: tuple[str, ...] | None = None
    period: float | None = None
    states: tuple[State, ...] = UNFINISHED
    debounce: bool = False


def unique_key(rule: Unique, task: str, arguments: Mapping[str, Any]) -> UniqueKey:
    """What one call is kept under.

    Args:
        arguments: the call's arguments by the names of the task's parameters, as plain JSON.
    """
    names = arguments if rule.fields is None else rule.fields
    counted = {name: arguments[name] for name in names if name in arguments}
    return UniqueKey(
        key=digest(task, "debounce" if rule.debounce else "unique", counted),
        states=rule.states,
        # A debounced job is there until it begins, however long it was pushed.
        period=None if rule.debounce else rule.period,
        debounce=rule.debounce,
    )


def digest(*parts: Any) -> str:
    """A short name for plain JSON values: equal for equal ones, whatever the order of keys."""
    return hashlib.blake2b(_encoder.encode(parts), digest_size=16).hexdigest()


def read_unique(value: Any) -> Unique | None:
    """The label ``unique``.

    Raises:
        ValueError: what the label takes.
    """
    if value is False:
        return None
    if value is True:
        return Unique()
    given = _mapping(value, {"fields", "period", "states"})
    if given is None:
        raise ValueError("True, or a mapping with some of 'fields', 'period' and 'states'")
    period = None if given.get("period") is None else _period(given["period"])
    return Unique(
        fields=_fields(given.get("fields")),
        period=period,
        states=_states(given.get("states"), period),
    )


def read_debounce(value: Any) -> Unique:
    """The label ``debounce``; its `period` is what a call waits for a further one.

    Raises:
        ValueError: what the label takes.
    """
    takes = f"{SECONDS}, more than 0, or a mapping with 'period' and 'fields'"
    given = _mapping(value, {"fields", "period"})
    if given is not None:
        if "period" not in given:
            raise ValueError(takes)
        fields = () if given.get("fields") is None else _fields(given["fields"])
        return Unique(
            fields=fields, period=_period(given["period"]), states=NOT_BEGUN, debounce=True
        )
    period = seconds(value)
    if period is None or period == 0:
        raise ValueError(takes)
    return Unique(fields=(), period=period, states=NOT_BEGUN, debounce=True)


def _mapping(value: Any, known: set[str]) -> Mapping[str, Any] | None:
    return value if isinstance(value, Mapping) and set(value) <= known else None


def _fields(value: Any) -> tuple[str, ...] | None:
    if value is None:
        return None
    names = tuple(value) if isinstance(value, Iterable) and not isinstance(value, str) else ()
    if not names or not all(isinstance(name, str) for name in names):
        raise ValueError("as 'fields' a list of parameter names that is not empty")
    return names


def _period(value: Any) -> float:
    period = seconds(value)
    if period is None or period == 0:
        raise ValueError(f"as 'period' {SECONDS}, more than 0")
    return period


def _states(value: Any, period: float | None) -> tuple[State, ...]:
    if value is None:
        return UNFINISHED if period is None else (*UNFINISHED, State.SUCCEEDED)
    words = set(value) if isinstance(value, Iterable) and not isinstance(value, str) else set()
    begun = [state for state in State if state not in NOT_BEGUN]
    if not {State.SCHEDULED, State.QUEUED} <= words or not words <= set(State):
        raise ValueError(
            "as 'states' a list of scheduled and queued, in which a job has not begun, and any of "
            + ", ".join(begun)
        )
    chosen = (*NOT_BEGUN, *(state for state in begun if state in words))
    final = [state for state in chosen if state.final]
    if final and period is None:
        raise ValueError(f"a 'period' together with the final state {final[0]}")
    return chosen


_encoder = msgspec.json.Encoder(order="deterministic", decimal_format="string")
