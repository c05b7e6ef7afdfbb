"""TaskIQ's schedule source on the book of schedules."""

from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import msgspec
from taskiq.abc.schedule_source import ScheduleSource
from taskiq.labels import prepare_label
from taskiq.scheduler.scheduled_task import ScheduledTask

from horarium.engine.broker.parameters import parameters_of
from horarium.engine.broker.schedule_label import RULES, read
from horarium.engine.schedules.book import Book
from horarium.engine.schedules.schedule import Schedule
from horarium.engine.schedules.timetable import At, Cron, Every

if TYPE_CHECKING:
    from horarium.engine.broker.broker import LedgerBroker


class BookSource(ScheduleSource):
    """TaskIQ's view of the book: what `.schedule_by_cron` and its like write to."""

    def __init__(self, broker: "LedgerBroker", book: Book) -> None:
        self._broker = broker
        self._book = book

    async def get_schedules(self) -> list[ScheduledTask]:
        """The active schedules; none in a scheduler's process, where the engine fires them."""
        if self._broker.is_scheduler_process:
            return []
        kept = await self._book.schedules(count=100_000)
        return [_scheduled(each.schedule) for each in kept if each.state == "active"]

    async def add_schedule(self, schedule: ScheduledTask) -> None:
        """Put a schedule into the book.

        Raises:
            InvalidInput: it cannot be kept.
        """
        task = self._broker.find_task(schedule.task_name)
        declared = task.labels if task is not None else {}
        rule = {name: getattr(schedule, name) for name in (*RULES, "cron_offset")}
        values = {
            **{name: value for name, value in rule.items() if value is not None},
            "args": schedule.args,
            "kwargs": schedule.kwargs,
            "labels": _own_labels(schedule.labels, declared),
        }
        parameters = parameters_of(task)
        wanted = read(schedule.schedule_id, schedule.task_name, values, declared, parameters)
        wanted = msgspec.structs.replace(wanted, job_id=schedule.task_id)
        await self._book.put(wanted, "api")

    async def delete_schedule(self, schedule_id: str) -> None:
        """Take a schedule out of the book; its history stays."""
        await self._book.retire(schedule_id, "it was deleted through TaskIQ")


def _own_labels(labels: Mapping[str, Any], declared: Mapping[str, Any]) -> dict[str, Any]:
    """Those that the caller gave: TaskIQ adds the declared ones, written as text."""
    return {
        name: value
        for name, value in labels.items()
        if name not in declared or value != prepare_label(declared[name])[0]
    }


def _scheduled(schedule: Schedule) -> ScheduledTask:
    call = msgspec.json.decode(schedule.arguments)
    rule = schedule.timetable.rule
    values: dict[str, Any] = {}
    match rule:
        case Cron(expression):
            values = {"cron": expression, "cron_offset": schedule.timetable.zone}
        case At(instant):
            values = {"time": instant}
        case Every():
            values = {"interval": _length(rule)}
    return ScheduledTask(
        task_name=schedule.task,
        labels=msgspec.json.decode(schedule.labels),
        args=call["args"],
        kwargs=call["kwargs"],
        schedule_id=schedule.id,
        task_id=schedule.job_id,
        **values,
    )


def _length(rule: Every) -> timedelta:
    return timedelta(
        days=rule.days + 30 * rule.months,
        weeks=rule.weeks,
        hours=rule.hours,
        minutes=rule.minutes,
        seconds=rule.seconds,
    )
