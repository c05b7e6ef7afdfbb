"""Days follow each other without gap or overlap, whatever clocks and owners do."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from horarium.errors import InvalidInput
from horarium.journal.span import Span, next_span, span_of
from horarium.reports.period import period_at, period_of

ZONES = [
    "UTC", "Europe/London", "Europe/Moscow", "America/Sao_Paulo", "America/St_Johns",
    "Australia/Lord_Howe", "Pacific/Apia", "Pacific/Kiritimati", "Pacific/Niue", "Asia/Kathmandu",
    "America/Scoresbysund", "Africa/Casablanca", "Pacific/Honolulu", "Pacific/Auckland",
    "Asia/Gaza", "Antarctica/Troll",
]  # fmt: skip
START = datetime(2000, 1, 1, tzinfo=UTC)
instants = st.timedeltas(timedelta(), timedelta(days=31 * 365)).map(START.__add__)


@given(instants, st.lists(st.sampled_from(ZONES), min_size=2, max_size=12))
@example(datetime(2011, 12, 28, 12, tzinfo=UTC), ["Pacific/Apia"] * 5)
@example(datetime(2018, 11, 2, 12, tzinfo=UTC), ["America/Sao_Paulo"] * 5)
@example(datetime(2026, 3, 27, 12, tzinfo=UTC), ["Pacific/Kiritimati", "Pacific/Niue"] * 3)
@example(datetime(2010, 11, 5, 12, tzinfo=UTC), ["America/St_Johns"] * 5)
def test_each_instant_is_in_one_day_whatever_the_zones(start: datetime, zones: list[str]) -> None:
    written: dict[date, Span] = {}
    until, last = start, None
    for zone in zones:
        span = next_span(until, zone, last)
        if last is None:
            assert span == _as_period(start, zone)
        elif span.day == last.day:
            assert span.starts_at == last.starts_at  # the day goes on
        else:
            assert span.day > last.day
            assert span.starts_at == until
        assert until < span.ends_at <= until + timedelta(hours=50)
        written[span.day] = last = span
        until = span.ends_at
    spans = [written[day] for day in sorted(written)]
    for one, following in pairwise(spans):
        assert one.ends_at == following.starts_at


@given(instants, st.sampled_from(ZONES))
def test_in_a_zone_that_stays_days_are_local_days(start: datetime, zone: str) -> None:
    until, last = start, None
    for _ in range(5):
        last = next_span(until, zone, last)
        until = last.ends_at
        period = period_of(last.day, "day", zone)
        assert (last.starts_at, last.ends_at) == (period.starts_at, period.ends_at)


def test_a_day_that_a_zone_skipped_is_none() -> None:
    last = Span(date(2011, 12, 29), "Pacific/Apia", *_span("Pacific/Apia", date(2011, 12, 29)))
    assert next_span(last.ends_at, "Pacific/Apia", last).day == date(2011, 12, 31)
    with pytest.raises(InvalidInput, match="skipped that day"):
        span_of(date(2011, 12, 30), "Pacific/Apia", None, None)


def test_whoever_was_away_begins_with_a_whole_day() -> None:
    last = Span(date(2026, 1, 1), "UTC", *_span("UTC", date(2026, 1, 1)))
    span = next_span(datetime(2026, 5, 1, 13, tzinfo=UTC), "UTC", last)
    assert (span.starts_at, span.ends_at) == _span("UTC", date(2026, 5, 1))


def test_a_day_by_hand_keeps_between_those_that_are_written() -> None:
    day = date(2026, 5, 2)
    starts_at, ends_at = _span("UTC", day)
    before, after = starts_at + timedelta(hours=3), ends_at - timedelta(hours=1)
    assert span_of(day, "UTC", None, None) == Span(day, "UTC", starts_at, ends_at)
    assert span_of(day, "UTC", before, after) == Span(day, "UTC", before, after)
    nothing = span_of(day, "UTC", ends_at + timedelta(hours=1), None)
    assert nothing.starts_at == nothing.ends_at


def _as_period(instant: datetime, zone: str) -> Span:
    period = period_at(instant, "day", zone)
    return Span(period.day, zone, period.starts_at, period.ends_at)


def _span(zone: str, day: date) -> tuple[datetime, datetime]:
    period = period_of(day, "day", zone)
    return period.starts_at, period.ends_at
