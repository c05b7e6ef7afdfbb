"""A simulated year: whatever happens, every due time is accounted for, once.

`HORARIUM_SEEDS` names the years to live, `HORARIUM_YEAR` how many schedules and moves they have:
`300x500`. `python3 run.py soak` lives new ones for as long as it is told.
"""

import os
import sys

import pytest
from schedule_world import World
from simulated_year import Year

from horarium.engine.schedules.schedule import Overlap

SEEDS = [int(seed) for seed in os.environ.get("HORARIUM_SEEDS", "0").split(",")]
SIZES = os.environ.get("HORARIUM_YEAR", "120x40,8x80").split(",")
SHOWN = 40
"""Acts that are told of a year that fails."""
HERE = "tests/engine/schedules/test_simulated_year.py"


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("size", SIZES)
async def test_every_due_time_of_a_year_is_accounted_for(
    world: World, size: str, seed: int
) -> None:
    schedules, moves = map(int, size.split("x"))
    year = Year(world, seed, schedules, moves)
    try:
        await year.live()
        found = await year.proofs()
        assert all(each.holds for each in found), [each for each in found if not each.holds]
        assert sum(each.expected for each in found) > 100
        await assert_nothing_doubled(world)
        await assert_queues_stay_short(year)
        await assert_firings_and_jobs_agree(world)
    except BaseException as error:
        error.add_note(
            f"Lived again by: HORARIUM_SEEDS={seed} HORARIUM_YEAR={size} python3 run.py test "
            f"{HERE} -x\n" + "\n".join(year.diary[-SHOWN:])
        )
        raise
    expected = sum(each.expected for each in found)
    sys.stdout.write(f"{expected:,} due times: {dict(sorted(year.done.items()))}\n")


async def assert_nothing_doubled(world: World) -> None:
    """Counted in the tables, without the proof's help: one job to a due time, but for a redo."""
    doubled = await world.rows(
        "with made as (select schedule, fired_for, id from horarium.jobs union all"
        " select schedule, fired_for, id from horarium.job_history)"
        " select schedule, fired_for, count(*) from made join horarium.firings f using (schedule)"
        " where f.due_at = made.fired_for and f.reason <> 'backfill'"
        " group by schedule, fired_for having count(*) > 1"
    )
    assert not doubled


async def assert_firings_and_jobs_agree(world: World) -> None:
    """Every firing that says so has its job, and every job of a due time its firing."""
    lost = await world.value(
        "select count(*) from horarium.firings f where outcome = 'enqueued' and not exists"
        " (select from horarium.jobs j where j.id = f.job) and not exists"
        " (select from horarium.job_history j where j.id = f.job)"
    )
    strange = await world.value(
        "select count(*) from (select schedule, fired_for from horarium.jobs union all"
        " select schedule, fired_for from horarium.job_history) j"
        " where fired_for is not null and not exists (select from horarium.firings f"
        " where f.schedule = j.schedule and f.due_at = j.fired_for and f.outcome = 'enqueued')"
    )
    assert (lost, strange) == (0, 0)


async def assert_queues_stay_short(year: Year) -> None:
    """Of schedules that nobody has edited, triggered or backfilled."""
    jobs = await counted(year.world, "select schedule, count(*) from horarium.jobs group by 1")
    waiting = await counted(
        year.world,
        "select schedule, count(*) from horarium.firings where outcome = 'buffered' group by 1",
    )
    for id, overlap in year.untouched.items():
        if overlap is not Overlap.ALLOW:
            assert jobs.get(id, 0) <= 1, (id, overlap)
        most = {Overlap.BUFFER_ONE: 1, Overlap.BUFFER_ALL: 10**9}.get(overlap, 0)
        assert waiting.get(id, 0) <= most, (id, overlap)


async def counted(world: World, query: str) -> dict[str, int]:
    return {row[0]: row[1] for row in await world.rows(query)}
