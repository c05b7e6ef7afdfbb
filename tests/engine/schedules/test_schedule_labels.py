"""TaskIQ's schedule labels, and its schedule source on the book."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
import pytest
from schedule_examples import HOUR, MINUTE, NOON, cron
from schedule_world import World
from taskiq import ScheduledTask

from horarium.database import Database
from horarium.engine.broker.broker import LedgerBroker
from horarium.engine.broker.schedule_label import declared_schedules
from horarium.engine.broker.source import BookSource
from horarium.engine.jobs.ledger import Ledger
from horarium.engine.schedules.backfill import backfill
from horarium.engine.schedules.edition import synchronise
from horarium.engine.schedules.schedule import CatchUp, Overlap, Schedule
from horarium.engine.schedules.timetable import At, Calendar, Cron, Every, next_due
from horarium.errors import InvalidInput
from horarium.events import Events
from horarium.settings import Settings


@pytest.fixture
async def broker() -> LedgerBroker:
    """A broker that declares tasks; nothing is sent through it."""
    return LedgerBroker(Ledger(Database("postgresql://unused")), Settings(), Events())


@pytest.fixture
async def source(world: World, broker: LedgerBroker) -> BookSource:
    return BookSource(broker, world.book)


def declared(broker: LedgerBroker, *schedules: Any, **labels: Any) -> list[Schedule]:
    @broker.task("shop:task", schedule=list(schedules), **labels)
    async def task(*args: Any, **kwargs: Any) -> None: ...

    return declared_schedules(broker)


async def test_all_of_taskiqs_labels_are_read(broker: LedgerBroker) -> None:
    daily, often, once = declared(
        broker,
        {
            "cron": "0 9 * * 1-5",
            "cron_offset": "Europe/Moscow",
            "args": [1, "two"],
            "kwargs": {"three": date(2026, 3, 2)},
            "labels": {"queue": "reports", "colour": "red"},
            "schedule_id": "daily",
        },
        {"interval": timedelta(minutes=5)},
        {"time": datetime(2026, 3, 2, 12)},  # noqa: DTZ001 - TaskIQ reads it as UTC
        queue="default",
        priority=4,
        timeout=10,
    )
    assert (daily.id, daily.task, daily.timetable.zone) == ("daily", "shop:task", "Europe/Moscow")
    assert daily.timetable.rule == Cron("0 9 * * 1-5")
    assert msgspec.json.decode(daily.arguments) == {
        "args": [1, "two"], "kwargs": {"three": "2026-03-02"}
    }  # fmt: skip
    assert (daily.queue, daily.priority) == ("reports", 4)
    assert msgspec.json.decode(daily.labels) == {"colour": "red"}
    assert (often.id, often.timetable.rule) == ("shop:task#2", Every(seconds=300))
    assert (once.id, once.timetable.rule) == ("shop:task#3", At(NOON))


async def test_our_own_labels_are_read(broker: LedgerBroker) -> None:
    (schedule,) = declared(
        broker,
        {
            "cron": "30 2 * * *",
            "cron_offset": "Europe/Berlin",
            "overlap": "buffer_one",
            "catch_up": "all",
            "catch_up_window": timedelta(days=31),
            "on_gap": "shift",
            "on_fold": "both",
            "jitter": 90,
            "calendar": {"leave_out": ["2026-12-25"], "on_excluded": "next"},
            "starts_at": "2026-01-01T00:00:00+01:00",
            "ends_at": datetime(2027, 1, 1, tzinfo=UTC),
            "max_firings": 100,
        },
    )
    timetable = schedule.timetable
    assert (schedule.overlap, schedule.catch_up) == (Overlap.BUFFER_ONE, CatchUp.ALL)
    assert schedule.catch_up_window == 31 * 86_400
    assert (timetable.on_gap, timetable.on_fold) == ("shift", "both")
    assert (timetable.jitter, timetable.max_firings) == (timedelta(seconds=90), 100)
    assert timetable.calendar == Calendar(leave_out=(date(2026, 12, 25),), on_excluded="next")
    assert timetable.starts_at == datetime(2025, 12, 31, 23, tzinfo=UTC)


async def test_what_is_all_caught_up_waits_its_turn_unless_told_otherwise(
    broker: LedgerBroker,
) -> None:
    one, other = declared(
        broker,
        {"cron": "@daily", "catch_up": "all"},
        {"cron": "@daily"},
    )
    assert (one.overlap, other.overlap) == (Overlap.BUFFER_ALL, Overlap.SKIP)


@pytest.mark.parametrize(
    "hours", [-12, -9.5, -5, 0, 1, 3, 3.5, 4.5, 5.5, 5.75, 6.5, 8.75, 9.5, 12, 13, 14]
)
async def test_a_fixed_offset_is_added_to_utc_as_taskiq_does(
    broker: LedgerBroker, hours: float
) -> None:
    offset = timedelta(hours=hours)
    (schedule,) = declared(broker, {"cron": "0 9 * * *", "cron_offset": offset})
    due = next_due(schedule.timetable, NOON)
    assert due is not None
    assert (due + offset).strftime("%H:%M") == "09:00"


@pytest.mark.parametrize(
    ("field", "values", "reason"),
    [
        ("minute", {"cron": "61 * * * *"}, "61"),
        ("cron_offset", {"cron": "@daily", "cron_offset": timedelta(minutes=7)}, "no zone"),
        ("cron_offset", {"cron": "@daily", "cron_offset": 3}, "name of a zone"),
        ("zone", {"cron": "@daily", "cron_offset": "Mars/Olympus"}, "Mars/Olympus"),
        ("schedule", {"cron": "@daily", "interval": 5}, "exactly one"),
        ("schedule", {}, "exactly one"),
        ("crom", {"crom": "@daily"}, "no such field"),
        ("interval", {"interval": 0.5}, "whole seconds"),
        ("interval", {"interval": True}, "seconds"),
        ("time", {"time": "tomorrow"}, "RFC 3339"),
        ("overlap", {"cron": "@daily", "overlap": "never"}, "buffer_one"),
        ("catch_up", {"cron": "@daily", "catch_up": 1}, "latest"),
        ("catch_up_window", {"cron": "@daily", "catch_up_window": -1}, "0 or more"),
        ("jitter", {"cron": "@daily", "jitter": "5"}, "timedelta"),
        ("on_gap", {"cron": "@daily", "on_gap": 5}, "first_valid"),
        ("max_firings", {"cron": "@daily", "max_firings": "3"}, "whole number"),
        ("max_firings", {"cron": "@daily", "max_firings": 3}, "starts_at"),
        ("calendar", {"cron": "@daily", "calendar": {"weekdays": []}}, ""),
        ("args", {"cron": "@daily", "args": "ab"}, "list"),
        ("args[0]", {"cron": "@daily", "args": [object()]}, "JSON"),
        ("kwargs", {"cron": "@daily", "kwargs": {1: 2}}, "dict"),
        ("labels", {"cron": "@daily", "labels": ["a"]}, "dict"),
        ("priority", {"cron": "@daily", "labels": {"priority": "high"}}, "whole number"),
        ("schedule_id", {"cron": "@daily", "schedule_id": "x" * 300}, "255"),
        ("schedule_id", {"cron": "@daily", "schedule_id": "a\ud800b"}, "cannot be kept"),
    ],
)
async def test_a_bad_label_is_refused_with_task_field_and_reason(
    broker: LedgerBroker, field: str, values: dict[str, Any], reason: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        declared(broker, values)
    assert refused.value.field == f"schedule of shop:task, {field}"
    assert reason in refused.value.reason


async def test_labels_that_are_no_list_of_dicts_are_refused(broker: LedgerBroker) -> None:
    @broker.task("shop:task", schedule={"cron": "@daily"})
    async def task() -> None: ...

    with pytest.raises(InvalidInput, match="a list of dicts"):
        declared_schedules(broker)


async def test_an_id_that_two_schedules_have_is_refused(broker: LedgerBroker) -> None:
    @broker.task("shop:other", schedule=[{"cron": "@daily", "schedule_id": "same"}])
    async def other() -> None: ...

    with pytest.raises(InvalidInput, match=r"'same' is that of a schedule of shop:other"):
        declared(broker, {"cron": "@hourly", "schedule_id": "same"})


async def test_an_interval_with_a_maximum_counts_from_when_it_is_recorded(
    broker: LedgerBroker, world: World
) -> None:
    (schedule,) = declared(broker, {"interval": 60, "max_firings": 2, "overlap": "allow"})
    await synchronise(world.book, [schedule], "app")
    await world.run_until(NOON + HOUR / 12, timedelta(seconds=10))
    assert len(await world.jobs_made()) == 2


# The source


async def test_schedules_by_cron_interval_and_time_fire_and_are_unscheduled(
    broker: LedgerBroker, world: World, source: BookSource
) -> None:
    @broker.task("shop:task", timeout=5, priority=2)
    async def task(number: int, *, text: str) -> None: ...

    kicker = task.kicker().with_labels(colour="red")
    by_cron = await kicker.schedule_by_cron(source, "0 * * * *", 1, text="cron")
    by_interval = await kicker.schedule_by_interval(source, 1800, 2, text="interval")
    by_time = await kicker.schedule_by_time(source, NOON + HOUR, 3, text="time")
    assert {each.schedule_id for each in await source.get_schedules()} == {
        by_cron.schedule_id, by_interval.schedule_id, by_time.schedule_id
    }  # fmt: skip
    await world.run_until(NOON + HOUR, HOUR / 2)

    jobs = {job["schedule"]: job for job in await world.unfinished()}
    assert msgspec.json.decode(jobs[by_time.schedule_id]["arguments"]) == {
        "args": [3], "kwargs": {"text": "time"}
    }  # fmt: skip
    labels = msgspec.json.decode(jobs[by_cron.schedule_id]["labels"])
    assert labels["colour"] == "red"
    assert set(labels) == {"colour", "covers_from", "covers_until"}
    assert {job["priority"] for job in jobs.values()} == {2}
    assert len(await world.jobs_made()) == 3  # the interval's first job has not finished

    await by_cron.unschedule()
    await by_interval.unschedule()
    await world.end_jobs()
    world.pass_time(hours=5)
    assert await world.decide() == 0
    assert await source.get_schedules() == []


async def test_what_the_source_is_given_comes_back(
    broker: LedgerBroker, source: BookSource
) -> None:
    given = ScheduledTask(
        task_name="shop:task",
        labels={"colour": "red"},
        args=[1],
        kwargs={"a": 2},
        schedule_id="given",
        cron="0 9 * * *",
        cron_offset="Europe/Berlin",
    )
    await source.add_schedule(given)
    (found,) = await source.get_schedules()
    names = ("task_name", "labels", "args", "kwargs", "schedule_id", "cron", "cron_offset")
    assert [getattr(found, name) for name in names] == [getattr(given, name) for name in names]


async def test_a_time_in_the_past_runs_at_once_as_with_taskiq(
    broker: LedgerBroker, world: World, source: BookSource
) -> None:
    @broker.task("shop:task")
    async def task() -> None: ...

    await task.schedule_by_time(source, NOON - HOUR)
    await world.decide()
    assert await world.jobs_made() == [NOON - HOUR]


async def test_a_schedule_that_cannot_be_kept_is_refused_by_the_source(
    broker: LedgerBroker, source: BookSource
) -> None:
    @broker.task("shop:task")
    async def task() -> None: ...

    with pytest.raises(InvalidInput):
        await task.schedule_by_cron(source, "0 0 30 2 *")
    assert await source.get_schedules() == []


async def test_a_task_id_of_ones_own_is_that_of_the_job(
    broker: LedgerBroker, world: World, source: BookSource
) -> None:
    @broker.task("shop:task")
    async def task() -> None: ...

    kicker = task.kicker().with_task_id("invoice 42")
    made = await kicker.schedule_by_time(source, NOON + MINUTE)
    (found,) = await source.get_schedules()
    assert found.task_id == "invoice 42"
    world.pass_time(minutes=1)
    await world.decide()
    assert [job["id"] for job in await world.unfinished()] == ["invoice 42"]
    assert (await world.firings(made.schedule_id))[0].job == "invoice 42"
    # One after the other, as TaskIQ's own scheduler sends them.
    await world.end_jobs()
    again = await task.kicker().with_task_id("digest").schedule_by_cron(source, "* * * * *")
    for _ in range(3):
        world.pass_time(minutes=1)
        await world.decide()
    assert await world.outcomes(again.schedule_id) == [
        ("enqueued", 1), ("skipped", 1), ("skipped", 1)
    ]  # fmt: skip
    await world.end_jobs()
    world.pass_time(minutes=1)
    await world.decide()
    assert [job["id"] for job in await world.unfinished()] == ["digest"]
    assert (await world.book.show(again.schedule_id)).state == "active"


async def test_one_task_id_does_not_name_two_jobs_at_once(world: World) -> None:
    both = cron("* * * * *", job_id="x", overlap=Overlap.ALLOW)
    with pytest.raises(InvalidInput, match="names only one"):
        await world.put(both)
    await world.put(cron("* * * * *", job_id="x"))
    await backfill(world.book, "each", NOON - 5 * MINUTE, NOON)
    assert len({job["id"] for job in await world.unfinished()} - {"x"}) == 5
