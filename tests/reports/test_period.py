"""Periods follow each other through every clock change of every zone."""

from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from importlib.resources import files
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from horarium.errors import InvalidInput
from horarium.reports import EVERY, Period, period_at, period_before, period_of

ZONES = sorted(files("tzdata").joinpath("zones").read_text("utf-8").split())
TICK = timedelta(microseconds=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

zones = st.sampled_from(ZONES)
kinds = st.sampled_from(EVERY)
seconds = st.integers(-120 * 366 * 86_400, 130 * 366 * 86_400)
instants = seconds.map(lambda second: EPOCH + timedelta(seconds=second))
days = st.dates(date(1850, 1, 1), date(2100, 1, 1))


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text + "+00:00")


@pytest.mark.parametrize(
    ("zone", "day", "starts_at", "hours"),
    [
        ("Europe/London", "2010-12-01", "2010-12-01T00:00", 24),
        ("Europe/London", "2011-03-27", "2011-03-27T00:00", 23),
        ("Europe/London", "2011-10-30", "2011-10-29T23:00", 25),
        ("Asia/Tokyo", "2010-12-01", "2010-11-30T15:00", 24),
        # Midnight is skipped: the day begins at 01:00.
        ("America/Sao_Paulo", "2017-10-15", "2017-10-15T03:00", 23),
        ("America/Sao_Paulo", "2018-02-17", "2018-02-17T02:00", 25),
        # Midnight comes twice: the hour after the first is the day's own, the clock stays on it.
        ("America/Havana", "2020-11-01", "2020-11-01T04:00", 25),
        # Clocks go back over midnight, at 00:01: the day before is over at the second one.
        ("America/St_Johns", "2010-11-07", "2010-11-07T03:30", 24),
        ("America/St_Johns", "2010-11-06", "2010-11-06T02:30", 25),
        # Half an hour of change.
        ("Australia/Lord_Howe", "2020-04-05", "2020-04-04T13:00", 24.5),
        # The day before the one that was skipped.
        ("Pacific/Apia", "2011-12-29", "2011-12-29T10:00", 24),
        ("Pacific/Apia", "2011-12-31", "2011-12-30T10:00", 24),
    ],
)
def test_days(zone: str, day: str, starts_at: str, hours: float) -> None:
    period = period_of(date.fromisoformat(day), "day", zone)
    assert period.starts_at == utc(starts_at)
    assert period.ends_at - period.starts_at == timedelta(hours=hours)
    assert (period.start, period.end) == (period.starts_at, period.ends_at)


def test_a_firing_at_midnight_is_for_the_day_before() -> None:
    assert period_before(utc("2010-12-02T00:00"), "day", "Europe/London").day == date(2010, 12, 1)
    assert period_before(utc("2010-12-01T23:59"), "day", "Europe/London").day == date(2010, 11, 30)
    late = period_before(utc("2017-10-15T03:00"), "day", "America/Sao_Paulo")
    assert late.day == date(2017, 10, 14)


def test_weeks_and_months() -> None:
    week = period_of(date(2011, 3, 27), "week", "Europe/London")
    assert (week.day, week.ends_at) == (date(2011, 3, 21), utc("2011-03-27T23:00"))
    month = period_of(date(2011, 10, 31), "month", "Europe/London")
    assert (month.day, month.starts_at) == (date(2011, 10, 1), utc("2011-09-30T23:00"))
    assert month.ends_at == utc("2011-11-01T00:00")


@pytest.mark.parametrize(
    ("zone", "instant", "starts_at", "ends_at"),
    [
        ("Asia/Kolkata", "2020-01-01T10:45", "2020-01-01T10:30", "2020-01-01T11:30"),
        # London's 01:00 to 02:00 comes twice; each is an hour of its own.
        ("Europe/London", "2011-10-30T00:30", "2011-10-30T00:00", "2011-10-30T01:00"),
        ("Europe/London", "2011-10-30T01:30", "2011-10-30T01:00", "2011-10-30T02:00"),
        # Lord Howe: 02:00 to 02:30 is skipped in spring, 01:30 to 02:00 comes twice in autumn.
        ("Australia/Lord_Howe", "2020-10-03T15:40", "2020-10-03T15:30", "2020-10-03T16:00"),
        ("Australia/Lord_Howe", "2020-04-04T14:40", "2020-04-04T14:00", "2020-04-04T15:30"),
        ("Australia/Lord_Howe", "2020-04-04T15:10", "2020-04-04T14:00", "2020-04-04T15:30"),
    ],
)
def test_hours(zone: str, instant: str, starts_at: str, ends_at: str) -> None:
    period = period_at(utc(instant), "hour", zone)
    assert (period.starts_at, period.ends_at) == (utc(starts_at), utc(ends_at))


def test_the_hour_of_a_day_is_its_first() -> None:
    period = period_of(date(2017, 10, 15), "hour", "America/Sao_Paulo")
    assert (period.starts_at, period.day) == (utc("2017-10-15T03:00"), date(2017, 10, 15))


@given(zones, kinds, instants)
@settings(max_examples=600, deadline=None)
def test_periods_follow_each_other(zone: str, every: str, instant: datetime) -> None:
    period = period_at(instant, every, zone)
    assert period.starts_at <= instant < period.ends_at
    assert period_at(period.starts_at, every, zone) == period
    assert period_at(period.ends_at - TICK, every, zone) == period
    assert period_at(period.ends_at, every, zone).starts_at == period.ends_at
    assert period_at(period.starts_at - TICK, every, zone).ends_at == period.starts_at


@given(zones, kinds, instants)
@settings(max_examples=300, deadline=None)
def test_the_last_period_that_had_ended(zone: str, every: str, instant: datetime) -> None:
    before = period_before(instant, every, zone)
    assert before.ends_at <= instant
    assert period_at(before.ends_at, every, zone).ends_at > instant
    assert period_before(before.ends_at, every, zone) == before


@given(zones, days)
@settings(max_examples=600, deadline=None)
def test_a_day_ends_when_its_date_is_over(zone: str, day: date) -> None:
    if period_at(_last_moment(day, zone), "day", zone).day != day:
        with pytest.raises(InvalidInput, match="skipped"):
            period_of(day, "day", zone)
        return
    period = period_of(day, "day", zone)
    assert period.day == day
    assert _date(period.ends_at - TICK, zone) == day
    assert _date(period.ends_at, zone) > day
    assert {_date(at, zone) for at in _quarters(period)} <= {day - timedelta(1), day}


@given(zones, instants)
@settings(max_examples=300, deadline=None)
def test_hours_are_hours(zone: str, instant: datetime) -> None:
    period = period_at(instant, "hour", zone)
    assert period.ends_at - period.starts_at < timedelta(hours=2)
    local = {at.astimezone(info(zone)).hour for at in (period.starts_at, period.ends_at - TICK)}
    assert len(local) == 1


def test_every_change_of_every_zone_since_2005() -> None:
    noons = [datetime(2005, 1, 1, 12, tzinfo=UTC) + timedelta(3 * n) for n in range(2600)]
    seen = set()
    for zone in ZONES:
        offsets = tuple(noon.astimezone(info(zone)).utcoffset() for noon in noons)
        if offsets not in seen:
            seen.add(offsets)
            for noon, before, after in zip(noons[1:], offsets, offsets[1:], strict=False):
                if before != after:
                    _days_follow_each_other(zone, noon - timedelta(4), noon)


@pytest.mark.parametrize(
    ("day", "every", "zone", "field"),
    [
        (date(2011, 12, 30), "day", "Pacific/Apia", "day"),
        (date(2011, 1, 1), "day", "Europe/Lundon", "zone"),
        (date(2011, 1, 1), "year", "UTC", "every"),
        (date.max, "day", "UTC", "day"),
        (date.min, "week", "Asia/Tokyo", "day"),
    ],
)
def test_refused(day: date, every: str, zone: str, field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        period_of(day, every, zone)
    assert refused.value.field == field


def test_an_instant_needs_an_offset() -> None:
    with pytest.raises(InvalidInput, match="UTC offset"):
        period_at(datetime(2011, 1, 1), "day", "UTC")  # noqa: DTZ001


def _days_follow_each_other(zone: str, first: datetime, last: datetime) -> None:
    period = period_at(first, "day", zone)
    while period.ends_at < last:
        following = period_at(period.ends_at, "day", zone)
        assert following.starts_at == period.ends_at
        assert period_at(following.starts_at - TICK, "day", zone) == period
        period = following


@cache
def info(zone: str) -> ZoneInfo:
    """The zone by the tzdata package: the machine's own files may tell another past."""
    with files("tzdata").joinpath("zoneinfo", *zone.split("/")).open("rb") as data:
        return ZoneInfo.from_file(data, key=zone)


def _date(instant: datetime, zone: str) -> date:
    return instant.astimezone(info(zone)).date()


def _last_moment(day: date, zone: str) -> datetime:
    local = datetime.combine(day, time(23, 59, 59), info(zone))
    return max(local.astimezone(UTC), local.replace(fold=1).astimezone(UTC))


def _quarters(period: Period) -> list[datetime]:
    step = timedelta(minutes=15)
    return [period.starts_at + n * step for n in range((period.ends_at - period.starts_at) // step)]
