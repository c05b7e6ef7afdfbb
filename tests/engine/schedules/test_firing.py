"""What becomes of due times: pure values in, values out."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from schedule_examples import DAY, HOUR, MINUTE, NOON, SECOND, at, cron, every

from horarium.engine.schedules.firing import (
    MOST_AT_ONCE,
    ON_TIME,
    Busy,
    Decided,
    Decision,
    Outcome,
    decide,
    passed_over,
    without,
)
from horarium.engine.schedules.schedule import CatchUp, Overlap, Schedule
from horarium.engine.schedules.timetable import compiled

IDLE, RUNNING = Busy(), Busy(jobs=1)


def due_times(schedule: Schedule, start: datetime, end: datetime) -> list[datetime]:
    return list(compiled(schedule.timetable).due_between(start, end))


def due_times_of(schedule: Schedule, firing: Decided) -> list[datetime]:
    """What a firing answers for: one due time, or each of a row."""
    if firing.count == 1:
        return [firing.due_at]
    assert firing.due_until is not None
    row = due_times(schedule, firing.due_at - SECOND / 2, firing.due_until)
    assert len(row) == firing.count
    return row


def outcomes(decision: Decision) -> list[str]:
    return [each.outcome.value for each in decision.firings for _ in range(each.count)]


def enqueued(decision: Decision) -> list[datetime]:
    return [each.due_at for each in decision.firings if each.outcome is Outcome.ENQUEUED]


# Laws

SPANS = st.integers(0, 30_000).map(lambda seconds: timedelta(seconds=seconds))
SCHEDULES = st.one_of(
    st.builds(
        every,
        st.sampled_from([1, 5, 60, 1000, 3600, 100_000]),
        jitter=st.sampled_from([0, 3, 90, 7200]).map(lambda s: timedelta(seconds=s)),
        catch_up=st.sampled_from(CatchUp),
        catch_up_window=st.sampled_from([0.0, 5.0, 600.0, 86_400.0]),
        overlap=st.sampled_from(Overlap),
    ),
    st.builds(
        cron,
        st.sampled_from(["* * * * *", "30 2 * * *", "0 */6 * * mon", "*/7 9-17 * * *"]),
        zone=st.sampled_from(["UTC", "Europe/Berlin"]),
        ends_at=st.sampled_from([None, NOON + HOUR]),
        jitter=st.sampled_from([0, 45, 4000]).map(lambda s: timedelta(seconds=s)),
        catch_up=st.sampled_from(CatchUp),
        overlap=st.sampled_from(Overlap),
    ),
)
BUSY = st.builds(Busy, jobs=st.integers(0, 2), buffered=st.integers(0, 2))


@settings(max_examples=150, deadline=None)
@given(SCHEDULES, SPANS, BUSY)
def test_every_due_time_that_has_come_is_in_exactly_one_firing(
    schedule: Schedule, span: timedelta, busy: Busy
) -> None:
    start, now = NOON - HOUR, NOON - HOUR + span
    decision = decide(schedule, start, now, busy)
    course = compiled(schedule.timetable)

    accounted = [due for each in decision.firings for due in due_times_of(schedule, each)]

    assert accounted == due_times(schedule, start, decision.decided_until)
    left = due_times(schedule, decision.decided_until, now)
    if decision.complete:
        assert all(course.fires_at(each) > now for each in left)
    assert all(course.fires_at(each) <= now for each in accounted)
    assert decision.next_due_at == course.next_due(decision.decided_until)
    if decision.next_due_at is not None:
        assert decision.next_fire_at == course.fires_at(decision.next_due_at)


@settings(max_examples=150, deadline=None)
@given(SCHEDULES, SPANS, SPANS, BUSY)
def test_two_steps_account_for_the_same_due_times_as_one(
    schedule: Schedule, first: timedelta, second: timedelta, busy: Busy
) -> None:
    start = NOON - HOUR
    middle, end = start + first, start + first + second
    one = decide(schedule, start, end, busy)
    before = decide(schedule, start, middle, busy)
    after = decide(schedule, before.decided_until, end, busy)

    in_two = [
        due for each in (*before.firings, *after.firings) for due in due_times_of(schedule, each)
    ]

    until = min(one.decided_until, after.decided_until)
    in_one = [due for each in one.firings for due in due_times_of(schedule, each)]
    assert [due for due in in_two if due <= until] == [due for due in in_one if due <= until]
    assert in_two == sorted(set(in_two))


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 9), st.integers(0, 9))
def test_on_time_a_step_more_changes_no_outcome(first: int, second: int) -> None:
    schedule = every(1, overlap=Overlap.ALLOW, catch_up=CatchUp.NONE)
    middle, end = NOON + first * SECOND, NOON + min(first + second, 9) * SECOND
    one = decide(schedule, NOON - SECOND, end, IDLE)
    before = decide(schedule, NOON - SECOND, middle, IDLE)
    after = decide(schedule, before.decided_until, end, IDLE)
    assert [*before.firings, *after.firings] == one.firings


@settings(max_examples=100, deadline=None)
@given(SCHEDULES, SPANS, BUSY)
def test_buffer_one_never_has_more_than_one_waiting(
    schedule: Schedule, span: timedelta, busy: Busy
) -> None:
    schedule = replace(schedule, overlap=Overlap.BUFFER_ONE, catch_up=CatchUp.ALL)
    decision = decide(schedule, NOON - HOUR, NOON - HOUR + span, busy)
    added = outcomes(decision).count("buffered")
    assert added <= max(0, 1 - busy.buffered)


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from([1, 60, 3600]),
    st.integers(1, 500),
    st.sets(st.integers(0, 520), max_size=30),
)
def test_a_row_without_some_is_the_rest(interval: int, count: int, taken: set[int]) -> None:
    schedule = every(interval)
    start, end = NOON - SECOND, NOON + (count - 1) * interval * SECOND
    row = passed_over(schedule, start, end, "paused")
    assert row is not None
    gone = {NOON + number * interval * SECOND for number in taken}

    pieces = without(row, compiled(schedule.timetable), gone)

    left = [due for piece in pieces for due in due_times_of(schedule, piece)]
    assert left == [due for due in due_times(schedule, start, end) if due not in gone]
    assert {piece.reason for piece in pieces} <= {"paused"}


# Overlap


@pytest.mark.parametrize(
    ("overlap", "idle", "running"),
    [
        (Overlap.SKIP, ["enqueued", "skipped", "skipped"], ["skipped"] * 3),
        (
            Overlap.BUFFER_ONE,
            ["enqueued", "buffered", "skipped"],
            ["buffered", "skipped", "skipped"],
        ),
        (Overlap.BUFFER_ALL, ["enqueued", "buffered", "buffered"], ["buffered"] * 3),
        (
            Overlap.CANCEL_OTHER,
            ["skipped", "skipped", "enqueued"],
            ["skipped", "skipped", "enqueued"],
        ),
        (Overlap.ALLOW, ["enqueued"] * 3, ["enqueued"] * 3),
    ],
)
def test_overlap_of_three_due_times_at_once(
    overlap: Overlap, idle: list[str], running: list[str]
) -> None:
    schedule = every(1, overlap=overlap)
    now = NOON + 2 * SECOND
    assert outcomes(decide(schedule, NOON - SECOND, now, IDLE)) == idle
    assert outcomes(decide(schedule, NOON - SECOND, now, RUNNING)) == running


def test_only_the_last_of_several_cancels_and_only_if_there_is_something_to_cancel() -> None:
    schedule = every(1, overlap=Overlap.CANCEL_OTHER)
    cancels = [
        [each.cancels for each in decide(schedule, NOON - SECOND, NOON + SECOND, busy).firings]
        for busy in (IDLE, RUNNING, Busy(buffered=1))
    ]
    assert cancels == [[False, False], [False, True], [False, True]]


class Bench:
    """A job of ten seconds, due every five: what each policy makes of it in ten minutes."""

    def __init__(self, overlap: Overlap) -> None:
        self.schedule = every(5, overlap=overlap)
        self.jobs: list[datetime] = []
        self.waiting: list[datetime] = []
        self.started: list[datetime] = []
        self.longest = 0
        self.seen: list[Outcome] = []

    def run(self) -> "Bench":
        decided_until = NOON - SECOND
        for second in range(600):
            now = NOON + second * SECOND
            self.jobs = [each for each in self.jobs if now - each < 10 * SECOND]
            while self.waiting and not self.jobs:
                self.waiting.pop(0)
                self.start(now)
            busy = Busy(len(self.jobs), len(self.waiting))
            decision = decide(self.schedule, decided_until, now, busy)
            decided_until = decision.decided_until
            for each in decision.firings:
                self.take(each, now)
            self.longest = max(self.longest, len(self.waiting))
        return self

    def take(self, firing: Decided, now: datetime) -> None:
        self.seen.append(firing.outcome)
        if firing.cancels:
            self.jobs.clear()
        if firing.outcome is Outcome.ENQUEUED:
            self.start(now)
        elif firing.outcome is Outcome.BUFFERED:
            self.waiting.append(firing.due_at)

    def start(self, now: datetime) -> None:
        self.jobs.append(now)
        self.started.append(now)

    @property
    def pauses(self) -> set[timedelta]:
        return {b - a for a, b in zip(self.started, self.started[1:], strict=False)}


def test_a_slow_job_runs_every_second_time_under_skip() -> None:
    bench = Bench(Overlap.SKIP).run()
    assert bench.pauses == {10 * SECOND}
    assert bench.longest == 0
    assert set(bench.seen[1::2]) == {Outcome.SKIPPED}


def test_a_slow_job_runs_back_to_back_under_buffer_one() -> None:
    bench = Bench(Overlap.BUFFER_ONE).run()
    assert bench.pauses == {10 * SECOND}
    assert bench.longest == 1


def test_a_slow_job_runs_back_to_back_under_buffer_all_and_falls_behind() -> None:
    bench = Bench(Overlap.BUFFER_ALL).run()
    assert bench.pauses == {10 * SECOND}
    assert bench.longest == 60


def test_a_slow_job_is_cut_off_each_time_under_cancel_other() -> None:
    bench = Bench(Overlap.CANCEL_OTHER).run()
    assert bench.pauses == {5 * SECOND}
    assert bench.longest == 0


def test_a_slow_job_runs_beside_itself_under_allow() -> None:
    bench = Bench(Overlap.ALLOW).run()
    assert bench.pauses == {5 * SECOND}
    assert set(bench.seen) == {Outcome.ENQUEUED}


# Catch-up


def after_outage(catch_up: CatchUp, outage: timedelta, **values: object) -> Decision:
    schedule = every(3600, catch_up=catch_up, overlap=Overlap.ALLOW, **values)
    return decide(schedule, NOON, NOON + outage, IDLE)


def test_nothing_is_caught_up_under_none() -> None:
    decision = after_outage(CatchUp.NONE, 5 * HOUR + MINUTE)
    assert [(each.outcome, each.count) for each in decision.firings] == [(Outcome.MISSED, 5)]


def test_the_latest_is_caught_up_under_latest() -> None:
    decision = after_outage(CatchUp.LATEST, 5 * HOUR + MINUTE)
    assert [(each.outcome, each.count) for each in decision.firings] == [
        (Outcome.SKIPPED, 4),
        (Outcome.ENQUEUED, 1),
    ]
    assert enqueued(decision) == [NOON + 5 * HOUR]


def test_what_is_due_right_now_supersedes_all_that_was_missed() -> None:
    decision = after_outage(CatchUp.LATEST, 5 * HOUR)
    assert [(each.outcome, each.reason) for each in decision.firings] == [
        (Outcome.SKIPPED, "superseded by a later catch-up"),
        (Outcome.ENQUEUED, "due"),
    ]


def test_all_are_caught_up_under_all() -> None:
    decision = after_outage(CatchUp.ALL, 5 * HOUR + MINUTE)
    assert enqueued(decision) == [NOON + number * HOUR for number in range(1, 6)]


@pytest.mark.parametrize("catch_up", CatchUp)
def test_what_is_older_than_the_window_is_missed(catch_up: CatchUp) -> None:
    decision = after_outage(catch_up, 30 * DAY + MINUTE, catch_up_window=7200.0)
    first = decision.firings[0]
    assert (first.outcome, first.reason, first.due_at) == (
        Outcome.MISSED, "outside the catch-up window", NOON + HOUR
    )  # fmt: skip
    assert first.count == 30 * 24 - 2
    assert sum(each.count for each in decision.firings) == 30 * 24


def test_a_window_of_nothing_still_runs_what_is_on_time() -> None:
    late = after_outage(CatchUp.ALL, HOUR + ON_TIME, catch_up_window=0.0)
    on_time = after_outage(CatchUp.ALL, HOUR + ON_TIME - SECOND, catch_up_window=0.0)
    assert (outcomes(late), outcomes(on_time)) == (["missed"], ["enqueued"])


def test_a_month_of_every_second_is_few_records() -> None:
    decision = decide(every(1), NOON, NOON + 30 * DAY, IDLE)
    assert len(decision.firings) <= 2 + ON_TIME / SECOND
    assert sum(each.count for each in decision.firings) == 30 * 86_400


def test_a_step_stops_at_its_limit_and_the_next_goes_on_where_it_stopped() -> None:
    schedule = every(1, catch_up=CatchUp.ALL, overlap=Overlap.ALLOW)
    now = NOON + 2500 * SECOND
    at_, seen, steps = NOON, [], 0
    complete = False
    while not complete:
        decision = decide(schedule, at_, now, IDLE)
        assert len(decision.firings) <= MOST_AT_ONCE
        seen += enqueued(decision)
        at_, complete, steps = decision.decided_until, decision.complete, steps + 1
    assert seen == [NOON + number * SECOND for number in range(1, 2501)]
    assert steps == 3


# Jitter


def jittered(**values: object) -> tuple[Schedule, datetime]:
    """A daily schedule with an hour's jitter, and when the first of its due times fires."""
    schedule = every(86_400, jitter=HOUR, **values)
    fires_at = compiled(schedule.timetable).fires_at(NOON)
    assert fires_at - NOON > MINUTE
    return schedule, fires_at


@pytest.mark.parametrize("catch_up", CatchUp)
def test_jitter_makes_no_due_time_late(catch_up: CatchUp) -> None:
    schedule, fires_at = jittered(catch_up=catch_up, catch_up_window=0.0)
    decision = decide(schedule, NOON - SECOND, fires_at, IDLE)
    assert [(each.outcome, each.reason) for each in decision.firings] == [(Outcome.ENQUEUED, "due")]


def test_nothing_fires_before_its_jitter_has_passed() -> None:
    schedule, fires_at = jittered()
    decision = decide(schedule, NOON - SECOND, fires_at - SECOND, IDLE)
    assert decision.firings == []
    assert (decision.next_due_at, decision.next_fire_at) == (NOON, fires_at)
    assert decision.decided_until < NOON


def test_ahead_of_a_change_it_is_decided_and_its_job_waits_for_the_jitter() -> None:
    schedule, fires_at = jittered()
    decision = decide(schedule, NOON - SECOND, NOON + SECOND, IDLE, ahead=True)
    assert [(each.due_at, each.not_before) for each in decision.firings] == [(NOON, fires_at)]
    assert decision.decided_until == NOON + SECOND


def test_several_jittered_due_times_are_decided_each_at_its_own_time() -> None:
    schedule = every(60, jitter=50 * SECOND, overlap=Overlap.ALLOW)
    course = compiled(schedule.timetable)
    fired: dict[datetime, datetime] = {}
    at_ = NOON - SECOND
    for second in range(600):
        now = NOON + second * SECOND
        decision = decide(schedule, at_, now, IDLE)
        at_ = decision.decided_until
        fired |= dict.fromkeys(enqueued(decision), now)
    for due, now in fired.items():
        assert timedelta(0) <= now - course.fires_at(due) < SECOND
    assert list(fired) == due_times(schedule, NOON - SECOND, max(fired))


# Bounds


def test_after_its_end_nothing_is_due() -> None:
    schedule = every(60, ends_at=NOON + 3 * MINUTE, catch_up=CatchUp.ALL, overlap=Overlap.ALLOW)
    decision = decide(schedule, NOON - SECOND, NOON + HOUR, IDLE)
    assert len(enqueued(decision)) == 4
    assert decision.next_due_at is None


def test_no_more_are_due_than_its_maximum() -> None:
    schedule = every(60, max_firings=3, catch_up=CatchUp.ALL, overlap=Overlap.ALLOW)
    decision = decide(schedule, NOON - SECOND, NOON + HOUR, IDLE)
    assert len(enqueued(decision)) == 3
    assert decision.next_due_at is None


def test_one_instant_is_due_once() -> None:
    decision = decide(at(NOON), NOON - SECOND, NOON, IDLE)
    assert enqueued(decision) == [NOON]
    assert decision.firings[0].covers == (NOON, NOON)
    assert decision.next_due_at is None


def test_a_due_time_covers_the_span_since_the_one_before() -> None:
    schedule = cron("0 0 * * *", zone="Europe/Berlin")
    (firing,) = decide(schedule, NOON - DAY, NOON - HOUR, IDLE).firings
    assert firing.covers is not None
    assert firing.covers[1] == firing.due_at
    assert firing.covers[1] - firing.covers[0] == DAY


def test_a_clock_that_was_set_back_decides_nothing_again() -> None:
    decision = decide(every(1), NOON + HOUR, NOON, IDLE)
    assert decision.firings == []
    assert decision.decided_until == NOON + HOUR
