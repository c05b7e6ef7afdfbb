"""A scheduler that dies at any statement of a step leaves its firings undone, or done once."""

import asyncio
import sys
from pathlib import Path

import pytest
from dying import Crash, DyingDatabase, Fuse
from schedule_examples import MINUTE, NOON, SECOND, cron, every
from schedule_world import World

from horarium.engine.jobs.ledger import Ledger
from horarium.engine.schedules.schedule import CatchUp, Overlap
from horarium.engine.schedules.scheduler import Scheduler

MOST_STATEMENTS = 40
START = NOON - SECOND


async def begin(world: World) -> None:
    """Something of each kind is due: a call, a catch-up, a cancellation, what waits, a bad one."""
    await world.rows("delete from horarium.jobs")
    for table in ("job_history", "firings", "schedules", "schedule_versions"):
        await world.rows(f"delete from horarium.{table}")
    world.clock.set(START)
    await world.put(
        cron("* * * * *", "plain"),
        every(60, "all", catch_up=CatchUp.ALL, overlap=Overlap.ALLOW),
        every(60, "latest"),
        every(60, "cancelling", overlap=Overlap.CANCEL_OTHER),
        every(60, "waiting", overlap=Overlap.BUFFER_ONE, ends_at=NOON + MINUTE),
        cron("* * * * *", "bad"),
    )
    world.clock.set(NOON)
    await world.decide()
    world.clock.set(NOON + MINUTE)
    await world.decide()
    await world.end_jobs(schedule="waiting")
    await world.rows(
        "update horarium.schedules set definition ="
        " jsonb_set(definition, '{timetable,zone}', '\"Mars/Olympus\"') where id = 'bad'"
    )
    world.clock.set(NOON + 5 * MINUTE + 30 * SECOND)


async def check(world: World) -> None:
    """Whoever comes next finishes it, and every due time has one outcome and at most one job."""
    # The server may not have noticed yet that a killed process has gone, with its locks.
    while await world.value(
        "select count(*) from pg_stat_activity where application_name = 'dying'"
        " and datname = current_database()"
    ):
        await asyncio.sleep(0.005)
    await world.decide()

    firings = await world.firings()
    made = await world.rows(
        "select schedule, fired_for from horarium.jobs"
        " union all select schedule, fired_for from horarium.job_history"
    )
    jobs = [(row["schedule"], row["fired_for"]) for row in made]
    enqueued = [(each.schedule, each.due_at) for each in firings if each.outcome == "enqueued"]
    assert sorted(jobs) == sorted(enqueued)
    accounted = {
        id: sum(each.count for each in firings if each.schedule == id)
        for id in ("plain", "all", "latest", "cancelling", "waiting")
    }
    assert accounted == {
        "plain": 6, "all": 6, "latest": 6, "cancelling": 6, "waiting": 2
    }  # fmt: skip
    assert len([id for id, _ in jobs if id == "all"]) == 6
    assert len([id for id, _ in jobs if id == "waiting"]) == 2
    assert (await world.book.show("bad")).state == "parked"


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
async def test_an_exception_at_any_statement(world: World, after: bool) -> None:
    url, crashed = await world.database.url(), True
    number = 0
    while crashed:
        number += 1
        await begin(world)
        fuse = Fuse(number, after=after)
        scheduler = Scheduler(Ledger(DyingDatabase(url, fuse), world.clock))
        try:
            await scheduler.step()
            crashed = False
        except Crash:
            pass
        await scheduler._link.close()
        await check(world)
    assert 15 < number < MOST_STATEMENTS


@pytest.mark.parametrize("when", ["before", "after"])
async def test_kill_9_at_any_statement(world: World, when: str) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(Path(__file__).with_name("dying_steps.py")), await world.database.url(),
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdin is not None
    assert process.stdout is not None
    became, number = b"killed\n", 0
    while became == b"killed\n":
        number += 1
        await begin(world)
        process.stdin.write(f"{world.clock.now.isoformat()} {number} {when}\n".encode())
        became = await process.stdout.readline()
        await check(world)
    assert became == b"ended\n"
    assert 15 < number < MOST_STATEMENTS
    process.stdin.close()
    assert await process.wait() == 0
