"""Finding schedules and firings, and the account of one due time."""

import pytest
from schedule_examples import DAY, HOUR, MINUTE, NOON, SECOND, at, cron, every
from schedule_world import World

from horarium.engine.schedules.account import account
from horarium.engine.schedules.catalogue import Which, find, firings
from horarium.engine.schedules.firing import Outcome
from horarium.engine.schedules.schedule import CatchUp, Overlap
from horarium.errors import NotFound


async def found(world: World, **which: object) -> list[str]:
    return [each.schedule.id for each in (await find(world.book, Which(**which))).items]


async def test_schedules_are_found_by_each_filter(world: World) -> None:
    await world.put(cron("0 3 * * *", "later"), every(60, "soon", task="mail:send"))
    await world.put(
        at(NOON - 2 * DAY, "over"), cron("0 1 * * *", "gone"), cron("0 1 * * *", "held")
    )
    await world.book.put(cron("0 2 * * *", "shop/50%_off?"), "code", "app")
    await world.book.retire("gone", "enough")
    await world.book.pause("held", "enough")
    await world.decide()
    assert await found(world) == ["soon", "shop/50%_off?", "later", "held", "over"]
    assert "gone" in await found(world, retired=True)
    assert await found(world, state="retired") == ["gone"]
    assert await found(world, state="paused") == ["held"]
    assert await found(world, task="mail:send") == ["soon"]
    assert await found(world, origin="code") == ["shop/50%_off?"]
    assert await found(world, text="%_") == ["shop/50%_off?"]
    assert await found(world, text="nothing") == []
    page = await find(world.book, Which(), page=2, count=2)
    assert ([each.schedule.id for each in page.items], page.total) == (["later", "held"], 5)


async def test_firings_are_gone_through_page_by_page(world: World) -> None:
    await world.put(every(60, catch_up=CatchUp.ALL, overlap=Overlap.ALLOW), every(60, "other"))
    world.pass_time(minutes=9)
    await world.decide()
    dues, before = [], None
    while page := await firings(world.book, "each", before=before, count=4):
        dues += [each.due_at for each in page]
        before = page[-1].due_at
    assert dues == [NOON + n * MINUTE for n in reversed(range(10))]
    assert len(await firings(world.book, "each", since=NOON + 5 * MINUTE)) == 5
    assert await firings(world.book, "each", outcome=Outcome.MISSED) == []
    with pytest.raises(NotFound):
        await firings(world.book, "nobody")


async def why(world: World, instant: object) -> list[str]:
    return [each.why for each in (await account(world.book, "each", instant)).reasons]


async def test_each_due_time_has_its_account(world: World) -> None:
    await world.put(every(60, overlap=Overlap.BUFFER_ONE, catch_up=CatchUp.NONE))
    await world.decide()
    world.pass_time(minutes=1)
    await world.decide()
    await world.book.pause("each", "stocktaking")
    world.pass_time(minutes=10, seconds=30)
    await world.book.resume("each")
    ran = await account(world.book, "each", NOON)
    assert (ran.due, ran.version, [each.why for each in ran.reasons]) == (
        True, 1, ["it was enqueued: due"]
    )  # fmt: skip
    assert ran.job is not None
    assert ran.job.findings
    assert (await why(world, NOON + MINUTE))[0].startswith("it was buffered: waits")
    row = f"it was skipped, as one of 10 from {NOON + 2 * MINUTE:%Y-%m-%d %H:%M:%S} UTC: "
    assert (await why(world, NOON + 4 * MINUTE))[0] == row + "paused: stocktaking"
    assert (await why(world, NOON + 4 * MINUTE + SECOND))[0].startswith("it was not due; the next")
    coming = await why(world, NOON + 12 * MINUTE)
    assert coming[0] == "it has not been decided yet"
    assert coming[1].startswith("it is not due until")
    assert "was not there yet" in (await why(world, NOON - HOUR))[0]
    await world.rows("delete from horarium.firings where due_at = $1", NOON)
    assert (await why(world, NOON))[0] == "it was due, and no record of it is kept"
    with pytest.raises(NotFound):
        await account(world.book, "nobody", NOON)
