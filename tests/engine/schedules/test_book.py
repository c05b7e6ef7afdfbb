"""Schedules put, edited, paused, retired, and synchronised with the code."""

import asyncio
from datetime import UTC, datetime

import msgspec
import pytest
from schedule_examples import DAY, HOUR, MINUTE, NOON, SECOND, at, cron, every
from schedule_world import World

from horarium.engine.schedules import step as steps
from horarium.engine.schedules.catalogue import acts
from horarium.engine.schedules.edition import synchronise
from horarium.engine.schedules.schedule import CatchUp, Overlap, Schedule
from horarium.engine.schedules.timetable import compiled
from horarium.errors import InvalidInput, NotFound

# Pausing, retiring


async def test_a_months_pause_of_an_every_second_schedule_is_one_record(world: World) -> None:
    await world.put(every(1, overlap=Overlap.ALLOW))
    await world.decide()
    await world.book.pause("each", "for repairs")
    world.pass_time(days=15)
    assert await world.decide() == 0
    await world.book.pause("each", "still")
    world.pass_time(days=15)
    await world.book.resume("each")

    first, pause = await world.firings()
    assert (first.outcome, first.count) == ("enqueued", 1)
    assert (pause.outcome, pause.count) == ("skipped", 30 * 86_400)
    assert pause.reason == "paused: still"
    assert pause.due_until == NOON + 30 * DAY
    world.pass_time(seconds=1)
    await world.decide()
    assert (await world.firings())[-1].due_at == NOON + 30 * DAY + SECOND


async def test_pausing_decides_first_what_was_due_already(world: World) -> None:
    await world.put(every(1, catch_up=CatchUp.ALL, overlap=Overlap.ALLOW))
    world.pass_time(seconds=1500)
    await world.book.pause("each", "late")
    assert len(await world.jobs_made()) == 1501
    assert (await world.book.show("each")).decided_until == NOON + 1500 * SECOND


async def test_a_pause_before_the_jitter_has_passed_runs_nothing(world: World) -> None:
    await world.put(every(86_400, jitter=HOUR))
    world.pass_time(seconds=1)
    await world.book.pause("each", "for repairs")
    assert await world.outcomes() == [("skipped", 1)]
    world.pass_time(hours=2)
    await world.book.resume("each")
    await world.decide()
    assert await world.outcomes() == [("skipped", 1)]


async def test_resuming_what_runs_changes_nothing(world: World) -> None:
    await world.put(cron("0 * * * *"))
    before = await world.book.show("each")
    await world.book.resume("each")
    assert await world.book.show("each") == before


async def test_a_retired_schedule_fires_no_more_and_may_return(world: World) -> None:
    await world.put(cron("0 * * * *"))
    world.pass_time(hours=1)
    await world.book.retire("each", "not needed")
    assert await world.outcomes() == [("enqueued", 1)]  # it was due before
    world.pass_time(hours=5)
    assert await world.decide() == 0
    with pytest.raises(NotFound):
        await world.book.retire("each", "again")

    assert await world.book.put(cron("0 * * * *"), "api") == 2
    await world.end_jobs()
    world.pass_time(hours=1)
    await world.decide()
    made = await world.jobs_made()
    assert made == [NOON + HOUR, NOON + 7 * HOUR]


async def test_an_edit_during_a_pause_keeps_the_pause_and_loses_nothing(world: World) -> None:
    await world.put(every(60))
    await world.decide()
    await world.book.pause("each", "for repairs")
    world.pass_time(minutes=10)
    await world.put(every(600))
    world.pass_time(minutes=60)
    await world.book.resume("each")
    assert (await world.book.show("each")).state == "active"
    assert await world.outcomes() == [("enqueued", 1), ("skipped", 10), ("skipped", 6)]


# Editing


async def test_due_times_that_are_pending_are_decided_by_the_version_they_belong_to(
    world: World,
) -> None:
    await world.put(every(60, catch_up=CatchUp.ALL, overlap=Overlap.ALLOW))
    world.pass_time(minutes=30, seconds=30)
    await world.put(every(3600, catch_up=CatchUp.NONE))

    firings = await world.firings()
    assert [each.due_at for each in firings] == [NOON + n * MINUTE for n in range(31)]
    assert {(each.version, each.outcome) for each in firings} == {(1, "enqueued")}
    kept = await world.book.show("each")
    assert (kept.version, kept.next_due_at) == (2, NOON + HOUR)


async def test_an_edit_loses_no_due_time_though_thousands_are_pending(world: World) -> None:
    await world.put(every(1, catch_up=CatchUp.ALL, overlap=Overlap.ALLOW))
    world.pass_time(seconds=2500)
    await world.put(every(3600))
    assert len(await world.jobs_made()) == 2501


async def test_an_edit_loses_no_due_time_though_a_thousand_others_were_due_before(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(steps, "MOST_SCHEDULES", 3)
    await world.put(*(cron("0 13 * * *", f"a{number}") for number in range(4)))
    await world.put(cron("30 13 * * *", "edited"))
    world.pass_time(hours=2)
    await world.put(cron("0 3 * * *", "edited"))
    assert await world.jobs_made("edited") == [NOON + HOUR + 30 * MINUTE]


async def test_an_edit_before_the_jitter_has_passed_runs_the_due_time_at_its_moment(
    world: World,
) -> None:
    before = every(86_400, jitter=HOUR)
    await world.put(before)
    fires_at = compiled(before.timetable).fires_at(NOON)
    world.pass_time(seconds=1)
    await world.put(every(86_400, anchor=NOON + HOUR))
    (job,) = await world.unfinished()
    assert (job["fired_for"], job["due_at"], job["state"]) == (NOON, fires_at, "scheduled")


async def test_an_edit_while_its_job_runs_still_counts_that_job(world: World) -> None:
    await world.put(every(60, overlap=Overlap.BUFFER_ONE))
    await world.decide()
    await world.put(every(30, overlap=Overlap.BUFFER_ONE))
    world.pass_time(seconds=30)
    await world.decide()
    assert await world.outcomes() == [("enqueued", 1), ("buffered", 1)]


async def test_the_same_definition_again_makes_no_version(world: World) -> None:
    schedule = cron(
        "0 9 * * *",
        arguments=msgspec.Raw(b'{"args":[1,"two"],"kwargs":{"a":{"b":[1.5,null]}}}'),
        labels=msgspec.Raw(b'{"timeout":5}'),
        jitter=MINUTE,
        starts_at=NOON,
    )
    open_interval = every(60, "interval", anchor=None)
    for _ in range(3):
        assert await world.book.put(schedule, "code", "app") == 1
        assert await world.book.put(open_interval, "code", "app") == 1
        world.pass_time(seconds=77)


async def test_an_interval_keeps_its_anchor_over_an_edit_of_something_else(world: World) -> None:
    def declared(seconds: int, task: str) -> Schedule:
        return every(seconds, task=task, anchor=None)

    world.pass_time(seconds=0.25)
    await world.book.put(declared(60, "one"), "code", "app")
    assert await world.decide() == 1  # at once, as with TaskIQ
    world.pass_time(seconds=37)
    await world.book.put(declared(60, "two"), "code", "app")
    kept = await world.book.show("each")
    assert (kept.version, kept.next_due_at) == (2, NOON + MINUTE)
    world.pass_time(seconds=3)
    await world.book.put(declared(90, "two"), "code", "app")
    kept = await world.book.show("each")
    assert kept.next_due_at == NOON + 40 * SECOND + 90 * SECOND


# One instant


async def test_an_instant_in_the_past_is_run_once_at_once(world: World) -> None:
    await world.put(at(NOON - HOUR))
    await world.decide()
    assert await world.jobs_made() == [NOON - HOUR]
    assert (await world.book.show("each")).state == "ended"
    await world.book.retire("each", "done")
    await world.put(at(NOON - HOUR))
    await world.decide()
    assert await world.jobs_made() == [NOON - HOUR]


async def test_an_instant_before_the_window_is_missed(world: World) -> None:
    await world.put(at(NOON - 2 * DAY))
    await world.decide()
    assert await world.outcomes() == [("missed", 1)]


async def test_a_due_time_centuries_away_waits(world: World) -> None:
    await world.put(at(datetime(2900, 1, 1, tzinfo=UTC)), cron("0 * * * *", "other"))
    world.pass_time(hours=1)
    assert await world.decide() == 1
    assert (await world.book.show("each")).state == "active"


# The code's schedules


async def test_synchronising_adds_changes_and_retires_only_what_is_the_apps(world: World) -> None:
    book = world.book
    await book.put(cron("0 1 * * *", "by api"), "api")
    await book.put(cron("0 1 * * *", "of other"), "code", "other")
    await synchronise(book, [cron("0 1 * * *", "a"), cron("0 2 * * *", "b")], "app")
    await synchronise(book, [cron("0 3 * * *", "b"), cron("0 4 * * *", "c")], "app")

    states = {each.schedule.id: each.state for each in await book.schedules(retired=True)}
    assert states == {
        "a": "retired", "b": "active", "c": "active", "by api": "active", "of other": "active"
    }  # fmt: skip
    assert (await book.show("b")).version == 2
    await synchronise(book, [cron("0 1 * * *", "a")], "app")
    back = await book.show("a")
    assert (back.state, back.version, back.note) == ("active", 2, None)


async def test_what_was_made_through_the_api_is_never_retired_by_the_code(world: World) -> None:
    book = world.book
    await book.put(cron("0 1 * * *", "shared"), "api")
    await synchronise(book, [cron("0 2 * * *", "shared")], "app")
    await synchronise(book, [], "app")
    kept = await book.show("shared")
    assert (kept.origin, kept.state) == ("api", "active")


async def test_what_the_code_made_and_the_api_edited_is_still_the_codes(world: World) -> None:
    book = world.book
    await synchronise(book, [cron("0 2 * * *", "shared")], "app")
    await book.put(cron("0 5 * * *", "shared"), "api")
    assert (await book.show("shared")).origin == "code"
    origins = await world.rows("select origin from horarium.schedule_versions order by version")
    assert [row["origin"] for row in origins] == ["code", "api"]
    await synchronise(book, [], "app")
    assert (await book.show("shared")).state == "retired"


async def test_two_that_synchronise_at_once_make_one_version(world: World) -> None:
    one = [cron("0 1 * * *", f"s{number}") for number in range(20)]
    await asyncio.gather(
        *(synchronise(world.book, one[::order], "app") for order in (1, -1, 1, -1, 1))
    )
    versions = await world.rows("select version from horarium.schedules")
    assert [row["version"] for row in versions] == [1] * 20


async def test_two_puts_of_a_new_schedule_at_once_are_one_version(world: World) -> None:
    put = world.book.put
    assert await asyncio.gather(*(put(cron("0 1 * * *"), "api") for _ in range(5))) == [1] * 5


# Edits of one instant, and what was done by hand


async def test_an_edit_to_an_instant_that_has_passed_is_refused(world: World) -> None:
    await world.put(at(NOON + HOUR))
    with pytest.raises(InvalidInput, match="has passed"):
        await world.put(at(NOON - MINUTE))
    assert (await world.book.show("each")).version == 1
    await world.put(at(NOON + 2 * HOUR))
    world.pass_time(hours=3)
    await world.decide()
    await world.put(at(NOON + 2 * HOUR, priority=3))  # the same instant, which has had its firing
    assert await world.jobs_made() == [NOON + 2 * HOUR]
    assert (await world.book.show("each")).state == "ended"
    await world.book.put(at(NOON, priority=3), "code", "app")
    assert (await world.book.show("each")).state == "ended"
    await world.put(at(NOON + DAY))
    assert (await world.book.show("each")).state == "active"


async def test_what_was_done_by_hand_is_noted_with_who_and_why(world: World) -> None:
    book = world.book
    await world.put(cron("0 * * * *"))
    await book.pause("each", "stocktaking", "command line")
    await book.resume("each", "it is done")
    await book.resume("each", "once more changes nothing")
    job = await book.trigger("each", "the numbers are wanted now")
    await book.retire("each", "no longer wanted", "command line")
    noted = [(each.act, each.note, each.origin, each.job) for each in await acts(book, "each")]
    assert noted == [
        ("retire", "no longer wanted", "command line", None),
        ("trigger", "the numbers are wanted now", "api", job),
        ("resume", "it is done", "api", None),
        ("pause", "stocktaking", "command line", None),
    ]
    assert len(await acts(book, "each", page=2, count=3)) == 1
    with pytest.raises(NotFound):
        await acts(book, "nobody")
