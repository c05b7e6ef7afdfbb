"""Backfills that go on by themselves: concurrency, order, dry run, cancelling, progress."""

import asyncio
from datetime import datetime
from typing import Any

import pytest
from schedule_examples import DAY, HOUR, MINUTE, NOON, cron, every
from schedule_world import World

from horarium.engine.schedules.backfill import Order, Wanted, backfill, begin, foreseen
from horarium.engine.schedules.backfill_progress import backfills, cancel_backfill, progress
from horarium.errors import Conflict, InvalidInput, NotFound

LONG_AGO = NOON - 500 * DAY
SPAN = {"since": NOON - 10 * DAY, "until": NOON}


async def due_times(world: World) -> list[datetime]:
    """Those of unfinished jobs, in the order in which a worker claims them."""
    rows = await world.rows(
        "select fired_for from horarium.jobs order by priority desc, due_at, id"
    )
    return [row["fired_for"] for row in rows]


async def run_all(world: World) -> list[list[datetime]]:
    """Schedulers and workers take turns until nothing is left; the jobs of each turn."""
    turns = []
    while await world.decide() or await world.unfinished():
        turns.append(await due_times(world))
        await world.end_jobs()
    return turns


async def test_at_most_as_many_jobs_as_its_concurrency_are_unfinished(world: World) -> None:
    await world.put(cron("0 0 * * *"))
    done = await backfill(world.book, "each", **SPAN, concurrency=3)
    assert (done.due, done.enqueued, done.kept) == (10, 3, 0)
    assert await world.decide() == 0
    assert len(await world.unfinished()) == 3
    sizes = [len(turn) for turn in await run_all(world)]
    assert sizes == [3, 3, 3, 1]
    found = await progress(world.book, done.id or "")
    assert (found.state, found.enqueued, found.finished) == ("filled", 10, True)
    assert found.jobs == {"succeeded": 10}


async def test_one_job_that_ends_lets_one_in(world: World) -> None:
    await world.put(cron("0 0 * * *"))
    await backfill(world.book, "each", **SPAN, concurrency=3)
    first = (await world.unfinished())[0]["id"]
    await world.ledger.cancel(first, "to let the next one in")
    await world.decide()
    assert len(await world.unfinished()) == 3
    assert len(await world.jobs_made()) == 4


async def test_a_scheduler_that_is_held_up_holds_up_no_other(world: World) -> None:
    await world.put(cron("0 0 * * *"), cron("0 * * * *", "other"))
    await begin(world.book, "each", Wanted(**SPAN, concurrency=3), "api")
    world.pass_time(hours=1)
    frozen = await world.database.connect("frozen")
    async with frozen.transaction():
        await frozen.execute("select from horarium.schedules where id = 'each' for update")
        scheduler = world.scheduler()
        async with asyncio.timeout(10):
            assert await scheduler.step() == 1
        assert await world.jobs_made("each") == []
        assert 0 < await scheduler._until_next(progressed=False) < 1
    await frozen.close()
    await scheduler.step()
    assert len(await world.unfinished("each")) == 3


@pytest.mark.parametrize("concurrency", [None, 1, 4])
async def test_the_order_is_that_in_which_jobs_are_claimed(
    world: World, concurrency: int | None
) -> None:
    await world.put(cron("0 0 * * *"))
    for order in Order:
        await backfill(world.book, "each", **SPAN, concurrency=concurrency, order=order, redo=True)
        found = [due for turn in await run_all(world) for due in turn]
        assert found == sorted(found, reverse=order is Order.NEWEST_FIRST)
        assert len(found) == 10


async def test_a_dry_run_says_what_would_be_done_and_does_nothing(world: World) -> None:
    await world.put(cron("0 0 * * *"))
    await backfill(world.book, "each", NOON - 3 * DAY, NOON)
    jobs = await world.unfinished()
    keep = await foreseen(world.book, "each", Wanted(**SPAN))
    redo = await foreseen(world.book, "each", Wanted(**SPAN, redo=True))
    assert (keep.due, keep.enqueued, keep.kept, keep.id) == (10, 7, 3, None)
    assert (redo.due, redo.enqueued, redo.kept) == (10, 10, 0)
    assert await world.unfinished() == jobs
    assert await world.value("select count(*) from horarium.backfills") == 1


async def test_what_has_its_job_already_is_passed_over_within_a_turn(world: World) -> None:
    await world.put(every(60, anchor=LONG_AGO))
    await backfill(world.book, "each", NOON - HOUR, NOON - 2 * MINUTE)
    await world.end_jobs()
    done = await backfill(world.book, "each", NOON - HOUR, NOON, concurrency=1)
    assert (done.enqueued, done.kept) == (1, 58)
    assert await due_times(world) == [NOON - MINUTE]


async def test_a_backfill_that_is_cancelled_makes_no_more_jobs(world: World) -> None:
    await world.put(cron("0 0 * * *"))
    done = await backfill(world.book, "each", **SPAN, concurrency=3)
    await run_one(world)
    found = await cancel_backfill(world.book, done.id or "", "the prices were wrong")
    assert (found.state, found.note, found.enqueued) == ("cancelled", "the prices were wrong", 3)
    assert found.jobs == {"running": 1, "cancelled": 2}
    assert not found.finished
    await world.end_jobs()
    await world.decide()
    assert len(await world.jobs_made()) == 3
    with pytest.raises(Conflict, match="is cancelled"):
        await cancel_backfill(world.book, done.id or "")


async def test_jobs_of_a_filled_backfill_are_cancelled_as_well(world: World) -> None:
    await world.put(cron("0 0 * * *"))
    done = await backfill(world.book, "each", **SPAN)
    found = await cancel_backfill(world.book, done.id or "")
    assert (found.state, found.jobs, found.finished) == ("cancelled", {"cancelled": 10}, True)
    again = await backfill(world.book, "each", **SPAN, redo=True)
    await world.end_jobs()
    with pytest.raises(Conflict, match="nothing of it waits"):
        await cancel_backfill(world.book, again.id or "")


async def run_one(world: World) -> None:
    await world.rows(
        "update horarium.jobs set state = 'running', worker = 1, attempt = 1, started_at = now()"
        " where id = (select min(id) from horarium.jobs)"
    )


async def test_whoever_began_it_may_die_and_the_schedulers_go_on(world: World) -> None:
    await world.put(every(60, anchor=LONG_AGO))
    begun = await begin(
        world.book, "each", Wanted(since=NOON - 20 * HOUR, until=NOON), "command line"
    )
    assert await world.unfinished() == []
    while (found := await progress(world.book, begun)).state == "filling":
        await world.decide()
    assert (found.state, found.due, found.enqueued) == ("filled", 1200, 1200)
    assert (found.origin, found.jobs) == ("command line", {"queued": 1200})


async def test_schedulers_at_once_fill_each_due_time_once(world: World) -> None:
    await world.put(every(60, anchor=LONG_AGO))
    begun = await begin(world.book, "each", Wanted(since=NOON - 50 * HOUR, until=NOON), "api")
    schedulers = [world.scheduler() for _ in range(3)]
    while (await progress(world.book, begun)).state == "filling":
        await asyncio.gather(*(each.step() for each in schedulers))
    made = await world.jobs_made()
    assert len(made) == len(set(made)) == 3000


async def test_it_goes_by_the_version_that_it_began_with(world: World) -> None:
    await world.put(cron("0 0 * * *"))
    done = await backfill(world.book, "each", **SPAN, concurrency=2)
    await world.put(cron("0 5 * * *"))
    await world.book.retire("each", "it is done otherwise")
    await run_all(world)
    assert {each.hour for each in await world.jobs_made()} == {0}
    assert (await progress(world.book, done.id or "")).enqueued == 10


async def test_one_that_cannot_go_on_is_set_aside_with_the_reason(world: World) -> None:
    await world.put(cron("0 0 * * *"), cron("0 0 * * *", "other"))
    broken = await begin(world.book, "each", Wanted(**SPAN), "api")
    whole = await begin(world.book, "other", Wanted(**SPAN), "api")
    await world.rows(
        "update horarium.schedule_versions set definition = '{}' where schedule = 'each'"
    )
    await world.decide()
    assert (await progress(world.book, broken)).state == "failed"
    assert "missing" in ((await progress(world.book, broken)).note or "")
    assert (await progress(world.book, whole)).state == "filled"


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        ({"concurrency": 0}, "concurrency"),
        ({"concurrency": 10_001}, "concurrency"),
        ({"priority": 40_000}, "priority"),
        ({"since": NOON - 400 * DAY}, "until"),
        ({"until": NOON + HOUR}, "until"),
        ({"since": NOON}, "until"),
    ],
)
async def test_what_cannot_be_done_is_refused(
    world: World, wanted: dict[str, Any], field: str
) -> None:
    await world.put(every(1, anchor=LONG_AGO))
    span = {**SPAN, "since": NOON - DAY, **wanted}
    for attempt in (
        begin(world.book, "each", Wanted(**span), "api"),
        foreseen(world.book, "each", Wanted(**span)),
    ):
        with pytest.raises(InvalidInput) as refused:
            await attempt
        assert refused.value.field == field
    assert await world.value("select count(*) from horarium.backfills") == 0


async def test_backfills_are_listed_newest_first(world: World) -> None:
    await world.put(cron("0 0 * * *"))
    ids = [(await backfill(world.book, "each", **SPAN)).id for _ in range(3)]
    assert [each.id for each in await backfills(world.book, "each", count=2)] == ids[:0:-1]
    for missing in (backfills(world.book, "nobody"), progress(world.book, "nobody")):
        with pytest.raises(NotFound):
            await missing
