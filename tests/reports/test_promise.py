"""By when a report is promised, and whether that will be kept."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from horarium.errors import InvalidInput
from horarium.reports import Every, Promised, period_of
from horarium.reports.promise import Course, deadline, judge, was_late

END = datetime(2026, 3, 3, tzinfo=UTC)
DUE = datetime(2026, 3, 3, 6, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("day", "every", "zone", "ready_by", "expected"),
    [
        (date(2026, 3, 2), "day", "UTC", "06:00", "2026-03-03T06:00"),
        (date(2026, 3, 2), "day", "Europe/Moscow", "06:00", "2026-03-03T03:00"),
        (date(2026, 3, 2), "day", "UTC", "+00:30", "2026-03-03T00:30"),
        (date(2026, 3, 2), "hour", "UTC", "+00:15", "2026-03-02T01:15"),
        (date(2026, 3, 4), "week", "UTC", "06:00", "2026-03-09T06:00"),
        (date(2026, 2, 4), "month", "UTC", "07:30", "2026-03-01T07:30"),
        # The night of the change: 02:30 is skipped in Berlin, so that 03:00 is the time; 06:00 is
        # an hour nearer to midnight, and in autumn, when 02:30 comes twice, the first one counts.
        (date(2026, 3, 28), "day", "Europe/Berlin", "02:30", "2026-03-29T01:00"),
        (date(2026, 3, 28), "day", "Europe/Berlin", "06:00", "2026-03-29T04:00"),
        (date(2026, 10, 24), "day", "Europe/Berlin", "02:30", "2026-10-25T00:30"),
        # São Paulo's day begins at 01:00: a promise for before that is one for its beginning.
        (date(2018, 11, 3), "day", "America/Sao_Paulo", "00:30", "2018-11-04T03:00"),
    ],
)
def test_deadlines(day: date, every: Every, zone: str, ready_by: str, expected: str) -> None:
    found = deadline(period_of(day, every, zone), ready_by)
    assert found == datetime.fromisoformat(expected).replace(tzinfo=UTC)


@given(
    st.dates(date(1971, 1, 1), date(2037, 1, 1)),
    st.sampled_from(["Europe/London", "America/New_York", "Australia/Lord_Howe", "Africa/Cairo"]),
    st.times(),
)
def test_a_deadline_is_within_a_day_of_the_end(day: date, zone: str, at: object) -> None:
    period = period_of(day, "day", zone)
    found = deadline(period, f"{at:%H:%M}")
    assert period.ends_at <= found <= period_of(day + timedelta(days=1), "day", zone).ends_at


@pytest.mark.parametrize(
    ("ready_by", "every"),
    [
        ("6", "day"),
        ("24:00", "day"),
        ("06:60", "day"),
        ("", "day"),
        ("06:00", "hour"),
        ("+1", "hour"),
    ],
)
def test_what_cannot_be_promised(ready_by: str, every: Every) -> None:
    with pytest.raises(InvalidInput, match="ready_by"):
        deadline(period_of(date(2026, 3, 2), every), ready_by)


def running(since: datetime, typical: float | None) -> Course:
    return Course(
        schedule="active", job="running", job_id="j1", started_at=since, attempt=1, typical=typical
    )


WAITING = Course(schedule="active", job="queued", job_id="j1", queue="reports", typical=600.0)


@pytest.mark.parametrize(
    ("course", "now", "state", "says"),
    [
        (Course(schedule="active"), END, "on time", "no scheduler has made its job"),
        (Course(schedule="active"), END + 31 * MINUTE, "at risk", "no scheduler has made its job"),
        (Course(schedule="paused"), END + 40 * MINUTE, "at risk", "its schedule is paused"),
        (Course(schedule="active"), DUE, "late", "due by 2026-03-03 06:00 UTC: not started"),
        (WAITING, END + 20 * MINUTE, "on time", "waits in the queue reports (job j1)"),
        (WAITING, END + 31 * MINUTE, "at risk", "waits in the queue reports (job j1)"),
        (running(END, 600.0), END + 15 * MINUTE, "on time", "running for 15 min"),
        (running(END, 600.0), END + 21 * MINUTE, "at risk", "longer than the 10 min"),
        (running(END, 5.0), END + MINUTE / 2, "on time", "running for 30 s"),
        (running(END, 5.0), END + 2 * MINUTE, "at risk", "longer than the 5 s"),
        (running(END, None), END + 300 * MINUTE, "on time", "running for 5 h"),
        (running(END, None), DUE, "late", "running for 6 h"),
        # Started late, it cannot be through in time: known before it is late.
        (
            running(DUE - 5 * MINUTE, 600.0),
            DUE - 4 * MINUTE,
            "at risk",
            "a build takes 10 min, and 4 min are left",
        ),
        (
            Course(schedule="active", job="retrying", job_id="j1", attempt=1, typical=1.0),
            END + MINUTE,
            "on time",
            "1 attempt failed",
        ),
        (
            Course(schedule="active", job="retrying", job_id="j1", attempt=2, typical=1.0),
            END + MINUTE,
            "at risk",
            "2 attempts failed",
        ),
        (
            Course(schedule="active", job="failed", job_id="j1", attempt=6),
            END + MINUTE,
            "at risk",
            "its job has failed (job j1)",
        ),
        (
            Course(schedule="active", job="succeeded", job_id="j1", attempt=1),
            DUE,
            "late",
            "the period is not built for good",
        ),
        (
            Course(schedule="active", ready_at=DUE - MINUTE),
            DUE + 60 * MINUTE,
            "ready",
            "built at 2026-03-03 05:59 UTC",
        ),
        (Course(schedule="active", ready_at=DUE + 75 * MINUTE), DUE, "ready", "75 min late"),
    ],
)
def test_how_a_promise_stands(course: Course, now: datetime, state: str, says: str) -> None:
    judged = judge(DUE, END, course, now)
    assert (judged.state, says in judged.reason) == (state, True), judged.reason


@given(
    st.timedeltas(timedelta(), timedelta(hours=12)),
    st.none() | st.floats(0, 20_000),
    st.none() | st.timedeltas(timedelta(), timedelta(hours=6)),
)
def test_late_is_said_from_the_deadline_on_and_never_before(
    passed: timedelta, typical: float | None, started: timedelta | None
) -> None:
    now = END + passed
    course = Course(schedule="active", typical=typical)
    if started is not None and started <= passed:
        course = running(END + started, typical)
    judged = judge(DUE, END, course, now)
    assert (judged.state is Promised.LATE) == (now >= DUE)
    assert was_late(DUE, judged.state, None) == (now >= DUE)
    if judged.expected_at is not None and now < DUE < judged.expected_at:
        assert judged.state is Promised.AT_RISK
