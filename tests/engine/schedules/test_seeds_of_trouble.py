"""What other schedulers are reported to get wrong, each by its name, on the real step.

Two schedulers from one code base under TaskIQ's own command are in `test_scheduler.py`; all known
clock changes, with their reasons, in `timetable/test_timetable_cases.py`.
"""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from schedule_examples import DAY, HOUR, MINUTE, NOON, SECOND, cron, every, schedule
from schedule_world import World

from horarium.engine.schedules.edition import synchronise
from horarium.engine.schedules.proving import prove
from horarium.engine.schedules.schedule import CatchUp, Overlap
from horarium.engine.schedules.timetable import Every
from horarium.engine.schedules.zone_data import settle_zone_data


async def assert_proved(world: World) -> None:
    async for proof in prove(world.book, NOON - 400 * DAY, world.clock.now + DAY):
        assert proof.holds, proof


async def test_two_schedulers_from_one_code_base(world: World) -> None:
    code = [cron("* * * * *", f"tick {number}") for number in range(5)]
    await asyncio.gather(*(synchronise(world.book, code, "shop") for _ in range(2)))
    schedulers = [world.scheduler() for _ in range(2)]
    for _ in range(3):
        world.pass_time(minutes=1)
        await asyncio.gather(*(each.step() for each in schedulers))
        await world.decide()
        await world.end_jobs()
    made = await world.jobs_made()
    assert made == sorted(NOON + n * MINUTE for n in (1, 2, 3) for _ in code)
    await assert_proved(world)


@pytest.mark.parametrize("who_is_first", ["the old one", "the new one", "both at once"])
async def test_a_deploy_that_spans_the_due_second(world: World, who_is_first: str) -> None:
    """Old and new code run side by side while it is due; the rule itself is another one."""
    await synchronise(
        world.book, [cron("0 13 * * *", "report"), cron("0 13 * * *", "gone")], "shop"
    )
    old, new = world.scheduler(), world.scheduler()
    world.clock.set(NOON + HOUR)
    deploy = synchronise(world.book, [cron("*/30 13 * * *", "report")], "shop")
    match who_is_first:
        case "the old one":
            await old.step()
            await deploy
            await new.step()
        case "the new one":
            await deploy
            await new.step()
            await old.step()
        case _:
            await asyncio.gather(old.step(), deploy, new.step())
    assert await world.jobs_made("report") == [NOON + HOUR]
    assert await world.jobs_made("gone") == [NOON + HOUR]
    await world.end_jobs()
    world.pass_time(minutes=30)
    await world.decide()
    assert await world.jobs_made("report") == [NOON + HOUR, NOON + HOUR + 30 * MINUTE]
    assert (await world.book.show("gone")).state == "retired"
    await assert_proved(world)


@pytest.mark.parametrize("down", [HOUR, DAY, 30 * DAY], ids=["an hour", "a day", "a month"])
async def test_a_scheduler_down_for(world: World, down: timedelta) -> None:
    within = {"catch_up_window": 2 * 86_400.0, "overlap": Overlap.ALLOW}
    await world.put(
        *(every(600, policy.value, catch_up=policy, **within) for policy in CatchUp),
        every(1, "second", catch_up=CatchUp.ALL, catch_up_window=60.0, overlap=Overlap.ALLOW),
    )
    await world.decide()
    await world.end_jobs()
    before = len(await world.jobs_made("all"))
    world.pass_time(seconds=down.total_seconds() + 300)
    await world.decide()
    ran = {policy: len(await world.jobs_made(policy.value)) - before for policy in CatchUp}
    assert ran == {
        CatchUp.NONE: 0,
        CatchUp.LATEST: 1,
        CatchUp.ALL: min(down, 2 * DAY) // (10 * MINUTE),
    }
    assert 60 <= len(await world.jobs_made("second")) - before <= 61
    assert len(await world.firings("second")) <= before + 61 + 2  # a month is one record
    for id in ("none", "latest", "all"):
        counts = [each.count for each in await world.firings(id)]
        assert sum(counts) == 1 + down // (10 * MINUTE)
    await assert_proved(world)


@pytest.mark.parametrize(
    ("overlap", "jobs", "most_waiting"),
    [
        (Overlap.SKIP, 12, 0),  # every second time
        (Overlap.BUFFER_ONE, 12, 1),  # back to back
        (Overlap.BUFFER_ALL, 12, 12),  # back to back, and falling behind, as it was told to
        (Overlap.CANCEL_OTHER, 24, 0),
        (Overlap.ALLOW, 24, 0),
    ],
)
async def test_a_job_of_10_seconds_due_every_5(
    world: World, overlap: Overlap, jobs: int, most_waiting: int
) -> None:
    await world.put(every(5, overlap=overlap))
    waiting, most_unfinished = 0, 0
    while world.clock.now < NOON + 2 * MINUTE:
        ended = [
            row["id"]
            for row in await world.unfinished()
            if row["enqueued_at"] + 10 * SECOND <= world.clock.now
        ]
        await world.end(ended)
        await world.decide()
        waiting = max(waiting, (await world.outcomes()).count(("buffered", 1)))
        most_unfinished = max(most_unfinished, len(await world.unfinished()))
        world.pass_time(seconds=5)
    assert len(await world.jobs_made()) == jobs
    assert waiting <= most_waiting
    assert most_unfinished == (2 if overlap is Overlap.ALLOW else 1)
    await assert_proved(world)


@pytest.mark.parametrize(
    ("zone", "spring", "autumn"),
    [
        # 02:30 is not there: the first valid time after it. 02:30 is there twice: the first.
        ("Europe/Berlin", "2026-03-29T01:00", "2026-10-25T00:30"),
        ("America/New_York", "2026-03-08T07:00", "2026-11-01T07:30"),  # 01 to 02 is repeated
        ("Australia/Lord_Howe", "2026-10-03T15:30", "2026-04-04T16:00"),  # half an hour
    ],
)
async def test_half_past_two_on_both_change_days(
    world: World, zone: str, spring: str, autumn: str
) -> None:
    late = {"catch_up": CatchUp.ALL, "catch_up_window": 40 * 86_400.0, "overlap": Overlap.ALLOW}
    await world.put(cron("30 2 * * *", zone=zone, **late))
    await world.run_until(NOON + 265 * DAY, 26.5 * DAY)
    made = await world.jobs_made()
    for change in (spring, autumn):
        day = datetime.fromisoformat(change).replace(tzinfo=UTC)
        if day < NOON:
            continue
        near = [each for each in made if abs(each - day) < DAY / 2]
        assert near == [day], (near, day)
    assert 264 <= len(made) <= 266
    await assert_proved(world)


async def test_the_server_is_in_utc_and_the_office_in_moscow(world: World) -> None:
    await world.put(cron("0 9 * * 1-5", zone="Europe/Moscow", overlap=Overlap.ALLOW))
    await world.run_until(NOON + 7 * DAY, HOUR * 6)
    made = await world.jobs_made()
    assert [f"{each:%a %H:%M}" for each in made] == [
        "Tue 06:00", "Wed 06:00", "Thu 06:00", "Fri 06:00", "Mon 06:00"
    ]  # fmt: skip


async def test_an_interval_of_a_day_keeps_nine_oclock_across_a_change(world: World) -> None:
    anchor = datetime(2026, 3, 27, 8, tzinfo=UTC)  # 09:00 in Berlin
    daily = schedule(
        Every(days=1, anchor=anchor), "each", zone="Europe/Berlin", overlap=Overlap.ALLOW
    )
    await world.put(daily)
    world.clock.set(anchor - HOUR)
    await world.run_until(anchor + 4 * DAY, HOUR * 6)
    made = [each for each in await world.jobs_made() if each >= anchor]
    assert [f"{each:%d %H:%M}" for each in made] == [
        "27 08:00", "28 08:00", "29 07:00", "30 07:00", "31 07:00"
    ]  # fmt: skip


async def test_a_months_pause_of_an_every_second_schedule(world: World) -> None:
    await world.put(every(1))
    await world.decide()
    await world.book.pause("each", "for repairs")
    world.pass_time(days=30)
    await world.book.resume("each")
    skipped = [each for each in await world.firings() if each.outcome == "skipped"]
    assert [each.count for each in skipped] == [2_592_000]
    await assert_proved(world)


async def test_a_schedule_edited_while_its_job_runs(world: World) -> None:
    await world.put(every(60))
    await world.decide()
    world.pass_time(seconds=30)
    await world.put(every(60, queue="other"))
    world.pass_time(seconds=30)
    await world.decide()
    assert await world.outcomes() == [("enqueued", 1), ("skipped", 1)]
    await world.end_jobs()
    world.pass_time(seconds=60)
    await world.decide()
    (job,) = await world.unfinished()
    assert (job["queue"], job["fired_for"]) == ("other", NOON + 2 * MINUTE)
    await assert_proved(world)


async def test_zone_data_updated_between_two_starts(world: World) -> None:
    """The first start knew a zone as UTC+2 that the update makes UTC+3: due an hour earlier."""
    await settle_zone_data(world.book, "2026a")
    await world.put(cron("0 9 * * *", zone="Africa/Cairo"))
    kept = await world.book.show("each")
    # What the former data gave; only the stored due time knows it.
    former = kept.next_due_at
    assert former is not None
    await world.rows(
        "update horarium.schedules set next_due_at = $1, next_fire_at = $1", former + HOUR
    )
    assert await settle_zone_data(world.book, "2026b") == 1
    assert (await world.book.show("each")).next_due_at == former
    world.clock.set(former)
    await world.decide()
    assert await world.jobs_made() == [former]
    assert await settle_zone_data(world.book, "2026b") == 0
    await assert_proved(world)
