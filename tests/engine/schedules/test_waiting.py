"""Firings that wait for an earlier job, and what cancels one."""

from schedule_examples import MINUTE, NOON, SECOND, every
from schedule_world import World

from horarium.engine.schedules.schedule import Overlap


async def test_a_waiting_firing_is_released_however_the_earlier_job_ends(world: World) -> None:
    await world.put(every(60, overlap=Overlap.BUFFER_ALL))
    for _ in range(4):
        await world.decide()
        world.pass_time(minutes=1)
    assert [outcome for outcome, _ in await world.outcomes()] == ["enqueued"] + ["buffered"] * 3

    for state in ("succeeded", "failed", "cancelled"):
        assert await world.decide() in (0, 1)
        assert len(await world.unfinished()) == 1
        await world.end_jobs(state)
    await world.decide()
    assert await world.jobs_made() == [NOON + number * MINUTE for number in range(4)]


async def test_a_rescued_job_still_holds_back_what_waits(world: World) -> None:
    await world.put(every(60, overlap=Overlap.BUFFER_ONE))
    await world.decide()
    world.pass_time(minutes=1)
    await world.decide()
    await world.rows(
        "insert into horarium.workers (name, host, pid, queues, slots, started_at, lease_until)"
        " values ('w', 'h', 1, '{}', 1, now(), now())"
    )
    await world.rows(
        "update horarium.jobs set state = 'running', attempt = 1, started_at = now(),"
        " worker = (select id from horarium.workers)"
    )
    assert await world.decide() == 0
    await world.rows("update horarium.jobs set state = 'queued', worker = null")
    assert await world.decide() == 0
    await world.end_jobs()
    assert await world.decide() == 1


async def test_a_slow_job_under_buffer_one_has_one_waiting_at_most(world: World) -> None:
    await world.put(every(5, overlap=Overlap.BUFFER_ONE))
    started = NOON
    for second in range(60):
        if await world.unfinished() and world.clock.now - started >= 10 * SECOND:
            await world.end_jobs()
        before = len(await world.unfinished())
        await world.decide()
        started = world.clock.now if len(await world.unfinished()) > before else started
        waiting = [outcome for outcome, _ in await world.outcomes()].count("buffered")
        assert waiting <= 1
        assert len(await world.unfinished()) == 1, second
        world.pass_time(seconds=1)


async def test_a_waiting_firing_runs_by_the_version_that_decided_it(world: World) -> None:
    await world.put(every(60, overlap=Overlap.BUFFER_ONE, task="before"))
    await world.decide()
    world.pass_time(minutes=1)
    await world.decide()
    await world.put(every(60, overlap=Overlap.SKIP, task="after"))
    await world.end_jobs()
    await world.decide()
    assert [job["task"] for job in await world.unfinished()] == ["before"]


async def test_what_waits_goes_on_waiting_in_a_pause_and_ends_with_retirement(
    world: World,
) -> None:
    await world.put(*(every(60, id, overlap=Overlap.BUFFER_ONE) for id in ("paused", "retired")))
    await world.decide()
    world.pass_time(minutes=1)
    await world.decide()
    await world.book.pause("paused", "for repairs")
    await world.book.retire("retired", "not needed")
    await world.end_jobs()
    assert await world.decide() == 0
    assert await world.outcomes("paused") == [("enqueued", 1), ("buffered", 1)]
    assert await world.outcomes("retired") == [("enqueued", 1), ("skipped", 1)]
    await world.book.resume("paused")
    await world.decide()
    assert await world.jobs_made("paused") == [NOON, NOON + MINUTE]


async def test_what_waits_and_cannot_be_run_is_dropped_with_the_reason(world: World) -> None:
    await world.put(*(every(60, id, overlap=Overlap.BUFFER_ONE) for id in ("bad", "good")))
    await world.decide()
    world.pass_time(minutes=1)
    await world.decide()
    await world.rows(
        "update horarium.schedule_versions set definition = definition || '{\"priority\": 1e9}'"
        " where schedule = 'bad'"
    )
    await world.end_jobs()
    await world.decide()
    assert await world.outcomes("good") == [("enqueued", 1), ("enqueued", 1)]
    assert (await world.firings("bad"))[-1].outcome == "skipped"
    assert "priority" in (await world.firings("bad"))[-1].reason


async def test_cancel_other_ends_the_earlier_job_and_asks_a_running_one(world: World) -> None:
    await world.put(every(60, overlap=Overlap.CANCEL_OTHER))
    await world.decide()
    world.pass_time(minutes=1)
    await world.decide()
    (job,) = await world.unfinished()
    assert job["fired_for"] == NOON + MINUTE
    await world.rows(
        "update horarium.jobs set state = 'running', worker = 1, attempt = 1, started_at = now()"
    )
    world.pass_time(minutes=1)
    await world.decide()
    asked, new = await world.unfinished()
    assert (asked["cancelling"], new["cancelling"]) == (True, False)
