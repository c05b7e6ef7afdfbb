"""Figures of the ledger: how many jobs stand where, and how long they take."""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from horarium.engine.jobs.job import State


class TaskFigures(msgspec.Struct, frozen=True, kw_only=True):
    """The jobs of one task.

    Attributes:
        states: how many are in each state; of those that ended, within the span that was asked for.
        p50, p95, p99: percentiles of the seconds that the last attempts of those that succeeded or
            failed took; `None`: there were none.
    """

    task: str
    states: dict[State, int]
    p50: float | None
    p95: float | None
    p99: float | None


class Statistics(msgspec.Struct, frozen=True, kw_only=True):
    """The jobs of all tasks; `span` is how many seconds back ended jobs are counted."""

    span: float
    states: dict[State, int]
    tasks: list[TaskFigures]


def statistics(span: float, rows: Iterable[Mapping[str, Any]]) -> Statistics:
    """Figures from one row a task."""
    tasks = [
        TaskFigures(
            task=row["task"],
            states={state: row[state] for state in State if row[state]},
            **{name: row[name] for name in ("p50", "p95", "p99")},
        )
        for row in rows
    ]
    sums = {state: sum(each.states.get(state, 0) for each in tasks) for state in State}
    return Statistics(span=span, states=sums, tasks=tasks)
