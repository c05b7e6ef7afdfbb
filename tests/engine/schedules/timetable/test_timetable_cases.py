"""Known cases, each with the reason why it is one. Times are local unless they end in Z."""

from datetime import UTC, datetime, timedelta

import pytest
from timetable_oracle import zone_info

from horarium.engine.schedules.timetable import (
    At,
    Cron,
    Every,
    Timetable,
    compiled,
    count_between,
    due_between,
    next_due,
    previous_due,
)

HOUR = timedelta(hours=1)


def dues(text: str, zone: str, start: str, end: str, **choices: str) -> list[str]:
    """The due times of an expression between two instants, as local times with their offset."""
    rule = Timetable(Cron(text), zone, **choices)  # type: ignore[arg-type]
    return local_dues(rule, start, end)


def local_dues(rule: Timetable, start: str, end: str) -> list[str]:
    info = zone_info(rule.zone)
    first, last = (datetime.fromisoformat(t).replace(tzinfo=info) for t in (start, end))
    found = list(due_between(rule, first.astimezone(UTC), last.astimezone(UTC)))
    assert count_between(rule, first.astimezone(UTC), last.astimezone(UTC)) == len(found)
    return [f"{due.astimezone(info):%m-%d %H:%M%z}" for due in found]


CHANGES = [
    # forward, 02:00 to 03:00: 02:30 does not exist
    ("Europe/Berlin", "30 2 * * *", "2026-03-29", "first_valid", "03:00+0200"),
    ("Europe/Berlin", "30 2 * * *", "2026-03-29", "shift", "03:30+0200"),
    ("Europe/Berlin", "30 2 * * *", "2026-03-29", "skip", ""),
    ("America/New_York", "30 2 * * *", "2026-03-08", "first_valid", "03:00-0400"),
    ("America/New_York", "30 2 * * *", "2026-03-08", "shift", "03:30-0400"),
    ("America/New_York", "30 2 * * *", "2026-03-08", "skip", ""),
    # Lord Howe goes forward by half an hour, 02:00 to 02:30: 02:15 does not exist, 02:30 does
    ("Australia/Lord_Howe", "15 2 * * *", "2026-10-04", "first_valid", "02:30+1100"),
    ("Australia/Lord_Howe", "15 2 * * *", "2026-10-04", "shift", "02:45+1100"),
    ("Australia/Lord_Howe", "15 2 * * *", "2026-10-04", "skip", ""),
    ("Australia/Lord_Howe", "30 2 * * *", "2026-10-04", "skip", "02:30+1100"),
    # at midnight, 00:00 to 01:00: the day begins at 01:00 and a daily job is not lost
    ("America/Havana", "0 0 * * *", "2026-03-08", "first_valid", "01:00-0400"),
    ("Asia/Beirut", "0 0 * * *", "2026-03-29", "first_valid", "01:00+0300"),
    ("America/Asuncion", "0 0 * * *", "2024-10-06", "first_valid", "01:00-0300"),
    ("Africa/Cairo", "0 0 * * *", "2026-04-24", "first_valid", "01:00+0300"),
    ("America/Sao_Paulo", "0 0 * * *", "2018-11-04", "first_valid", "01:00-0200"),
    ("America/Sao_Paulo", "0 0 * * *", "2018-11-04", "shift", "01:00-0200"),
    ("America/Sao_Paulo", "0 0 * * *", "2018-11-04", "skip", ""),
    # several listed times that fall onto one instant are one firing
    ("Europe/Berlin", "0,30 2,3 * * *", "2026-03-29", "first_valid", "03:00+0200 03:30+0200"),
    ("Europe/Berlin", "30 2,3 * * *", "2026-03-29", "shift", "03:30+0200"),
    ("Europe/Berlin", "15,30 2 * * *", "2026-03-29", "shift", "03:15+0200 03:30+0200"),
    # a sub-daily rule has none in the skipped hour and goes on after it
    ("Europe/Berlin", "30 * * * *", "2026-03-29", "first_valid",
        "00:30+0100 01:30+0100 03:30+0200"),
    ("Europe/Berlin", "0 */3 * * *", "2026-03-29", "first_valid", "00:00+0100 03:00+0200"),
]  # fmt: skip


@pytest.mark.parametrize(("zone", "text", "day", "on_gap", "expected"), CHANGES)
def test_the_clock_is_set_forward(zone, text, day, on_gap, expected):
    assert times_on(day, text, zone, on_gap=on_gap) == expected


FOLDS = [
    # back, 03:00 to 02:00: 02:30 comes twice
    ("Europe/Berlin", "30 2 * * *", "2026-10-25", "first", "02:30+0200"),
    ("Europe/Berlin", "30 2 * * *", "2026-10-25", "second", "02:30+0100"),
    ("Europe/Berlin", "30 2 * * *", "2026-10-25", "both", "02:30+0200 02:30+0100"),
    ("America/New_York", "30 1 * * *", "2026-11-01", "first", "01:30-0400"),
    ("America/New_York", "30 1 * * *", "2026-11-01", "second", "01:30-0500"),
    ("America/New_York", "30 2 * * *", "2026-11-01", "first", "02:30-0500"),
    # Lord Howe goes back by half an hour, 02:00 to 01:30: 01:45 comes twice
    ("Australia/Lord_Howe", "45 1 * * *", "2026-04-05", "first", "01:45+1100"),
    ("Australia/Lord_Howe", "45 1 * * *", "2026-04-05", "second", "01:45+1030"),
    # ... and an hourly rule at half past is due after half an hour once (cronsim misses it)
    ("Australia/Lord_Howe", "30 * * * *", "2026-04-05", "first",
        "00:30+1100 01:30+1100 01:30+1030 02:30+1030 03:30+1030"),
    # the border itself: 02:00 comes twice, 03:00 once
    ("Europe/Berlin", "0 2,3 * * *", "2026-10-25", "first", "02:00+0200 03:00+0100"),
    ("Europe/Berlin", "0 2,3 * * *", "2026-10-25", "second", "02:00+0100 03:00+0100"),
    # both, in the order of real time and not of the clock
    ("Europe/Berlin", "0,30 2 * * *", "2026-10-25", "both",
        "02:00+0200 02:30+0200 02:00+0100 02:30+0100"),
    # a sub-daily rule never stops for an hour, whatever on_fold says
    ("Europe/Berlin", "0 * * * *", "2026-10-25", "first",
        "00:00+0200 01:00+0200 02:00+0200 02:00+0100 03:00+0100"),
    # Havana goes back from 01:00 to 00:00: midnight comes twice
    ("America/Havana", "0 0 * * *", "2024-11-03", "first", "00:00-0400"),
    ("America/Havana", "0 0 * * *", "2024-11-03", "second", "00:00-0500"),
    # St. John's went back from 00:01 to 23:01 of the day before: so does it there
    ("America/St_Johns", "0 0 * * *", "2010-11-07", "first", "00:00-0230"),
    ("America/St_Johns", "0 0 * * *", "2010-11-07", "second", "00:00-0330"),
]  # fmt: skip


@pytest.mark.parametrize(("zone", "text", "day", "on_fold", "expected"), FOLDS)
def test_the_clock_is_set_back(zone, text, day, on_fold, expected):
    assert times_on(day, text, zone, on_fold=on_fold) == expected


def times_on(day: str, text: str, zone: str, **choices: str) -> str:
    """The due times of the first four hours of a day."""
    eve = datetime.fromisoformat(f"{day}T00:00") - timedelta(seconds=1)
    found = dues(text, zone, eve.isoformat(), f"{day}T03:59", **choices)
    assert all(due[:5] == day[5:] for due in found)
    return " ".join(due[6:] for due in found)


def test_a_time_of_one_day_a_year_comes_twice_on_it():
    """The search may not leap to another year over the border between the two."""
    rule = Timetable(Cron("30 2 25 10 *"), "Europe/Berlin", on_fold="both")
    first, second = (datetime(2026, 10, 25, hour, 30, tzinfo=UTC) for hour in (0, 1))
    assert next_due(rule, first) == second
    assert previous_due(rule, second) == first


@pytest.mark.parametrize("zone", ["America/Sao_Paulo", "Asia/Beirut", "Africa/Cairo"])
@pytest.mark.parametrize("year", range(2010, 2019))
def test_a_job_in_the_repeated_hour_before_midnight_runs_once_a_day(zone, year):
    found = dues("30 23 * * *", zone, f"{year}-01-01T00:00", f"{year}-12-31T23:59")
    assert len({text[:5] for text in found}) == len(found) == 366 - bool(year % 4)


@pytest.mark.parametrize("on_gap", ["first_valid", "shift", "skip"])
@pytest.mark.parametrize(
    ("zone", "before", "skipped", "after"),
    [
        ("Pacific/Apia", "2011-12-29", "2011-12-30", "2011-12-31"),
        ("Pacific/Kwajalein", "1993-08-20", "1993-08-21", "1993-08-22"),
        ("Pacific/Kiritimati", "1994-12-30", "1994-12-31", "1995-01-01"),
    ],
)
def test_a_day_that_never_was_has_no_due_time(zone, before, skipped, after, on_gap):
    """The date line was moved: the zone went from one day to the next but one."""
    for text in ("0 9 * * *", "0 0 * * *", "59 23 * * *"):
        found = dues(text, zone, f"{before}T00:00", f"{after}T23:59", on_gap=on_gap)
        dates = [line[:5] for line in found]
        expected = [before[5:], after[5:]]
        assert dates == expected if text != "0 0 * * *" else dates == expected[1:]
    alone = f"0 9 {int(skipped[-2:])} {int(skipped[5:7])} *"
    assert dues(alone, zone, f"{before}T00:00", f"{after}T23:59", on_gap=on_gap) == []


def test_the_server_is_in_utc_and_the_office_in_moscow():
    rule = Timetable(Cron("0 9 * * 1-5"), "Europe/Moscow")
    friday_evening = datetime(2026, 11, 20, 18, tzinfo=UTC)
    assert next_due(rule, friday_evening) == datetime(2026, 11, 23, 6, tzinfo=UTC)
    assert previous_due(rule, friday_evening) == datetime(2026, 11, 20, 6, tzinfo=UTC)


def test_moscow_gave_up_its_clock_changes():
    """UTC+4 all year from 2011, UTC+3 since 26 October 2014: 09:00 stays 09:00."""
    found = dues("0 9 * * *", "Europe/Moscow", "2014-10-25T00:00", "2014-10-27T00:00")
    assert found == ["10-25 09:00+0400", "10-26 09:00+0300"]


ANCHOR = datetime(2026, 3, 27, 8, tzinfo=UTC)  # 09:00 in Berlin, two days before the change


def test_an_interval_of_days_keeps_its_local_time():
    rule = Timetable(Every(days=1, anchor=ANCHOR), "Europe/Berlin")
    found = local_dues(rule, "2026-03-27T00:00", "2026-03-30T12:00")
    assert found == [
        "03-27 09:00+0100",
        "03-28 09:00+0100",
        "03-29 09:00+0200",
        "03-30 09:00+0200",
    ]


def test_an_interval_of_hours_keeps_its_length():
    rule = Timetable(Every(hours=24, anchor=ANCHOR), "Europe/Berlin")
    found = local_dues(rule, "2026-03-28T00:00", "2026-03-30T12:00")
    assert found == ["03-28 09:00+0100", "03-29 10:00+0200", "03-30 10:00+0200"]


def test_an_interval_of_days_through_a_gap():
    rule = Timetable(
        Every(days=2, anchor=datetime(2026, 3, 27, 1, 30, tzinfo=UTC)), "Europe/Berlin"
    )
    found = local_dues(rule, "2026-03-27T00:00", "2026-04-01T00:00")
    assert found == ["03-27 02:30+0100", "03-29 03:00+0200", "03-31 02:30+0200"]


def test_an_interval_of_months_ends_with_a_short_month():
    rule = Timetable(Every(months=1, anchor=datetime(2027, 10, 31, 9, tzinfo=UTC)))
    found = local_dues(rule, "2027-10-01T00:00", "2028-05-01T00:00")
    days = ["10-31", "11-30", "12-31", "01-31", "02-29", "03-31", "04-30"]
    assert found == [f"{day} 09:00+0000" for day in days]


def test_intervals_without_an_anchor_stand_on_round_times():
    start = datetime(2026, 11, 21, 12, 34, 56, tzinfo=UTC)
    expected = {
        Every(minutes=15): datetime(2026, 11, 21, 12, 45, tzinfo=UTC),
        Every(hours=6): datetime(2026, 11, 21, 18, tzinfo=UTC),
        Every(days=1): datetime(2026, 11, 21, 23, tzinfo=UTC),
        Every(weeks=1): datetime(2026, 11, 22, 23, tzinfo=UTC),  # midnight to Monday
        Every(months=1): datetime(2026, 11, 30, 23, tzinfo=UTC),
    }
    for rule, due in expected.items():
        assert next_due(Timetable(rule, "Europe/Berlin"), start) == due


def test_an_anchor_in_the_future_is_the_first_due_time():
    rule = Timetable(Every(hours=1, anchor=ANCHOR + timedelta(microseconds=7)))
    assert next_due(rule, ANCHOR - 100 * HOUR) == ANCHOR
    assert previous_due(rule, ANCHOR) is None


def test_an_instant_is_due_once_and_to_the_microsecond():
    instant = datetime(2026, 11, 21, 12, 0, 0, 123456, tzinfo=UTC)
    rule = Timetable(At(instant), "Europe/Berlin", max_firings=1)
    assert next_due(rule, instant - timedelta(microseconds=1)) == instant
    assert next_due(rule, instant) is None
    assert previous_due(rule, instant) is None
    assert previous_due(rule, instant + timedelta(microseconds=1)) == instant
    assert compiled(rule).covers(instant) == (instant, instant)


DAYS = [
    ("0 0 29 2 *", "2096-01-01", ["2096-02-29", "2104-02-29"], "2100 is no leap year"),
    ("0 0 29 2 *", "1999-01-01", ["2000-02-29", "2004-02-29"], "2000 is one"),
    ("0 0 29 2 */7", "2089-01-01", ["2128-02-29"], "a 29 February that is a Sunday"),
    ("0 0 29 2 1", "2026-01-01", ["2026-02-02", "2026-02-09"], "or every Monday in February"),
    ("0 0 L 2 *", "2027-01-01", ["2027-02-28", "2028-02-29"], "the last day"),
    ("0 0 L * *", "2026-01-31", ["2026-02-28", "2026-03-31", "2026-04-30"], "the last day"),
    ("0 0 LW * *", "2026-01-01", ["2026-01-30", "2026-02-27"], "both end on a Saturday"),
    ("0 0 LW 5 *", "2026-01-01", ["2026-05-29"], "31 May is a Sunday"),
    ("0 0 15W 8 *", "2026-01-01", ["2026-08-14"], "15 August is a Saturday"),
    ("0 0 15W 11 *", "2026-01-01", ["2026-11-16"], "15 November is a Sunday"),
    ("0 0 15W 9 *", "2026-01-01", ["2026-09-15"], "15 September is a Tuesday"),
    ("0 0 1W 8 *", "2026-01-01", ["2026-08-03"], "1 August is a Saturday; July is not touched"),
    ("0 0 31W 5 *", "2026-01-01", ["2026-05-29"], "31 May is a Sunday; June is not touched"),
    ("0 0 30W * *", "2026-02-01", ["2026-03-30"], "February has no 30th"),
    ("0 0 * * 5L", "2026-01-01", ["2026-01-30", "2026-02-27"], "the last Friday"),
    ("0 0 * * friL", "2026-01-01", ["2026-01-30", "2026-02-27"], "by name"),
    ("0 0 * * fri#2", "2026-01-01", ["2026-01-09", "2026-02-13"], "the second Friday"),
    ("0 0 * * 5#5", "2026-01-01", ["2026-01-30", "2026-05-29"], "months with five Fridays"),
    ("0 0 * * 7#1", "2026-01-01", ["2026-01-04", "2026-02-01"], "7 is Sunday"),
    ("0 0 * * mon#1,fri#1", "2026-01-01", ["2026-01-02", "2026-01-05"], "a list of them"),
    ("0 0 * * 7", "2026-11-20", ["2026-11-22", "2026-11-29"], "7 is Sunday (pycron: never)"),
    ("0 0 * * 0", "2026-11-20", ["2026-11-22", "2026-11-29"], "0 is Sunday"),
    ("0 0 * * 1-5", "2026-11-20", ["2026-11-23", "2026-11-24"], "Monday to Friday"),
    ("0 0 * * fri-mon", "2026-11-23", ["2026-11-27", "2026-11-28"], "a range that wraps"),
    ("0 0 * * 6-7", "2026-11-20", ["2026-11-21", "2026-11-22"], "a range up to 7"),
    ("0 0 * * 7-2", "2026-11-20", ["2026-11-22", "2026-11-23"], "a range from 7"),
    ("0 0 * * 0-7", "2026-11-20", ["2026-11-21", "2026-11-22"], "every day"),
    ("0 0 * * 7-7", "2026-11-20", ["2026-11-22", "2026-11-29"], "only Sunday"),
    ("0 0 * * */2", "2026-11-20", ["2026-11-21", "2026-11-22"], "0, 2, 4, 6"),
    ("0 0 1 nov-feb *", "2026-11-20", ["2026-12-01", "2027-01-01"], "months that wrap"),
    ("0 0 30-2 * *", "2026-11-20", ["2026-11-30", "2026-12-01"], "days that wrap"),
    ("0 0 30-5/3 * *", "2026-11-20", ["2026-11-30", "2026-12-02"], "30, 2, 5: steps go round"),
    ("0 0 13 * 5", "2026-11-01", ["2026-11-06", "2026-11-13"], "Vixie: the 13th or a Friday"),
    ("0 0 */13 * 5", "2026-11-01", ["2026-11-27", "2027-01-01"], "Vixie: '*/13' leaves it at and"),
    ("0 0 1,*/13 * 5", "2026-11-01", ["2026-11-06", "2026-11-13"], "its first letter decides"),
    ("@yearly", "2026-11-01", ["2027-01-01", "2028-01-01"], "an alias"),
    ("@monthly", "2026-11-01", ["2026-12-01", "2027-01-01"], "an alias"),
    ("@weekly", "2026-11-20", ["2026-11-22", "2026-11-29"], "an alias"),
]


@pytest.mark.parametrize(("text", "after", "expected", "reason"), DAYS)
def test_days(text, after, expected, reason):
    rule, due = Timetable(Cron(text)), datetime.fromisoformat(after).replace(tzinfo=UTC)
    for day in expected:
        due = next_due(rule, due)
        assert due.strftime("%Y-%m-%dT%H:%M") == f"{day}T00:00", reason
    for day in reversed(expected[:-1]):
        due = previous_due(rule, due)
        assert due.strftime("%Y-%m-%dT%H:%M") == f"{day}T00:00", reason


TIMES = [
    ("0 22-2 * * *", ["00:00", "01:00", "02:00", "22:00", "23:00"], "hours that wrap"),
    ("0 22-2/2 * * *", ["00:00", "02:00", "22:00"], "steps go round with the range"),
    ("5/20 3 * * *", ["03:05", "03:25", "03:45"], "a start with a step runs to the end"),
    ("10-50/20 3 * * *", ["03:10", "03:30", "03:50"], "a range with a step"),
    ("58-1 3 * * *", ["03:00", "03:01", "03:58", "03:59"], "minutes that wrap within the hour"),
    ("0 */7 * * *", ["00:00", "07:00", "14:00", "21:00"], "a step that does not divide the day"),
    ("@daily", ["00:00"], "an alias"),
    ("@midnight", ["00:00"], "another for the same"),
    ("30 0 9,17 * * *", ["09:00", "17:00"], "seconds first"),
]


@pytest.mark.parametrize(("text", "expected", "reason"), TIMES)
def test_times_of_a_day(text, expected, reason):
    end = datetime(2026, 11, 21, 23, 59, 59, tzinfo=UTC)
    eve = end - timedelta(days=1)
    found = list(due_between(Timetable(Cron(text)), eve, end))
    assert [f"{due:%H:%M}" for due in found] == expected, reason
    assert {due.second for due in found} == ({30} if text.count(" ") == 5 else {0})
