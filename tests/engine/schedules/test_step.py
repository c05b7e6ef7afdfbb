"""Steps of the scheduler on PostgreSQL, at a time that the test sets."""

import asyncio
from datetime import timedelta
from itertools import pairwise

import msgspec
import pytest
from schedule_examples import DAY, HOUR, MINUTE, NOON, SECOND, cron, every
from schedule_world import World

from horarium.database import STEADY_PLANS
from horarium.engine.schedules import step as steps
from horarium.engine.schedules.firing import MOST_AT_ONCE, Outcome
from horarium.engine.schedules.schedule import CatchUp, Overlap
from horarium.engine.schedules.scheduler import Scheduler
from horarium.errors import InvalidInput
from horarium.events import Event, Events, ScheduleParked
from horarium.transaction import joined


async def test_a_due_time_makes_a_firing_and_its_job_in_one(world: World) -> None:
    await world.put(cron("0 * * * *", priority=3, queue="reports", owner="anna"))
    world.pass_time(hours=1)

    assert await world.decide() == 1

    (firing,) = await world.firings()
    (job,) = await world.unfinished()
    assert (firing.due_at, firing.outcome, firing.job) == (NOON + HOUR, "enqueued", job["id"])
    assert (firing.covers_from, firing.covers_until) == (NOON, NOON + HOUR)
    assert (job["task"], job["queue"], job["priority"], job["owner"]) == (
        "tests:task", "reports", 3, "anna"
    )  # fmt: skip
    assert (job["schedule"], job["fired_for"]) == ("each", NOON + HOUR)
    labels = msgspec.json.decode(job["labels"])
    assert labels == {"covers_from": "2026-03-02T12:00:00Z", "covers_until": "2026-03-02T13:00:00Z"}
    kept = await world.book.show("each")
    assert (kept.fired, kept.next_due_at) == (1, NOON + 2 * HOUR)


async def test_what_is_not_due_is_left_alone(world: World) -> None:
    await world.put(cron("0 * * * *"))
    world.pass_time(minutes=59)
    assert await world.decide() == 0
    assert await world.firings() == []


async def test_ten_firings_are_ten_jobs_with_five_schedulers(world: World) -> None:
    await world.put(*(cron("0 * * * *", f"schedule {number}") for number in range(10)))
    world.pass_time(hours=1)
    schedulers = [world.scheduler() for _ in range(5)]

    counts = await asyncio.gather(*(each.step() for each in schedulers))
    counts += await asyncio.gather(*(each.step() for each in schedulers))

    assert sum(counts) == 10
    assert len(await world.firings()) == len(await world.unfinished()) == 10


async def test_schedulers_side_by_side_never_double_in_an_hour_of_minutes(world: World) -> None:
    ids = [f"schedule {number}" for number in range(10)]
    await world.put(*(cron("* * * * *", id, overlap=Overlap.ALLOW) for id in ids))
    schedulers = [world.scheduler() for _ in range(4)]
    for _ in range(15):
        world.pass_time(minutes=1)
        await asyncio.gather(*(each.step() for each in schedulers))
    await world.decide()

    expected = [NOON + number * MINUTE for number in range(1, 16)]
    for id in ids:
        assert await world.jobs_made(id) == expected
        assert [each.due_at for each in await world.firings(id)] == expected


# Down for a while


@pytest.mark.parametrize("outage", [HOUR, DAY, 30 * DAY], ids=["an hour", "a day", "a month"])
@pytest.mark.parametrize("catch_up", CatchUp)
async def test_after_an_outage_every_due_time_has_its_outcome(
    world: World, catch_up: CatchUp, outage: timedelta
) -> None:
    window = 2 * DAY
    await world.put(
        every(
            600,
            catch_up=catch_up,
            overlap=Overlap.BUFFER_ALL,
            catch_up_window=window.total_seconds(),
        )
    )
    await world.decide()
    await world.end_jobs()
    world.pass_time(seconds=outage.total_seconds() + 60)
    await world.decide()

    firings = (await world.firings())[1:]
    due = outage // (10 * MINUTE)
    within = min(due, (window - MINUTE) // (10 * MINUTE) + 1)
    assert sum(each.count for each in firings) == due
    run = [each for each in firings if each.outcome in (Outcome.ENQUEUED, Outcome.BUFFERED)]
    assert len(run) == {CatchUp.NONE: 0, CatchUp.LATEST: 1, CatchUp.ALL: within}[catch_up]
    assert len(firings) - len(run) <= 2
    ends = [(each.due_at, each.due_until or each.due_at) for each in firings]
    assert all(a_end < b_start for (_, a_end), (b_start, _) in pairwise(ends))
    assert ends[-1][1] == NOON + outage


async def test_more_due_times_than_fit_into_one_step_are_all_decided(world: World) -> None:
    await world.put(every(1, catch_up=CatchUp.ALL, overlap=Overlap.ALLOW))
    world.pass_time(seconds=2 * MOST_AT_ONCE + 500)

    first = await world.scheduler().step()
    kept = await world.book.show("each")
    assert first == MOST_AT_ONCE
    assert kept.decided_until == NOON + (MOST_AT_ONCE - 1) * SECOND
    assert kept.next_due_at == NOON + MOST_AT_ONCE * SECOND

    await world.decide()
    made = await world.jobs_made()
    assert made == [NOON + number * SECOND for number in range(2 * MOST_AT_ONCE + 501)]


# Invalid ones


async def test_an_invalid_schedule_is_parked_and_the_others_run_on(world: World) -> None:
    ids = ["zone", "rule", "priority", "labels", "good"]
    await world.put(*(cron("0 * * * *", id) for id in ids))
    hand = {
        "zone": """jsonb_set(definition, '{timetable,zone}', '"Mars/Olympus"')""",
        "rule": """jsonb_set(definition, '{timetable,rule}', '"often"')""",
        "priority": """jsonb_set(definition, '{priority}', '100000')""",
        "labels": """jsonb_set(definition, '{labels}', '[1]')""",
    }
    for id, value in hand.items():
        await world.rows(f"update horarium.schedules set definition = {value} where id = $1", id)
    events = Events()
    told = list[Event]()
    events.subscribe(told.append)
    scheduler = Scheduler(world.ledger, events)
    world.pass_time(hours=1)
    await scheduler.step()
    await scheduler.close()
    alarms = [each for each in told if isinstance(each, ScheduleParked)]
    assert {each.schedule for each in alarms} == {*ids} - {"good"}
    assert any("Mars/Olympus" in each.reason for each in alarms)

    kept = {each.schedule.id: each for each in await world.book.schedules()}
    assert {id: each.state for id, each in kept.items()} == {
        **dict.fromkeys(ids, "parked"), "good": "active"
    }  # fmt: skip
    assert await world.jobs_made() == [NOON + HOUR]
    assert "Mars/Olympus" in (kept["zone"].note or "")
    assert "priority" in (kept["priority"].note or "")
    with pytest.raises(InvalidInput):
        await world.book.resume("zone")
    assert (await world.book.show("zone")).state == "parked"

    # Mended by a new version, or because the zone is known again.
    await world.put(*(cron("0 * * * *", id) for id in ids))
    assert {each.state for each in await world.book.schedules()} == {"active"}


async def test_a_parked_schedule_that_is_mended_accounts_for_its_due_times(world: World) -> None:
    await world.put(cron("0 * * * *"))
    await world.rows(
        "update horarium.schedules set definition = definition || '{\"priority\": 1e9}'"
    )
    world.pass_time(hours=1)
    await world.decide()
    await world.rows("update horarium.schedules set definition = definition || '{\"priority\": 1}'")
    world.pass_time(hours=3)
    await world.book.resume("each")
    world.pass_time(hours=1)
    await world.decide()
    assert await world.outcomes() == [("skipped", 4), ("enqueued", 1)]
    assert (await world.firings())[0].reason.startswith("parked: priority")


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("schedule_id", {"id": "x" * 256}),
        ("priority", {"priority": 40_000}),
        ("queue", {"queue": "a\0b"}),
        ("owner", {"owner": ""}),
        ("catch_up_window", {"catch_up_window": float("nan")}),
        ("catch_up_window", {"catch_up_window": 1e12}),
        ("arguments", {"arguments": msgspec.Raw(b"[1]")}),
        ("arguments", {"arguments": msgspec.Raw(b'{"args":["a\\u0000"]}')}),
        ("arguments", {"arguments": msgspec.Raw(b'{"args":["%s"]}' % (b"x" * 10 * 2**20))}),
        ("labels", {"labels": msgspec.Raw(b"not json")}),
        ("zone", {"zone": "Mars/Olympus"}),
        ("ends_at", {"starts_at": NOON, "ends_at": NOON - DAY}),
    ],
)
async def test_what_cannot_be_kept_is_refused_and_nothing_changes(
    world: World, field: str, values: dict[str, object]
) -> None:
    await world.put(cron("0 1 * * *"))
    before = await world.book.show("each")
    with pytest.raises(InvalidInput) as refused:
        await world.put(cron("0 2 * * *", **values))
    assert refused.value.field == field
    assert await world.book.show("each") == before
    assert await world.value("select count(*) from horarium.schedules") == 1


# Locks


async def test_schedules_in_other_hands_are_passed_by(world: World) -> None:
    await world.put(*(cron("0 * * * *", id) for id in ("held", "free")))
    world.pass_time(hours=1)
    other = await world.database.connect("other", STEADY_PLANS)
    async with other.transaction():
        await other.execute("select from horarium.schedules where id = 'held' for update")
        assert await world.scheduler().step() == 1
        assert await world.scheduler()._until_next(progressed=False) > 0
    await other.close()
    assert await world.decide() == 1
    assert await world.jobs_made() == [NOON + HOUR] * 2


async def test_a_step_of_two_connections_overlapping_in_time_decides_once(world: World) -> None:
    await world.put(cron("0 * * * *"))
    world.pass_time(hours=1)
    one = await world.database.connect("one", STEADY_PLANS)
    two = await world.database.connect("two", STEADY_PLANS)
    async with one.transaction():
        with joined(one):
            assert len((await steps.step(one, world.ledger, "one")).fired) == 1
        async with two.transaction():
            with joined(two):
                assert (await steps.step(two, world.ledger, "two")).fired == []
    async with two.transaction():
        with joined(two):
            assert (await steps.step(two, world.ledger, "two")).fired == []
    assert len(await world.unfinished()) == 1
    await one.close()
    await two.close()
