"""Calendars: days left out, days kept to, and due times that move."""

from datetime import UTC, date, datetime, timedelta

import msgspec
from hypothesis import assume, given
from hypothesis import strategies as st
from timetable_examples import expressions, law, on_folds, places
from timetable_oracle import zone_info

from horarium.engine.schedules.timetable import (
    BUSINESS_DAYS,
    EVERY_DAY,
    Calendar,
    Course,
    Cron,
    Every,
    InvalidTimetable,
    Timetable,
    compiled,
    count_between,
    due_between,
    next_due,
    preview,
    previous_due,
)

CHRISTMAS = [date(2026, 12, 25), date(2026, 12, 26)]
START = datetime(2026, 12, 23, tzinfo=UTC)
DAY = timedelta(days=1)


def days_due(calendar: Calendar, text: str = "0 9 * * *", length: int = 9) -> str:
    """The days of the month on which a rule is due in the nine days from 24 December 2026."""
    rule = Timetable(Cron(text), calendar=calendar)
    return " ".join(f"{due:%d}" for due in due_between(rule, START + DAY, START + length * DAY))


def test_holidays_and_week_ends_are_left_out():
    assert days_due(Calendar(leave_out=CHRISTMAS)) == "24 27 28 29 30 31"
    assert days_due(Calendar(weekdays=BUSINESS_DAYS)) == "24 25 28 29 30 31"
    assert days_due(Calendar.business_days(CHRISTMAS)) == "24 28 29 30 31"
    assert days_due(Calendar(keep_to=CHRISTMAS)) == "25 26"


def test_a_left_out_day_moves_to_the_next_or_the_previous_kept_one():
    on, back = (Calendar.business_days(CHRISTMAS, way) for way in ("next", "previous"))
    assert days_due(on, "0 9 25 * *") == "28"
    assert days_due(back, "0 9 25 * *") == "24"
    assert days_due(on, "0 9 24 * *") == "24"
    assert days_due(on, "0 9 25-27 * *") == days_due(on, "0 9 26,28 * *") == "28"
    assert days_due(on) == days_due(back) == "24 28 29 30 31"


def test_what_moved_is_noted():
    calendar = Calendar.business_days(CHRISTMAS, "next")
    rule = Timetable(Cron("0 9 26 * *"), "Europe/Berlin", calendar=calendar)
    first, second = preview(rule, START, 2)
    assert first.due == datetime(2026, 12, 28, 8, tzinfo=UTC)
    assert first.notes == ("moved from Saturday 2026-12-26, which the calendar leaves out",)
    assert second.notes == ()


def test_the_day_is_the_local_one():
    """23:30 on Friday in New York is Saturday in UTC."""
    calendar = Calendar(weekdays=BUSINESS_DAYS)
    for rule in (Cron("30 23 * * *"), Every(days=1), Cron("0 * * * *"), Every(minutes=90)):
        timetable = Timetable(rule, "America/New_York", calendar=calendar)
        local = zone_info("America/New_York")
        found = {
            d.astimezone(local).weekday() for d in due_between(timetable, START, START + 9 * DAY)
        }
        assert found == {0, 1, 2, 3, 4}


def test_nothing_is_due_after_the_last_day_that_is_kept_to():
    for way in ("skip", "next", "previous"):
        calendar = Calendar(keep_to=CHRISTMAS, on_excluded=way)
        rule = Timetable(Cron("0 9 * * *"), calendar=calendar)
        assert next_due(rule, datetime(2026, 12, 26, 9, tzinfo=UTC)) is None
        assert previous_due(rule, datetime(2026, 12, 25, 9, tzinfo=UTC)) is None
        assert count_between(rule, START, START + 5000 * DAY) == 2
        assert compiled(rule).covers(datetime(2026, 12, 25, 9, tzinfo=UTC)) == (
            datetime(2026, 12, 25, 9, tzinfo=UTC),
            datetime(2026, 12, 25, 9, tzinfo=UTC),
        )


def test_a_time_that_comes_twice_on_the_last_day_that_is_kept_to():
    calendar = Calendar(keep_to=[date(2026, 10, 25)])
    rule = Timetable(Cron("30 2 * * *"), "Europe/Berlin", on_fold="both", calendar=calendar)
    first, second = (datetime(2026, 10, 25, hour, 30, tzinfo=UTC) for hour in (0, 1))
    assert next_due(rule, first - DAY) == previous_due(rule, second) == first
    assert next_due(rule, first) == previous_due(rule, second + DAY) == second
    assert next_due(rule, second) is None
    assert previous_due(rule, first) is None


def test_equal_calendars_are_equal_texts():
    one = Calendar(leave_out=[*CHRISTMAS, *CHRISTMAS], weekdays={"fri", "mon"})
    other = Calendar(leave_out=CHRISTMAS[::-1], weekdays=["mon", "fri"])
    assert one == other
    assert hash(one) == hash(other)
    text = msgspec.json.encode(one)
    assert text == msgspec.json.encode(other)
    assert msgspec.json.decode(text, type=Calendar) == one


near = st.integers(-20, 20)


@st.composite
def calendars(draw: st.DrawFn, around: date, ways: tuple[str, ...]) -> Calendar:
    """A calendar whose dates are near a day."""
    some_dates = st.lists(near.map(lambda n: around + n * DAY), max_size=15)
    return Calendar(
        leave_out=draw(some_dates),
        keep_to=draw(st.none() | st.none() | some_dates),
        weekdays=draw(st.sets(st.sampled_from(EVERY_DAY), min_size=1)),
        on_excluded=draw(st.sampled_from(ways)),
    )


def kept(calendar: Calendar, day: date) -> bool:
    return (
        day not in calendar.leave_out
        and EVERY_DAY[day.weekday()] in calendar.weekdays
        and (calendar.keep_to is None or day in calendar.keep_to)
    )


def moved(calendar: Calendar, day: date) -> date | None:
    step = {"next": DAY, "previous": -DAY}.get(calendar.on_excluded)
    for _ in range(500):
        if kept(calendar, day):
            return day
        if step is None:
            return None
        day += step
    return None


def course(rule: Timetable) -> Course:
    try:
        return compiled(rule)
    except InvalidTimetable as refusal:
        assume(refusal.field not in {"calendar", "day-of-month"})
        raise


@law(100)
@given(st.data(), expressions(), places())
def test_the_days_of_a_rule_are_moved_one_by_one(data, listed, place):
    """In UTC, where a local time is an instant; clock changes have their own laws."""
    assume(not listed.sub_daily)
    around = place[1].date()
    calendar = data.draw(calendars(around, ("skip", "next", "previous")))
    assume(calendar.keep_to is None or calendar.on_excluded == "skip")  # else years away
    it = course(Timetable(Cron(listed.text), calendar=calendar))
    first, last = around - 20 * DAY, around + 20 * DAY
    start = datetime.combine(first, datetime.min.time(), UTC)
    found = list(it.due_between(start - DAY / 86_400, start + 41 * DAY - DAY / 86_400))
    days = [around + n * DAY for n in range(-500, 500) if listed.on_day(around + n * DAY)]
    landed = {moved(calendar, day) for day in days}
    expected = sorted({day for day in landed if day is not None and first <= day <= last})
    times = [time for day in expected for time in listed.every_time(day)]
    assert found == [time.replace(tzinfo=UTC) for time in times]
    assert it.count_between(start - DAY / 86_400, start + 41 * DAY - DAY / 86_400) == len(found)


@law(120)
@given(st.data(), places(), st.integers(600, 300_000), st.timedeltas(DAY, 9 * DAY))
def test_elapsed_time_leaves_out_local_days(data, place, seconds, length):
    zone, start = place
    calendar = data.draw(calendars(start.date(), ("skip",)))
    it = course(Timetable(Every(seconds=seconds), zone, calendar=calendar))
    everything = due_between(Timetable(Every(seconds=seconds)), start, start + length)
    expected = [d for d in everything if kept(calendar, d.astimezone(zone_info(zone)).date())]
    assert list(it.due_between(start, start + length)) == expected
    assert it.count_between(start, start + length) == len(expected)
    backwards = []
    due = it.previous_due(start + length)
    while due is not None and due > start:
        backwards.append(due)
        due = it.previous_due(due)
    assert backwards[::-1] == [due for due in expected if due < start + length]


@law(120)
@given(st.data(), expressions(), places(), on_folds)
def test_next_and_previous_mirror_each_other_through_a_calendar(data, listed, place, on_fold):
    zone, moment = place
    ways = ("skip",) if listed.sub_daily else ("skip", "next", "previous")
    calendar = data.draw(calendars(moment.date(), ways))
    it = course(Timetable(Cron(listed.text), zone, on_fold=on_fold, calendar=calendar))
    due, before = it.next_due(moment), it.previous_due(moment)
    if due is not None:
        assert it.previous_due(due + DAY / 86_400) == due
        assert (it.previous_due(due) or moment) <= moment
    if before is not None:
        assert it.next_due(before - DAY / 86_400) == before
        assert (it.next_due(before) or moment) >= moment
