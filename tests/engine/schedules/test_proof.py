"""The proof finds what is missing, doubled or out of place, and nothing else."""

from datetime import datetime

import pytest
from msgspec.structs import replace
from schedule_examples import DAY, HOUR, MINUTE, NOON, cron, every
from schedule_world import World

from horarium.engine.schedules.firing import Outcome
from horarium.engine.schedules.proof import History, Proof, Recorded, Version, compare
from horarium.engine.schedules.proving import prove
from horarium.engine.schedules.schedule import CatchUp, Overlap
from horarium.errors import InvalidInput

HOURLY = every(3600)
RAN, WAITS = Outcome.ENQUEUED, Outcome.BUFFERED
SKIPPED, MISSED = Outcome.SKIPPED, Outcome.MISSED
END = NOON + 5 * HOUR


def firings(*hours: int) -> list[Recorded]:
    return [Recorded(NOON + hour * HOUR, RAN) for hour in hours]


def proof_of(recorded: list[Recorded], **values: object) -> Proof:
    history = History(
        **{
            "schedule": "each",
            "versions": [Version(HOURLY, NOON)],
            "firings": recorded,
            "decided_until": END,
            **values,
        }
    )
    return compare(history, NOON, END)


def test_one_outcome_each_is_a_proof() -> None:
    row = Recorded(NOON + 4 * HOUR, SKIPPED, "paused", 2, END)
    proof = proof_of([*firings(1), Recorded(NOON + 2 * HOUR, WAITS), *firings(3), row])
    assert proof.holds
    assert (proof.expected, proof.enqueued, proof.waiting, proof.skipped) == (5, 2, 1, 2)


def test_what_was_due_and_has_no_outcome_is_unexplained() -> None:
    proof = proof_of(firings(1, 4))
    assert (proof.expected, proof.enqueued, proof.unexplained) == (5, 2, 3)
    assert proof.details == (
        "2026-03-02 14:00:00 UTC and 1 more was due, and has no outcome",
        "2026-03-02 17:00:00 UTC was due, and has no outcome",
    )


def test_a_record_of_what_was_not_due_is_unexplained() -> None:
    stranger = Recorded(NOON + HOUR + MINUTE, RAN)
    proof = proof_of([*firings(1), stranger, *firings(2, 3, 4, 5)])
    assert (proof.expected, proof.enqueued, proof.unexplained) == (5, 5, 1)
    assert proof.details == ("2026-03-02 13:01:00 UTC was enqueued, but was not due",)
    beside = proof_of([*firings(1), replace(stranger, reason="backfill"), *firings(2, 3, 4, 5)])
    assert beside.holds
    assert beside.beside == 1


def test_rows_that_overlap_are_doubled() -> None:
    row = Recorded(NOON + 2 * HOUR, MISSED, "missed", 3, NOON + 4 * HOUR)
    proof = proof_of([*firings(1), row, *firings(4, 5)])
    assert (proof.doubled, proof.unexplained) == (1, 0)


def test_a_row_that_counts_wrongly_is_unexplained() -> None:
    row = Recorded(NOON + 2 * HOUR, MISSED, "missed", 7, END)
    proof = proof_of([*firings(1), row])
    assert (proof.missed, proof.unexplained) == (4, 3)


def test_a_due_time_with_two_jobs_is_doubled() -> None:
    assert proof_of(firings(1, 2, 3, 4, 5), doubled_jobs=[NOON + HOUR]).doubled == 1


def test_what_nobody_has_decided_yet_is_pending() -> None:
    proof = proof_of(firings(1, 2), decided_until=NOON + 2 * HOUR)
    assert proof.holds
    assert (proof.expected, proof.enqueued, proof.pending) == (5, 2, 3)
    ahead = proof_of(
        [*firings(1, 2), replace(firings(4)[0], reason="backfill")], decided_until=NOON + 2 * HOUR
    )
    assert (ahead.holds, ahead.enqueued, ahead.pending) == (True, 3, 2)


def test_each_version_answers_for_its_own_span() -> None:
    half = NOON + 2 * HOUR + HOUR / 2
    versions = [Version(HOURLY, NOON, half), Version(every(1800), half)]
    recorded = [*firings(1, 2), *(Recorded(half + n * HOUR / 2, RAN) for n in range(1, 6))]
    proof = proof_of(recorded, versions=versions)
    assert proof.holds
    assert (proof.expected, proof.enqueued) == (7, 7)


def test_a_span_begins_in_the_middle_of_a_row() -> None:
    row = Recorded(NOON - 10 * HOUR, SKIPPED, "paused", 14, NOON + 3 * HOUR)
    early = replace(HOURLY, timetable=every(3600, anchor=NOON - DAY).timetable)
    proof = proof_of([row, *firings(4, 5)], versions=[Version(early, NOON - DAY)])
    assert proof.holds
    assert (proof.skipped, proof.enqueued) == (3, 2)


def test_a_version_that_cannot_be_read_proves_nothing() -> None:
    proof = proof_of([], versions=[Version(cron("0 0 1 1 *", zone="Mars/Olympus"), NOON)])
    assert proof.unexplained == 1
    assert "Mars/Olympus" in proof.details[0]


async def proofs(world: World, start: datetime, end: datetime) -> list[Proof]:
    return [each async for each in prove(world.book, start, end)]


async def test_a_book_is_proved_schedule_by_schedule(world: World) -> None:
    await world.put(*(every(600, id, catch_up=CatchUp.ALL) for id in ("a", "b", "c")))
    world.pass_time(hours=2)
    await world.book.pause("c", "for repairs")
    await world.decide()
    world.pass_time(hours=1)
    found = {each.schedule: each for each in await proofs(world, NOON - DAY, world.clock.now)}
    assert [found[id].expected for id in "abc"] == [19, 19, 19]
    assert (found["c"].pending, found["a"].pending) == (6, 6)
    assert all(each.holds for each in found.values())
    assert [each.schedule async for each in prove(world.book, NOON, NOON + HOUR, "b")] == ["b"]
    with pytest.raises(InvalidInput):
        await proofs(world, NOON, NOON)


async def test_a_firing_that_is_taken_away_and_a_job_too_many_are_found(world: World) -> None:
    await world.put(every(600, overlap=Overlap.ALLOW, catch_up=CatchUp.ALL))
    world.pass_time(hours=1)
    await world.decide()
    await world.rows("delete from horarium.firings where due_at = $1", NOON + 10 * MINUTE)
    await world.rows(
        "insert into horarium.jobs select 'copy', task, queue, priority, state, due_at,"
        " enqueued_at, expires_at, attempt, worker, started_at, owner, schedule, fired_for,"
        " arguments from horarium.jobs where fired_for = $1",
        NOON,
    )
    (proof,) = await proofs(world, NOON - HOUR, world.clock.now)
    assert (proof.unexplained, proof.doubled) == (1, 1)
