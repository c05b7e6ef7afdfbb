"""What holds for every interval, from every anchor, in every zone."""

from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st
from timetable_examples import law, moments, on_folds, on_gaps, places
from timetable_oracle import Listed, due_in, last_of_month, zone_info

from horarium.engine.schedules.timetable import Every, Timetable, compiled

EPOCH = date(1970, 1, 1)
units = st.sampled_from(["days", "weeks", "months"])
lengths = st.timedeltas(timedelta(0), timedelta(days=120))


def listed_by(unit: str, number: int, local: datetime) -> Listed:
    """The days and the time of an interval whose anchor has this local time."""
    anchor = local.date()

    def on_day(day: date) -> bool:
        if unit == "months":
            months = (day.year - anchor.year) * 12 + day.month - anchor.month
            too_short = last_of_month(day) and day.day < anchor.day
            return months % number == 0 and (day.day == anchor.day or too_short)
        return (day - anchor).days % (number * (7 if unit == "weeks" else 1)) == 0

    return Listed("", (local.second,), (local.minute,), (local.hour,), on_day, sub_daily=False)


@law(150)
@given(units, st.integers(1, 40), places(), st.integers(-99, 99), lengths, on_gaps, on_folds)
def test_days_weeks_and_months_are_calendar_time(unit, number, place, ago, length, on_gap, on_fold):
    zone, start = place
    anchor = start - timedelta(days=ago)
    rule = Every(**{unit: number}, anchor=anchor)
    it = compiled(Timetable(rule, zone, on_gap=on_gap, on_fold=on_fold))
    listed = listed_by(unit, number, anchor.astimezone(zone_info(zone)))
    everything = due_in(listed, zone, on_gap, on_fold, start, start + length)
    expected = [due for due in everything if due >= anchor.replace(microsecond=0)]
    assert list(it.due_between(start, start + length)) == expected
    assert it.count_between(start, start + length) == len(expected)
    last = it.previous_due(start + length)
    assert last == (expected[-1] if expected else last)
    assert last is None or it.next_due(last - timedelta(seconds=1)) == last


@law(100)
@given(st.integers(60, 10**6), moments, st.integers(-9, 9), st.timedeltas(max_value=timedelta(9)))
def test_seconds_minutes_and_hours_are_elapsed_time(seconds, start, ago, length):
    anchor = (start - timedelta(days=ago)).replace(microsecond=0)
    hours, rest = divmod(seconds, 3600)
    rule = Every(hours=hours, minutes=rest // 60, seconds=rest % 60, anchor=anchor)
    it = compiled(Timetable(rule, "Europe/Berlin"))
    end = start + abs(length) % timedelta(days=9)
    expected, due = [], anchor
    while due <= end:
        expected += [due] * (start < due)
        due += timedelta(seconds=seconds)
    assert list(it.due_between(start, end)) == expected
    assert it.count_between(start, end) == len(expected)


@law(50)
@given(units, st.integers(1, 12), moments)
def test_an_interval_without_an_anchor_has_no_beginning(unit, number, moment):
    it = compiled(Timetable(Every(**{unit: number})))
    start = datetime(1970, 1, 5 if unit == "weeks" else 1, tzinfo=UTC)
    before, due = it.previous_due(moment), it.next_due(moment)
    assert before is not None
    assert due is not None
    assert it.next_due(before) in {moment, due}
    assert listed_by(unit, number, start).on_day(due.date())
    assert (due.hour, due.minute, due.second) == (0, 0, 0)
