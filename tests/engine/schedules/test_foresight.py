"""What comes, what an edit would change, and why nothing runs."""

from collections import Counter
from datetime import datetime

import pytest
from schedule_examples import DAY, HOUR, MINUTE, NOON, SECOND, at, cron, every
from schedule_world import World

from horarium.engine.schedules.explanation import explain_schedule
from horarium.engine.schedules.firing import Outcome
from horarium.engine.schedules.forecast import crowd_of, forecast
from horarium.engine.schedules.plan import MOST, plan
from horarium.engine.schedules.schedule import CatchUp, Kept, Overlap, Schedule
from horarium.engine.schedules.timetable import compiled
from horarium.errors import InvalidInput

# Forecast


async def test_the_crowd_of_midnight_is_seen(world: World) -> None:
    await world.put(*(cron("0 0 * * *", f"daily {number}") for number in range(20)))
    await world.put(cron("0 * * * *", "hourly"), at(NOON + HOUR, "once"))
    await world.put(cron("0 0 * * *", "paused"))
    await world.book.pause("paused", "for repairs")
    crowd = await forecast(world.book, NOON)
    assert len(crowd) == 24
    assert crowd[NOON + 12 * HOUR] == 21
    assert crowd[NOON + HOUR] == 2
    assert sum(crowd.values()) == 20 + 24 + 1
    with pytest.raises(InvalidInput):
        await forecast(world.book, NOON, 32 * DAY)


def test_what_is_due_each_second_is_counted_by_the_minute() -> None:
    crowd = crowd_of([every(1, "a"), every(1, "b"), every(7, "c")], NOON, HOUR)
    assert set(crowd) == {NOON + number * MINUTE for number in range(60)}
    assert crowd.total() == 2 * 3600 + 515
    assert crowd[NOON] == 129


def test_jitter_spreads_the_crowd() -> None:
    schedules = [cron("0 0 * * *", f"s{number}", jitter=HOUR) for number in range(200)]
    crowd = crowd_of(schedules, NOON, DAY)
    expected: Counter[datetime] = Counter()
    for schedule in schedules:
        fires_at = compiled(schedule.timetable).fires_at(NOON + 12 * HOUR)
        expected[fires_at.replace(second=0, microsecond=0)] += 1
    assert crowd == expected
    assert len(crowd) > 30


# Plan


def kept(schedule: Schedule, **values: object) -> Kept:
    return Kept(
        **{
            "schedule": schedule, "origin": "api", "version": 1, "state": "active", "note": None,
            "fired": 0, "decided_until": NOON, "next_due_at": None, "next_fire_at": None,
            "created_at": NOON, "updated_at": NOON, **values,
        }
    )  # fmt: skip


def test_a_plan_says_which_due_times_appear_and_which_vanish() -> None:
    found = plan(kept(cron("0 9,12 * * *")), cron("0 12,18 * * *"), NOON, 2 * DAY)
    assert found.changes
    assert [each.hour for each in found.appear] == [18, 18]
    assert [each.hour for each in found.vanish] == [9, 9]
    assert (found.stay, found.first) == (2, ())


def test_a_plan_of_the_same_is_no_change() -> None:
    found = plan(kept(cron("0 9 * * *")), cron("0 9 * * *"), NOON)
    assert (found.changes, found.appear, found.vanish, found.stay) == (False, (), (), 7)


def test_a_plan_of_something_new_is_all_that_appears() -> None:
    found = plan(None, cron("0 9 * * *"), NOON, 3 * DAY)
    assert (found.changes, len(found.appear), found.vanish) == (True, 3, ())
    paused = plan(kept(cron("0 7 * * *"), state="paused"), cron("0 9 * * *"), NOON, 3 * DAY)
    assert (len(paused.appear), paused.vanish) == (3, ())


def test_a_plan_says_what_the_present_version_decides_first() -> None:
    present = every(60, catch_up=CatchUp.ALL, overlap=Overlap.ALLOW)
    found = plan(kept(present, decided_until=NOON - HOUR), every(3600), NOON + 2 * MINUTE)
    assert [each.outcome for each in found.first] == [Outcome.ENQUEUED] * 3


def test_a_plan_of_very_many_due_times_looks_less_far() -> None:
    found = plan(kept(every(1)), every(2), NOON)
    assert found.until == NOON + MOST * SECOND
    assert (found.stay, len(found.vanish), found.appear) == (MOST // 2, MOST // 2, ())


def test_what_cannot_be_kept_has_no_plan() -> None:
    with pytest.raises(InvalidInput):
        plan(None, cron("0 0 30 2 *"), NOON)


# Explanation


async def why(world: World, id: str = "each") -> list[str]:
    return [each.why for each in await explain_schedule(world.book, id)]


async def test_each_reason_is_named_in_order(world: World) -> None:
    await world.put(every(60, overlap=Overlap.BUFFER_ONE))
    await world.decide()
    world.pass_time(minutes=1)
    await world.decide()
    (job,) = await world.unfinished()
    assert await why(world) == [
        "it is not due until 2026-03-02 12:02:00 UTC",
        f"its job {job['id']} is queued in queue 'default'",
        "no worker that is alive takes from queue 'default'",
        "1 of its due times wait for that job to end",
    ]
    await world.rows(
        "insert into horarium.workers (name, host, pid, queues, slots, started_at, lease_until)"
        " values ('w', 'h', 1, '{default}', 1, now(), $1)",
        NOON + DAY,
    )
    await world.rows(
        "update horarium.jobs set state = 'running', worker = 1, attempt = 1, started_at = $1", NOON
    )
    world.pass_time(minutes=5)
    assert await why(world) == [
        "it is due for 240 s and no scheduler has decided it",
        f"its job {job['id']} runs since 2026-03-02 12:00:00 UTC",
        "1 of its due times wait for that job to end",
    ]


async def test_a_job_that_is_tried_again_says_what_it_failed_with(world: World) -> None:
    await world.put(cron("0 * * * *"))
    world.pass_time(hours=1)
    await world.decide()
    await world.rows(
        "update horarium.jobs set state = 'retrying', due_at = $1, error = $2",
        NOON + 2 * HOUR,
        b'{"type":"ValueError","message":"no such order"}',
    )
    assert (
        "failed with ValueError: no such order and is tried again at 2026-03-02 14:00:00"
        in (await why(world))[1]
    )


async def test_a_task_that_no_longer_exists_is_named(world: World) -> None:
    await world.put(cron("0 * * * *"))
    world.pass_time(hours=1)
    await world.decide()
    await world.rows(
        "update horarium.jobs set state = 'scheduled', error = $1",
        b'{"type":"UnknownTask","message":"no task"}',
    )
    assert "knows the task 'tests:task'" in (await why(world))[1]


@pytest.mark.parametrize(
    ("state", "sentence"),
    [
        ("paused", "it is paused since 2026-03-02 12:00 UTC: for repairs"),
        ("retired", "it is retired: for repairs"),
    ],
)
async def test_a_schedule_out_of_the_timetable_says_so_first(
    world: World, state: str, sentence: str
) -> None:
    await world.put(cron("0 * * * *"))
    await (world.book.pause if state == "paused" else world.book.retire)("each", "for repairs")
    assert (await why(world))[0] == sentence


async def test_one_that_is_parked_or_has_ended_says_so_first(world: World) -> None:
    await world.put(at(NOON, "ended"), cron("0 * * * *", "parked"))
    await world.rows(
        "update horarium.schedules set definition = '{}', task = 't' where id = 'parked'"
    )
    world.pass_time(hours=1)
    await world.decide()
    assert (await why(world, "ended"))[0] == "it has no due time left"
    assert (await why(world, "parked"))[0].startswith("it cannot be run as it stands: Object")
