"""Schedules that the tests of firing and of the scheduler share."""

from datetime import UTC, datetime, timedelta
from typing import Any

from horarium.engine.schedules.schedule import Schedule
from horarium.engine.schedules.timetable import At, Cron, Every, Timetable

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def every(
    seconds: int, id: str = "each", *, anchor: datetime | None = NOON, **values: Any
) -> Schedule:
    return schedule(Every(seconds=seconds, anchor=anchor), id, **values)


def cron(expression: str, id: str = "each", **values: Any) -> Schedule:
    return schedule(Cron(expression), id, **values)


def at(instant: datetime, id: str = "each", **values: Any) -> Schedule:
    return schedule(At(instant), id, **values)


def schedule(rule: Any, id: str, **values: Any) -> Schedule:
    of_timetable = {
        name: values.pop(name) for name in list(values) if name in Timetable.__struct_fields__
    }
    timetable = Timetable(rule, **{"key": id, **of_timetable})
    return Schedule(**{"id": id, "task": "tests:task", "timetable": timetable, **values})
