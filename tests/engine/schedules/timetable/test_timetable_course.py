"""Bounds, counts, jitter, `H`, previews: what a timetable adds to its rule."""

import time
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from timetable_examples import law, moments

from horarium.engine.schedules.timetable import (
    At,
    Calendar,
    Cron,
    DueTime,
    Every,
    Timetable,
    compiled,
    count_between,
    covers,
    due_between,
    fires_at,
    next_due,
    preview,
    previous_due,
    zone_data_version,
)

NINE = datetime(2026, 11, 20, 9, tzinfo=UTC)
DAY = timedelta(days=1)
DAILY = Cron("0 9 * * *")


def test_both_bounds_belong_to_the_timetable():
    rule = Timetable(DAILY, starts_at=NINE, ends_at=NINE + 2 * DAY)
    assert list(due_between(rule, NINE - 9 * DAY, NINE + 9 * DAY)) == [
        NINE,
        NINE + DAY,
        NINE + 2 * DAY,
    ]
    assert count_between(rule, NINE - 9 * DAY, NINE + 9 * DAY) == 3
    assert next_due(rule, NINE + 2 * DAY) is None
    assert previous_due(rule, NINE) is None
    assert previous_due(rule, NINE + 100 * DAY) == NINE + 2 * DAY


@pytest.mark.parametrize("number", [1, 2, 3, 10, 1000])
@pytest.mark.parametrize(
    "rule", [DAILY, Cron("* * * * *"), Cron("0 0 29 2 *"), Every(seconds=7), Every(months=1)]
)
def test_max_firings_counts_from_the_start(rule, number):
    timetable = Timetable(rule, "Europe/Berlin", starts_at=NINE, max_firings=number)
    if rule == Cron("0 0 29 2 *") and number == 1000:
        assert compiled(timetable).ends is None  # 4000 years from now
        return
    due = NINE - DAY
    for _ in range(number):
        due = next_due(timetable, due)
        assert due is not None
    assert next_due(timetable, due) is None
    assert previous_due(timetable, due + 10_000 * DAY) == due
    assert count_between(timetable, NINE - DAY, due) == number


def test_max_firings_counts_from_the_anchor():
    rule = Timetable(Every(hours=1, anchor=NINE), max_firings=3)
    assert len(list(due_between(rule, NINE - DAY, NINE + DAY))) == 3


def test_a_month_of_seconds_is_counted_at_once():
    """2.6 million due times; going through them takes seconds, counting milliseconds."""
    end = NINE + 30 * DAY
    for rule in (Cron("* * * * * *"), Every(seconds=1)):
        began = time.process_time()
        assert count_between(Timetable(rule, "Europe/Berlin"), NINE, end) == 2_592_000
        assert time.process_time() - began < 0.2


def test_a_firing_covers_the_time_since_the_due_time_before():
    rule = Timetable(DAILY, starts_at=NINE)
    assert covers(rule, NINE + DAY) == (NINE, NINE + DAY)
    assert covers(rule, NINE) == (NINE - DAY, NINE)
    interval = Timetable(Every(hours=6, anchor=NINE))
    assert covers(interval, NINE) == (NINE - timedelta(hours=6), NINE)
    assert covers(Timetable(At(NINE)), NINE) == (NINE, NINE)


def test_what_is_covered_follows_the_local_day():
    """The day of the change has 23 hours, and the firing after it covers those."""
    rule = Timetable(Cron("@daily"), "Europe/Berlin")
    due = datetime(2026, 3, 29, 22, tzinfo=UTC)
    assert covers(rule, due) == (datetime(2026, 3, 28, 23, tzinfo=UTC), due)


keys = st.text(min_size=1, max_size=20)


@law(100)
@given(keys, moments, st.integers(1, 7200), st.sampled_from([DAILY, Cron("* * * * *")]))
def test_jitter_delays_a_firing_up_to_the_next_due_time(key, moment, seconds, cron):
    rule = Timetable(cron, jitter=timedelta(seconds=seconds), key=key)
    due = next_due(rule, moment)
    following = next_due(rule, due)
    fires = fires_at(rule, due)
    assert due <= fires <= due + rule.jitter
    assert fires < following
    assert fires == fires_at(rule, due.astimezone(datetime.now().astimezone().tzinfo))
    assert due == next_due(Timetable(cron), moment)


def test_jitter_spreads_schedules_and_due_times():
    rules = [Timetable(DAILY, jitter=timedelta(hours=1), key=f"report {n}") for n in range(200)]
    assert len({fires_at(rule, NINE) for rule in rules}) == 200
    assert len({fires_at(rules[0], NINE + n * DAY) - n * DAY for n in range(200)}) == 200
    late = [(fires_at(rule, NINE) - NINE).total_seconds() for rule in rules]
    assert 1500 < sum(late) / len(late) < 2100


def test_the_longest_jitter_ends_just_before_the_next_due_time(monkeypatch):
    monkeypatch.setattr(
        "horarium.engine.schedules.timetable.course.spread", lambda choices, *key: choices - 1
    )
    week = Timetable(DAILY, jitter=7 * DAY, key="a")
    assert fires_at(week, NINE) == NINE + DAY - timedelta(microseconds=1)
    hour = Timetable(DAILY, jitter=DAY / 24, key="a")
    assert fires_at(hour, NINE) == NINE + DAY / 24


def test_every_second_leaves_jitter_less_than_a_second():
    rule = Timetable(Every(seconds=1), jitter=timedelta(hours=1), key="tick")
    fires = [fires_at(rule, NINE + n * timedelta(seconds=1)) for n in range(100)]
    assert fires == sorted(set(fires))


@pytest.mark.parametrize(
    "rule", [DAILY, Cron("* * * * *"), Every(seconds=1), Every(months=1200), Cron("0 0 29 2 */7")]
)
@pytest.mark.parametrize("zone", ["UTC", "Asia/Tokyo", "America/New_York"])
def test_the_ends_of_the_calendar_are_no_trap(rule, zone):
    first, last = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
    timetable = Timetable(rule, zone)
    assert next_due(timetable, last) is previous_due(timetable, first) is None
    assert next_due(timetable, first).year in range(1, 1400)
    assert previous_due(timetable, last).year > 8600


def test_no_jitter_fires_when_it_is_due():
    assert fires_at(Timetable(DAILY), NINE) == NINE


def day_of_due_times(text: str, key: str) -> list[datetime]:
    start = datetime(2026, 1, 31, 23, 59, 59, tzinfo=UTC)
    return list(due_between(Timetable(Cron(text), key=key), start, start + 28 * DAY))


def test_h_is_one_value_for_each_key():
    minutes = {day_of_due_times("H 3 * * *", f"key {n}")[0].minute for n in range(600)}
    assert minutes == set(range(60))
    assert day_of_due_times("H H * * *", "a") == day_of_due_times("h h * * *", "a")
    assert len(day_of_due_times("H H * * *", "a")) == 28


def test_h_keeps_to_its_range_and_step():
    for key in map(str, range(50)):
        assert len(day_of_due_times("0 0 H * *", key)) == 1  # a day that every month has
        assert len(day_of_due_times("0 0 * * H", key)) == 4
        assert len({d.minute for d in day_of_due_times("H/15 3 1 * *", key)}) == 4
        assert {d.minute for d in day_of_due_times("H(10-19) 3 1 * *", key)} <= set(range(10, 20))
        inside = sorted(d.minute for d in day_of_due_times("H(10-39)/10 3 1 * *", key))
        assert len(inside) == 3
        assert [b - a for a, b in pairwise(inside)] == [10, 10]
        assert 10 <= inside[0] < 20


PINNED_H = ["04:42", "16:50", "10:29"]
PINNED_JITTER = 425.600239


def test_h_stays_the_same_between_versions():
    """These values are in the ledgers of users: a change of the hash moves their jobs."""
    found = [day_of_due_times("H H * * *", key)[0].strftime("%H:%M") for key in ("a", "b", "c")]
    assert found == PINNED_H
    rule = Timetable(DAILY, jitter=timedelta(minutes=10), key="a")
    assert (fires_at(rule, NINE) - NINE).total_seconds() == PINNED_JITTER


def test_a_preview_shows_local_time_utc_and_what_moved_it():
    rule = Timetable(Cron("30 2 * * *"), "Europe/Berlin")
    start = datetime(2026, 3, 28, 12, tzinfo=UTC)
    gap, plain = preview(rule, start, 2)
    assert gap.due == gap.fires_at == datetime(2026, 3, 29, 1, tzinfo=UTC)
    assert gap.local.isoformat() == "2026-03-29T03:00:00+02:00"
    assert gap.notes == ("stands for 02:30: the clock is set forward from 02:00 to 03:00",)
    assert gap.zone_data == zone_data_version()
    assert plain.notes == ()


def test_a_preview_notes_both_of_a_repeated_time():
    rule = Timetable(Cron("30 2 * * *"), "Europe/Berlin", on_fold="both")
    first, second, _ = preview(rule, datetime(2026, 10, 24, 12, tzinfo=UTC), 3)
    assert first.notes == ("the first 02:30 of two: the clock is set back",)
    assert second.notes == ("the second 02:30 of two: the clock was set back",)
    hourly = preview(Timetable(Cron("@hourly"), "Europe/Berlin"), first.due, 3)
    assert [len(due.notes) for due in hourly] == [1, 0, 0]


def test_a_preview_notes_times_that_were_merged():
    rule = Timetable(Cron("0,20,40 2 * * *"), "Europe/Berlin")
    (due,) = preview(rule, datetime(2026, 3, 28, 12, tzinfo=UTC), 1)
    assert due.notes == (
        "stands for 02:00 and 2 more: the clock is set forward from 02:00 to 03:00",
    )
    shifted = msgspec.structs.replace(rule, on_gap="shift")
    last = preview(shifted, datetime(2026, 3, 28, 12, tzinfo=UTC), 3)[-1]
    assert last.notes == ("stands for 02:40: the clock is set forward from 02:00 to 03:00",)


def test_a_preview_ends_with_the_timetable():
    rule = Timetable(DAILY, starts_at=NINE, max_firings=2)
    assert [due.due for due in preview(rule, NINE - DAY, 10)] == [NINE, NINE + DAY]
    assert preview(rule, NINE - DAY, 0) == []


def test_a_preview_notes_jitter():
    rule = Timetable(DAILY, jitter=timedelta(minutes=10), key="a")
    (due,) = preview(rule, NINE - DAY / 2, 1)
    assert due.notes == (f"fires {(due.fires_at - NINE).total_seconds():.1f} s later, by jitter",)


@pytest.mark.parametrize(
    "rule", [DAILY, Every(days=2, anchor=NINE), Every(seconds=90), At(NINE), Every(months=1)]
)
def test_a_timetable_goes_through_json_unchanged(rule):
    timetable = Timetable(
        rule,
        "Europe/Berlin",
        starts_at=NINE,
        jitter=timedelta(seconds=90),
        on_gap="shift",
        calendar=Calendar.business_days([NINE.date()], "next"),
        key="report",
    )
    text = msgspec.json.encode(timetable)
    assert msgspec.json.decode(text, type=Timetable) == timetable
    shown = preview(Timetable(rule, "Europe/Berlin"), NINE - DAY, 1)
    assert msgspec.json.decode(msgspec.json.encode(shown), type=list[DueTime]) == shown
