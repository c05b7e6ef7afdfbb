"""What holds for every cron rule, in every zone, from 1990 to 2100."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from timetable_examples import (
    HARD_ZONES,
    SKIPPED_DAYS,
    THOROUGH,
    YEARS,
    ZONES,
    change_after,
    expressions,
    law,
    moments,
    on_folds,
    on_gaps,
    places,
    zones,
)
from timetable_oracle import Listed, due_in, zone_info

from horarium.engine.schedules.timetable import (
    Course,
    Cron,
    InvalidTimetable,
    Timetable,
    compiled,
    count_between,
    due_between,
    next_due,
    previous_due,
)

SECOND = timedelta(seconds=1)
DECADES = (datetime(1990, 1, 1, tzinfo=UTC), datetime(2020, 1, 1, tzinfo=UTC))
lengths = st.timedeltas(timedelta(0), timedelta(days=3))


def course(listed: Listed, zone: str, on_gap: str, on_fold: str, key: str = "") -> Course:
    rule = Timetable(Cron(listed.text), zone, on_gap=on_gap, on_fold=on_fold, key=key)  # type: ignore[arg-type]
    try:
        return compiled(rule)
    except InvalidTimetable as refusal:
        assume(refusal.field not in {"day-of-month", "on_gap"})  # a day or time that never comes
        raise


@law(300)
@given(expressions(), places(), lengths, on_gaps, on_folds)
def test_due_times_are_those_of_the_oracle(listed, place, length, on_gap, on_fold):
    zone, start = place
    found = list(course(listed, zone, on_gap, on_fold).due_between(start, start + length))
    assert found == due_in(listed, zone, on_gap, on_fold, start, start + length)


@law(200)
@given(
    expressions(with_seconds=True, any_day=True),
    places(),
    st.timedeltas(timedelta(0), timedelta(hours=3)),
    on_gaps,
    on_folds,
)
def test_due_times_to_the_second_are_those_of_the_oracle(listed, place, length, on_gap, on_fold):
    zone, start = place
    found = list(course(listed, zone, on_gap, on_fold).due_between(start, start + length))
    assert found == due_in(listed, zone, on_gap, on_fold, start, start + length)


@law(200)
@given(expressions(), places(), on_gaps, on_folds)
def test_next_due_is_the_first_after_and_previous_due_its_mirror(listed, place, on_gap, on_fold):
    zone, moment = place
    timetable = course(listed, zone, on_gap, on_fold).timetable
    due = next_due(timetable, moment)
    before = previous_due(timetable, moment)
    assert due is not None
    assert before is not None
    assert before < moment < due or previous_due(timetable, due) == moment
    assert previous_due(timetable, due + SECOND / 2) == due
    assert next_due(timetable, before - SECOND / 2) == before
    assert next_due(timetable, before) in {moment, due}
    assert list(due_between(timetable, moment, due)) == [due]


@law(200)
@given(expressions(), places(), st.lists(lengths, min_size=2, max_size=4), on_gaps, on_folds)
def test_splitting_a_span_changes_nothing(listed, place, steps, on_gap, on_fold):
    zone, start = place
    timetable = course(listed, zone, on_gap, on_fold).timetable
    cuts = [start, *(start + sum(steps[: n + 1], timedelta(0)) for n in range(len(steps)))]
    whole = list(due_between(timetable, start, cuts[-1]))
    parts = [due for a, b in pairwise(cuts) for due in due_between(timetable, a, b)]
    assert parts == whole
    assert all(a < b for a, b in pairwise(whole))
    counts = [count_between(timetable, a, b) for a, b in pairwise(cuts)]
    assert sum(counts) == count_between(timetable, start, cuts[-1]) == len(whole)


@law(60)
@given(expressions(), places(), st.timedeltas(timedelta(0), timedelta(days=900)), on_gaps, on_folds)
def test_a_long_count_is_the_number_of_due_times(listed, place, length, on_gap, on_fold):
    zone, start = place
    it = course(listed, zone, on_gap, on_fold)
    end = start + length
    assume(it.count_between(start, end) < 20_000)
    assert it.count_between(start, end) == sum(1 for _ in it.due_between(start, end))


@law(200)
@given(zones, moments, st.integers(0, 1439), st.sampled_from(["first_valid", "shift"]), on_folds)
def test_a_daily_rule_is_due_once_for_each_local_day(zone, moment, minute, on_gap, on_fold):
    assume(on_fold != "both")
    start = (change_after(zone, moment) or moment) - timedelta(days=3)
    rule = Timetable(daily(minute), zone, on_gap=on_gap, on_fold=on_fold)
    assert_each_day_once(rule, start, start + timedelta(days=6), minute)


@pytest.mark.parametrize("minute", [0, 1425])
def test_a_daily_rule_is_due_once_for_each_day_of_decades(minute):
    for zone in ZONES if THOROUGH else HARD_ZONES:
        rule = Timetable(daily(minute), zone)
        assert_each_day_once(rule, *(YEARS if THOROUGH else DECADES), minute)


def daily(minute: int) -> Cron:
    return Cron(f"{minute % 60} {minute // 60} * * *")


def assert_each_day_once(rule: Timetable, start: datetime, end: datetime, minute: int) -> None:
    """The due times are those of each local day that exists, and of no other."""
    days = [local_day(due, rule.zone, minute) for due in due_between(rule, start, end)]
    span = (days[-1] - days[0]).days + 1
    expected = [days[0] + timedelta(days=n) for n in range(span)]
    assert days == [day for day in expected if day != SKIPPED_DAYS.get(rule.zone)]
    assert abs((end - start).days - span) <= 1


def local_day(due: datetime, zone: str, minute: int) -> date:
    """The day whose due time this is: an earlier time than listed stands for the day before."""
    local = due.astimezone(zone_info(zone))
    return local.date() - timedelta(days=local.hour * 60 + local.minute < minute)
