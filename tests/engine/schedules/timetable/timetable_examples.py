"""What the laws of the timetable are tried on: expressions, zones and instants.

`HYPOTHESIS_PROFILE=thorough` tries many more of them, and new ones at every run.
"""

import os
from datetime import UTC, date, datetime, timedelta
from importlib.resources import files

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from timetable_oracle import (
    Listed,
    last_of_month,
    last_workday,
    nearest_workday,
    nth_weekday,
    zone_info,
)

THOROUGH = os.environ.get("HYPOTHESIS_PROFILE") == "thorough"


def law(examples: int) -> settings:
    return settings(
        max_examples=examples * 15 if THOROUGH else examples,
        deadline=None,
        derandomize=not THOROUGH,
        database=None,
        suppress_health_check=list(HealthCheck),
    )


def zones_by_content() -> list[str]:
    """One name for each history that a zone can have."""
    names = files("tzdata").joinpath("zones").read_text().split()
    by_content: dict[bytes, str] = {}
    for name in sorted(names, key=lambda name: ("/" not in name, name)):
        content = files("tzdata").joinpath("zoneinfo", *name.split("/")).read_bytes()
        by_content.setdefault(content, name)
    return sorted(by_content.values())


ZONES = zones_by_content()
HARD_ZONES = [
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Pacific/Kwajalein",
    "America/Havana",
    "Asia/Beirut",
    "America/Asuncion",
    "Africa/Cairo",
    "America/Sao_Paulo",
    "America/St_Johns",
    "Antarctica/Troll",
    "Antarctica/Casey",
    "Asia/Pyongyang",
    "Asia/Gaza",
    "Africa/Casablanca",
    "America/Caracas",
    "Europe/Dublin",
    "Europe/Moscow",
    "America/Scoresbysund",
]
SKIPPED_DAYS = {
    "Pacific/Kwajalein": date(1993, 8, 21),
    "Pacific/Enderbury": date(1994, 12, 31),
    "Pacific/Kiritimati": date(1994, 12, 31),
    "Pacific/Apia": date(2011, 12, 30),
    "Pacific/Fakaofo": date(2011, 12, 30),
}
"""The local days since 1990 that never were, where the date line was moved."""

YEARS = (datetime(1990, 1, 1, tzinfo=UTC), datetime(2100, 12, 31, tzinfo=UTC))

zones = st.sampled_from(HARD_ZONES) | st.sampled_from(ZONES)
on_gaps = st.sampled_from(["first_valid", "shift", "skip"])
on_folds = st.sampled_from(["first", "second", "both"])
moments = st.datetimes(
    YEARS[0].replace(tzinfo=None), YEARS[1].replace(tzinfo=None), timezones=st.just(UTC)
)


def offset_at(zone: str, moment: datetime) -> timedelta:
    offset = moment.astimezone(zone_info(zone)).utcoffset()
    assert offset is not None
    return offset


def change_after(zone: str, moment: datetime, days: int = 400) -> datetime | None:
    """The first clock change of a zone after an instant, to the second."""
    high = moment = moment.replace(microsecond=0)
    before = offset_at(zone, moment)
    for _ in range(days):
        high += timedelta(days=1)
        if offset_at(zone, high) != before:
            break
    else:
        return None
    low = high - timedelta(days=1)
    while high - low > timedelta(seconds=1):
        middle = (low + (high - low) / 2).replace(microsecond=0)
        low, high = (low, middle) if offset_at(zone, middle) != before else (middle, high)
    return high


@st.composite
def places(draw: st.DrawFn) -> tuple[str, datetime]:
    """A zone and an instant; three times in four within days of one of its clock changes."""
    zone = draw(zones)
    moment = draw(moments)
    if draw(st.integers(0, 3)):
        change = change_after(zone, moment)
        if change is not None:
            moment = change + timedelta(minutes=draw(st.integers(-3000, 1500)))
    return zone, moment


@st.composite
def number_fields(draw: st.DrawFn, low: int, high: int) -> tuple[str, tuple[int, ...]]:
    """The text of a field and the values that it means."""
    value = st.integers(low, high)
    kind = draw(st.sampled_from(["star", "one", "list", "range", "wrap", "step", "range_step"]))
    first, last = sorted((draw(value), draw(value)))
    step = draw(st.integers(1, high))
    every = list(range(low, high + 1))
    if kind == "star":
        return "*", tuple(every)
    if kind == "one":
        return str(first), (first,)
    if kind == "list":
        several = draw(st.lists(value, min_size=1, max_size=4))
        return ",".join(map(str, several)), tuple(sorted(set(several)))
    if kind == "range":
        return f"{first}-{last}", tuple(range(first, last + 1))
    if kind == "wrap" and first != last:
        return f"{last}-{first}", tuple(v for v in every if v >= last or v <= first)
    if kind == "step":
        return f"*/{step}", tuple(every[::step])
    return f"{first}-{last}/{step}", tuple(range(first, last + 1)[::step])


some_seconds = st.sampled_from(
    [("59", (59,)), ("*/20", (0, 20, 40)), ("58-1", (0, 1, 58, 59)), ("0,30", (0, 30))]
)
night_hours = st.sampled_from([("0", (0,)), ("1-3", (1, 2, 3)), ("2", (2,)), ("23-1", (0, 1, 23))])


@st.composite
def days_of_month(draw: st.DrawFn):
    if draw(st.integers(0, 2)):
        text, days = draw(number_fields(1, 31))
        return text, lambda day: day.day in days
    number = draw(st.integers(1, 31))
    return draw(
        st.sampled_from(
            [
                ("L", last_of_month),
                ("LW", last_workday),
                (f"{number}W", nearest_workday(number)),
                (f"{number},L", lambda day: day.day == number or last_of_month(day)),
            ]
        )
    )


@st.composite
def days_of_week(draw: st.DrawFn):
    if draw(st.integers(0, 2)):
        text, days = draw(number_fields(0, 6))
        return text, lambda day: day.isoweekday() % 7 in days
    weekday = draw(st.integers(0, 6))
    number = draw(st.integers(1, 5))
    name = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"][weekday]
    return draw(
        st.sampled_from(
            [
                (f"{weekday}L", nth_weekday(weekday, -1)),
                (f"{name}#{number}", nth_weekday(weekday, number)),
                (name, lambda day: day.isoweekday() % 7 == weekday),
                ("7", lambda day: day.isoweekday() == 7),
            ]
        )
    )


@st.composite
def expressions(draw: st.DrawFn, *, with_seconds: bool = False, any_day: bool = False) -> Listed:
    """A cron expression together with what it means."""
    second_text, seconds = draw(some_seconds) if with_seconds else ("", (0,))
    minute_text, minutes = draw(some_seconds if with_seconds else number_fields(0, 59))
    hour_text, hours = draw(number_fields(0, 23) | night_hours)
    if any_day:
        rest, on_day = "* * *", every_day
    else:
        rest, on_day = draw(day_fields())
    return Listed(
        text=f"{second_text} {minute_text} {hour_text} {rest}".strip(),
        seconds=seconds,
        minutes=minutes,
        hours=hours,
        on_day=on_day,
        sub_daily=hour_text.startswith("*"),
    )


def every_day(_: date) -> bool:
    return True


@st.composite
def day_fields(draw: st.DrawFn):
    month_text, months = draw(st.just(("*", tuple(range(1, 13)))) | number_fields(1, 12))
    by_month_text, by_month = draw(st.just(("*", every_day)) | days_of_month())
    by_week_text, by_week = draw(st.just(("*", every_day)) | days_of_week())
    either = not by_month_text.startswith("*") and not by_week_text.startswith("*")

    def on_day(day: date) -> bool:
        if day.month not in months:
            return False
        if either:
            return by_month(day) or by_week(day)
        return by_month(day) and by_week(day)

    return f"{by_month_text} {month_text} {by_week_text}", on_day
