"""Jobs beside the timetable: triggered by hand, and for the past."""

import asyncio

import msgspec
import pytest
from schedule_examples import DAY, HOUR, MINUTE, NOON, cron, every
from schedule_world import World

from horarium.engine.schedules.backfill import backfill
from horarium.engine.schedules.schedule import CatchUp, Overlap
from horarium.errors import InvalidInput, NotFound


async def test_a_triggered_job_is_beside_the_timetable(world: World) -> None:
    await world.put(cron("0 * * * *", labels=msgspec.Raw(b'{"a":1}')))
    id = await world.book.trigger("each")
    (job,) = await world.unfinished()
    assert (job["id"], job["schedule"], job["fired_for"]) == (id, "each", None)
    assert await world.firings() == []
    with pytest.raises(NotFound):
        await world.book.trigger("nobody")


async def test_a_backfill_fills_a_range_once(world: World) -> None:
    await world.put(cron("0 0 * * *"))
    start, end = NOON - 10 * DAY, NOON - 5 * DAY
    first = await backfill(world.book, "each", start, end)
    again = await backfill(world.book, "each", start, end)
    redone = await backfill(world.book, "each", start, end, redo=True)
    assert [(each.due, each.enqueued, each.kept) for each in (first, again, redone)] == [
        (5, 5, 0), (5, 0, 5), (5, 5, 0)
    ]  # fmt: skip
    firings = await world.firings()
    assert [(each.outcome, each.reason) for each in firings] == [("enqueued", "backfill")] * 5
    assert all(each.covers_until == each.due_at for each in firings)
    jobs = await world.unfinished()
    assert len(jobs) == 10
    assert {job["priority"] for job in jobs} == {-1}
    assert {each.job for each in firings} < {job["id"] for job in jobs}


async def test_a_backfill_at_once_from_two_sides_makes_each_job_once(world: World) -> None:
    span = (NOON - 100 * HOUR, NOON - HOUR)
    await world.put(every(3600, anchor=NOON - 200 * HOUR))
    results = await asyncio.gather(*(backfill(world.book, "each", *span) for _ in range(3)))
    assert sum(each.enqueued for each in results) == 99
    assert len(await world.jobs_made()) == 99


async def test_a_backfill_takes_its_due_times_out_of_rows(world: World) -> None:
    await world.put(every(60, catch_up=CatchUp.NONE))
    world.pass_time(minutes=60, seconds=30)
    await world.decide()
    assert await world.outcomes() == [("missed", 61)]

    await backfill(world.book, "each", NOON + 9 * MINUTE, NOON + 12 * MINUTE)
    await backfill(world.book, "each", NOON + 59 * MINUTE, NOON + 60 * MINUTE)
    assert await world.outcomes() == [
        ("missed", 10), *[("enqueued", 1)] * 3, ("missed", 47), ("enqueued", 1)
    ]  # fmt: skip


async def test_a_row_is_split_by_the_version_that_recorded_it(world: World) -> None:
    await world.put(every(60, catch_up=CatchUp.NONE))
    world.pass_time(minutes=60, seconds=30)
    await world.put(every(1800, anchor=NOON - HOUR))
    await backfill(world.book, "each", NOON, NOON + HOUR)
    assert await world.outcomes() == [
        ("missed", 30), ("enqueued", 1), ("missed", 29), ("enqueued", 1)
    ]  # fmt: skip


async def test_what_was_backfilled_ahead_is_left_out_of_a_later_row(world: World) -> None:
    await world.put(every(60, catch_up=CatchUp.NONE))
    world.pass_time(minutes=10, seconds=30)
    await backfill(world.book, "each", NOON - MINUTE, NOON)  # the first due time of the row
    await backfill(world.book, "each", NOON + 4 * MINUTE, NOON + 5 * MINUTE)
    await world.decide()
    assert await world.outcomes() == [
        ("enqueued", 1), ("missed", 4), ("enqueued", 1), ("missed", 5)
    ]  # fmt: skip


async def test_a_backfill_in_a_pause_is_left_out_of_its_record(world: World) -> None:
    await world.put(every(60))
    await world.book.pause("each", "for repairs")
    world.pass_time(minutes=10)
    await backfill(world.book, "each", NOON, NOON + MINUTE)
    await world.book.resume("each")
    assert await world.outcomes() == [("enqueued", 1), ("enqueued", 1), ("skipped", 9)]


async def test_jobs_of_a_backfill_do_not_stand_in_the_way(world: World) -> None:
    await world.put(cron("0 * * * *", overlap=Overlap.SKIP))
    await backfill(world.book, "each", NOON - 5 * HOUR, NOON)
    world.pass_time(hours=1)
    await world.decide()
    assert (await world.firings())[-1].outcome == "enqueued"
    world.pass_time(hours=1)
    await world.decide()
    assert (await world.firings())[-1].outcome == "skipped"


async def test_a_backfill_runs_what_waits_if_it_is_to_be_redone(world: World) -> None:
    await world.put(every(60, overlap=Overlap.BUFFER_ONE))
    await world.decide()
    world.pass_time(minutes=1)
    await world.decide()
    span = (NOON, NOON + MINUTE)
    assert (await backfill(world.book, "each", *span)).kept == 1
    assert (await backfill(world.book, "each", *span, redo=True)).enqueued == 1
    await world.end_jobs()
    assert await world.decide() == 0


async def test_a_backfill_is_refused_for_what_has_not_come_or_is_nothing(world: World) -> None:
    await world.put(cron("0 * * * *"))
    with pytest.raises(InvalidInput, match="has not come yet"):
        await backfill(world.book, "each", NOON, NOON + HOUR)
    with pytest.raises(InvalidInput, match="ends before"):
        await backfill(world.book, "each", NOON, NOON)
    with pytest.raises(NotFound):
        await backfill(world.book, "nobody", NOON - DAY, NOON)
