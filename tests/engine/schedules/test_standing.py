"""The hourly round: the standing proof and its alarm, retention, and zone data that changes."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

import pytest
from schedule_examples import DAY, HOUR, MINUTE, NOON, at, cron, every
from schedule_world import World

from horarium.database import Database
from horarium.engine.jobs.ledger import Ledger
from horarium.engine.schedules import standing as standing_proof
from horarium.engine.schedules.backfill import backfill
from horarium.engine.schedules.backfill_progress import progress
from horarium.engine.schedules.book import Book
from horarium.engine.schedules.catalogue import acts
from horarium.engine.schedules.edition import put_many
from horarium.engine.schedules.forgetting import forget_firings
from horarium.engine.schedules.proof import Proof
from horarium.engine.schedules.proving import prove
from horarium.engine.schedules.rounds import Rounds
from horarium.engine.schedules.schedule import CatchUp, Overlap
from horarium.engine.schedules.standing import accept, prove_decided, standing
from horarium.engine.schedules.timetable import zone_data_version
from horarium.engine.schedules.zone_data import settle_zone_data
from horarium.errors import NotFound
from horarium.events import Events, ProofFailed

RUNS = {"overlap": Overlap.ALLOW, "catch_up": CatchUp.ALL, "catch_up_window": 4e6}


async def watermarks(world: World) -> dict[str, datetime]:
    rows = await world.rows("select schedule, proved_until from horarium.schedule_proofs")
    return {row["schedule"]: row["proved_until"] for row in rows}


async def test_what_was_decided_is_proved_once(world: World) -> None:
    await world.put(every(600, "busy", **RUNS), cron("0 0 1 1 *", "yearly"))
    world.pass_time(hours=1)
    await world.decide()
    assert await prove_decided(world.book) == []
    assert await watermarks(world) == {"busy": world.clock.now}
    assert await standing(world.book) == standing_proof.Standing(
        proved_at=world.clock.now, schedules=0, unexplained=0, doubled=0, wrong=[]
    )
    # What was proved is not read again: only what has been decided since.
    await world.rows("delete from horarium.firings where due_at = $1", NOON + 10 * MINUTE)
    world.pass_time(hours=1)
    await world.decide()
    assert await prove_decided(world.book) == []


async def test_a_long_transaction_of_puts_leaves_nothing_to_prove(database_url: str) -> None:
    """They are as old as what is decided of them, however long ago their transaction began."""
    database = Database(database_url)
    book = Book(Ledger(database))
    async with database.transaction() as connection:
        await connection.execute("select pg_sleep(1.1)")  # a proof forgives a second
        await put_many(book, [cron("0 0 1 1 *", "many"), at(NOON + 9999 * DAY, "once")], "api")
        await book.put(cron("0 0 1 1 *", "single"), "api")
    assert await prove_decided(book) == []
    async with database.connection() as connection:
        assert await connection.fetchval("select count(*) from horarium.schedule_proofs") == 0
    await database.close()


async def test_what_is_missing_alarms_until_it_is_mended(world: World) -> None:
    await world.put(every(600, **RUNS), every(600, "whole", **RUNS))
    world.pass_time(hours=1)
    await world.decide()
    gone = NOON + 20 * MINUTE
    await world.rows("delete from horarium.firings where due_at = $1 and schedule = 'each'", gone)
    await world.rows("delete from horarium.jobs where fired_for = $1 and schedule = 'each'", gone)
    (proof,) = await prove_decided(world.book)
    assert (proof.schedule, proof.unexplained) == ("each", 1)
    for _ in range(2):
        found = await standing(world.book)
        assert (found.holds, found.schedules, found.unexplained, found.doubled) == (False, 1, 1, 0)
        assert found.wrong[0].details == ["2026-03-02 12:20:00 UTC was due, and has no outcome"]
        world.pass_time(hours=1)
        await world.decide()
        assert len(await prove_decided(world.book)) == 1
    await backfill(world.book, "each", gone - MINUTE, gone)
    assert await prove_decided(world.book) == []
    assert (await standing(world.book)).holds


async def test_what_cannot_be_mended_is_accepted_with_a_note(world: World) -> None:
    await world.put(every(600, **RUNS))
    world.pass_time(hours=1)
    await world.decide()
    await world.rows(
        "insert into horarium.job_history (id, task, queue, priority, state, due_at, enqueued_at,"
        " attempt, finished_at, schedule, fired_for, arguments)"
        " values ('copy', 't', 'q', 0, 'succeeded', $1, $1, 1, $1::timestamptz + interval '1 s',"
        " 'each', $1, '{}')",
        NOON,
    )
    (proof,) = await prove_decided(world.book)
    assert (proof.unexplained, proof.doubled) == (0, 1)
    await accept(world.book, "each", "restored from a backup", "command line")
    assert (await standing(world.book)).holds
    assert await prove_decided(world.book) == []
    (act,) = await acts(world.book, "each")
    assert (act.act, act.note) == ("accept", "restored from a backup")
    with pytest.raises(NotFound):
        await accept(world.book, "each", "again", "api")


async def test_a_job_that_was_run_again_is_not_doubled(world: World) -> None:
    await world.put(every(600, **RUNS))
    await world.decide()
    await world.end_jobs("failed")
    (job,) = await world.rows("select id from horarium.job_history")
    await world.ledger.run_again(job["id"])
    assert await prove_decided(world.book) == []


async def test_a_long_time_is_proved_in_parts(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(standing_proof, "_MOST_FIRINGS", 7)
    await world.put(every(60, **RUNS), every(3600, "slow", **RUNS))
    world.pass_time(hours=2)
    await world.decide()
    await world.rows("delete from horarium.firings where due_at = $1", NOON + 90 * MINUTE)
    (proof,) = await prove_decided(world.book)
    assert (proof.schedule, proof.unexplained) == ("each", 1)
    until = (await world.book.show("each")).decided_until
    assert (await watermarks(world))["each"] == until


async def test_a_pause_and_its_end_are_proved_when_decided(world: World) -> None:
    await world.put(every(1, **RUNS))
    await world.book.pause("each", "for repairs")
    for _ in range(3):
        world.pass_time(days=10)
        assert await prove_decided(world.book) == []
    await world.book.resume("each")
    assert await prove_decided(world.book) == []
    assert (await watermarks(world))["each"] == NOON + 30 * DAY


class Told:
    def __init__(self, world: World, keep: timedelta = 400 * DAY) -> None:
        self.events: list[Any] = []
        events = Events()
        events.subscribe(self.events.append)
        self.rounds = Rounds(world.book, events, keep)


async def test_one_of_all_schedulers_makes_the_hourly_round(world: World) -> None:
    schedulers = [Told(world) for _ in range(4)]
    for _ in range(3):
        made = await asyncio.gather(*(each.rounds.once() for each in schedulers))
        assert sorted(made) == [False, False, False, True]
        world.pass_time(minutes=59)
        assert not any([await each.rounds.once() for each in schedulers])
        world.pass_time(minutes=1)


async def test_a_round_alerts(world: World) -> None:
    told = Told(world)
    await world.put(every(600, **RUNS))
    await world.decide()
    await world.rows("delete from horarium.firings")
    assert await told.rounds.once()
    (event,) = told.events
    assert isinstance(event, ProofFailed)
    assert (event.schedule, event.unexplained, event.doubled) == ("each", 1, 0)


# Retention


async def whole(world: World, start: datetime) -> list[Proof]:
    return [each async for each in prove(world.book, start, world.clock.now)]


async def test_firings_are_kept_for_their_own_time(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("horarium.engine.schedules.forgetting.MOST_FORGOTTEN", 3)
    await world.put(cron("0 0 * * *", **RUNS), every(60, "paused", **RUNS))
    await world.book.pause("paused", "for repairs")
    world.pass_time(days=30)
    await world.decide()
    await world.book.resume("paused")
    await world.rows("update horarium.firings set decided_at = due_at")
    assert await forget_firings(world.book, 10 * DAY)
    dues = [each.due_at for each in await world.firings("each")]
    assert len(dues) == 10
    assert min(dues) > world.clock.now - 10 * DAY
    (row,) = await world.firings("paused")
    assert row.due_at == NOON + MINUTE  # its end is kept
    for proof in await whole(world, NOON - DAY):
        assert proof.holds, proof
        assert proof.expected in (10, 10 * 1440)
    assert await prove_decided(world.book) == []


async def test_what_waits_and_what_was_backfilled_lately_is_kept(world: World) -> None:
    await world.put(every(3600, overlap=Overlap.BUFFER_ALL, anchor=NOON - 900 * DAY))
    for _ in range(2):
        world.pass_time(hours=1)
        await world.decide()
    old = await backfill(world.book, "each", NOON - 700 * DAY, NOON - 699 * DAY)
    world.pass_time(days=500)
    await backfill(world.book, "each", NOON - 800 * DAY, NOON - 799 * DAY)
    assert await forget_firings(world.book, 400 * DAY)
    left = await world.outcomes()
    assert left == [*[("enqueued", 1)] * 24, ("buffered", 1)]
    assert await world.value("select count(*) from horarium.backfills") == 1
    assert await world.value("select count(*) from horarium.backfill_jobs") == 24
    with pytest.raises(NotFound):
        await progress(world.book, old.id or "")


async def test_forgetting_stops_in_time_and_goes_on(world: World) -> None:
    await world.put(every(60, **RUNS))
    world.pass_time(hours=1)
    await world.decide()
    world.pass_time(days=500)
    await world.rows("update horarium.firings set decided_at = due_at")
    assert not await forget_firings(world.book, 400 * DAY, seconds=-1)
    assert len(await world.firings()) == 61
    assert await forget_firings(world.book, 400 * DAY)
    assert await world.firings() == []


# Zone data


async def test_zone_data_that_changed_moves_the_next_due_times(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("horarium.engine.schedules.zone_data._AT_ONCE", 2)
    zoned = [cron("0 9 * * *", f"z{n}", zone="Europe/Berlin") for n in range(5)]
    await world.put(*zoned, cron("0 9 * * *", "utc"), cron("0 9 * * *", "held", zone="Asia/Tokyo"))
    await world.book.pause("held", "for repairs")
    assert await settle_zone_data(world.book, "2024a") == 0
    # As former zone data may have had it: an hour later than it is.
    await world.rows(
        "update horarium.schedules set next_due_at = next_due_at + interval '1 hour',"
        " next_fire_at = next_fire_at + interval '1 hour' where id like 'z%'"
    )
    assert await settle_zone_data(world.book, "2024a") == 0
    assert await settle_zone_data(world.book, "2025a") == 5
    assert await settle_zone_data(world.book, "2025a") == 0
    right = NOON + DAY - 4 * HOUR
    for n in range(5):
        assert (await world.book.show(f"z{n}")).next_due_at == right
    world.pass_time(days=1)
    await world.decide()
    assert (await world.firings("z0"))[-1].due_at == right
    assert all(each.holds for each in await whole(world, NOON - DAY))


async def test_older_zone_data_leaves_everything_as_it_is(world: World) -> None:
    await world.put(cron("0 9 * * *", zone="Europe/Berlin"))
    assert await settle_zone_data(world.book, "2999a") == 0
    await world.rows(
        "update horarium.schedules set next_due_at = next_due_at + interval '1 hour',"
        " next_fire_at = next_fire_at + interval '1 hour'"
    )
    assert await settle_zone_data(world.book, "2025a") == 0
    assert await world.value("select zone_data from horarium.timetable") == "2999a"


async def test_one_that_was_cut_off_is_gone_on_with(world: World) -> None:
    await world.put(*(cron("0 9 * * *", f"z{n}", zone="Europe/Berlin") for n in range(3)))
    await settle_zone_data(world.book, "2024a")
    await world.rows(
        "update horarium.schedules set next_due_at = next_due_at + interval '1 hour',"
        " next_fire_at = next_fire_at + interval '1 hour'"
    )
    await world.rows("update horarium.timetable set zone_data = '2025a', zone_data_reached = 'z0'")
    assert await settle_zone_data(world.book, "2025a") == 2


async def test_due_times_of_former_zone_data_are_not_held_against_the_book(world: World) -> None:
    await world.put(cron("0 9 * * *", zone="Europe/Berlin", **RUNS), cron("0 9 * * *", "utc"))
    await settle_zone_data(world.book, "2024a")
    world.pass_time(days=3)
    await world.decide()
    await world.rows(
        "update horarium.firings set due_at = due_at + interval '1 hour' where schedule = 'each'"
    )
    assert [each.holds for each in await whole(world, NOON)] == [False, True]
    await settle_zone_data(world.book, "2025a")
    each, utc = await whole(world, NOON)
    assert (each.holds, each.beside, utc.holds) == (True, 6, True)
    # What is missing since then is found all the same.
    world.pass_time(days=2)
    await world.decide()
    await world.rows("delete from horarium.firings where due_at > $1", world.clock.now - DAY)
    assert [each.unexplained for each in await whole(world, NOON)] == [1, 1]


def test_the_installed_version_can_be_compared() -> None:
    version = zone_data_version()
    assert version[:4].isdigit()
    assert version > "2024a"
