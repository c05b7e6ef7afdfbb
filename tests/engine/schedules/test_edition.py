"""Many schedules put into the book as one, and the plan of it."""

import asyncio

import pytest
from schedule_examples import DAY, HOUR, NOON, cron, every
from schedule_world import World

from horarium.engine.schedules.edition import (
    Applied,
    ChangeKind,
    Edition,
    apply,
    planned,
    put_many,
    synchronise,
)
from horarium.engine.schedules.proving import prove
from horarium.engine.schedules.schedule import Schedule
from horarium.errors import Conflict, InvalidInput


def edition(*schedules: Schedule, prune: bool = True) -> Edition:
    return Edition(schedules=schedules, origin="command line", app="nightly.toml", prune=prune)


FIRST = edition(cron("0 1 * * *", "a"), cron("0 2 * * *", "b"), cron("0 3 * * *", "c"))
SECOND = edition(cron("0 1 * * *", "a"), cron("0 5 * * *", "b"), cron("0 4 * * *", "d"))


async def test_a_plan_says_what_is_added_changed_kept_and_removed(world: World) -> None:
    assert [each.change for each in await planned(world.book, FIRST)] == [ChangeKind.ADD] * 3
    assert await world.book.schedules() == []
    assert await apply(world.book, FIRST) == Applied(3, 0, 0, 0)
    plan = await planned(world.book, SECOND, span=2 * DAY)
    assert [(each.id, each.change.value, each.version) for each in plan] == [
        ("a", "keep", 1), ("b", "change", 1), ("c", "remove", 1), ("d", "add", None)
    ]  # fmt: skip
    changed = plan[1].plan
    assert changed is not None
    assert [each.hour for each in changed.appear] == [5, 5]
    assert [each.hour for each in changed.vanish] == [2, 2]


async def test_applying_does_what_the_plan_said(world: World) -> None:
    await apply(world.book, FIRST)
    assert await apply(world.book, SECOND) == Applied(1, 1, 1, 1)
    kept = {each.schedule.id: each for each in await world.book.schedules(retired=True)}
    assert {id: (each.state, each.version) for id, each in kept.items()} == {
        "a": ("active", 1), "b": ("active", 2), "c": ("retired", 1), "d": ("active", 1)
    }  # fmt: skip
    assert kept["c"].note == "it is no longer in nightly.toml"
    assert {each.origin for each in kept.values()} == {"command line"}
    assert await apply(world.book, SECOND) == Applied(0, 0, 3, 0)
    assert await apply(world.book, FIRST) == Applied(0, 2, 1, 1)  # c comes back


async def test_without_pruning_and_of_others_nothing_is_removed(world: World) -> None:
    await world.put(cron("0 1 * * *", "by api"))
    await synchronise(world.book, [cron("0 1 * * *", "by code")], "nightly.toml")
    await apply(world.book, FIRST)
    assert (await apply(world.book, edition(prune=False))).removed == 0
    assert (await apply(world.book, edition())).removed == 3
    assert [each.schedule.id for each in await world.book.schedules()] == ["by api", "by code"]


async def test_what_was_planned_against_another_version_is_refused(world: World) -> None:
    await apply(world.book, FIRST)
    expected = {each.id: each.version for each in await planned(world.book, SECOND)}
    await world.put(cron("0 23 * * *", "b"))
    with pytest.raises(Conflict, match="'b' has changed since it was planned: it is at version 2"):
        await apply(world.book, SECOND, expected)
    assert {each.version for each in await world.book.schedules()} == {1, 2}
    expected = {each.id: each.version for each in await planned(world.book, SECOND)}
    assert (await apply(world.book, SECOND, expected)).changed == 1


@pytest.mark.parametrize(
    ("schedules", "field"),
    [
        ([cron("0 1 * * *", "new"), cron("0 0 30 2 *", "bad")], "bad, day"),
        ([cron("0 1 * * *", "new"), cron("0 0 * * *", "bad", zone="Mars/Olympus")], "bad, zone"),
        ([cron("0 1 * * *", "new"), cron("0 0 * * *", "new")], "new"),
    ],
)
async def test_one_that_cannot_be_kept_refuses_them_all(
    world: World, schedules: list[Schedule], field: str
) -> None:
    for act in (planned, apply):
        with pytest.raises(InvalidInput) as refused:
            await act(world.book, edition(*schedules))
        assert refused.value.field.startswith(field)
    assert await world.book.schedules() == []
    with pytest.raises(InvalidInput):
        await apply(world.book, Edition(schedules=[], origin="api", prune=True))


async def test_thousands_are_put_as_if_one_by_one(world: World) -> None:
    many = [every(60 * (1 + n % 7), f"s{n:05}", jitter=HOUR / 60) for n in range(4500)]
    assert await put_many(world.book, many, "api") == (4500, 0)
    assert await put_many(world.book, many, "api") == (0, 0)
    await world.put(every(60, "alone", jitter=HOUR / 60))
    one, other = await world.book.show("alone"), await world.book.show("s00000")
    assert (one.state, one.version, one.decided_until, one.next_due_at) == (
        other.state, other.version, other.decided_until, other.next_due_at
    )  # fmt: skip
    changed = [every(3600, f"s{n:05}") for n in range(3)]
    assert await put_many(world.book, [*changed, *many[3:]], "api") == (0, 3)
    world.pass_time(minutes=5)
    await world.decide()
    found = [each async for each in prove(world.book, NOON - DAY, world.clock.now)]
    assert len(found) == 4501
    assert all(each.holds for each in found)


async def test_two_that_put_the_same_at_once_make_one_version(world: World) -> None:
    many = [cron("0 1 * * *", f"s{n}") for n in range(300)]
    await asyncio.gather(*(put_many(world.book, many, "api") for _ in range(3)))
    versions = await world.rows("select distinct version from horarium.schedules")
    assert [row["version"] for row in versions] == [1]
