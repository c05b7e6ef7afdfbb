"""What a timetable may not say, checked before and after its rule is read."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import get_args

from horarium.engine.schedules.timetable.calendar import OnExcluded, Weekday
from horarium.engine.schedules.timetable.course import TICK, Row
from horarium.engine.schedules.timetable.days import FIRST_YEAR, HORIZON_DAYS, LAST_YEAR
from horarium.engine.schedules.timetable.invalid import InvalidTimetable
from horarium.engine.schedules.timetable.rules import Every, OnFold, OnGap, Timetable

LOOKED_FROM = datetime(2020, 1, 1, tzinfo=UTC)
_ON_GAP, _ON_FOLD = get_args(OnGap), get_args(OnFold)
_ON_EXCLUDED, _WEEKDAYS = get_args(OnExcluded), get_args(Weekday)
ELAPSED = {"seconds": 1, "minutes": 60, "hours": 3600}
CALENDAR_DAYS = {"days": 1, "weeks": 7, "months": 30}


def check_choices(timetable: Timetable) -> None:
    """The fields that can be judged by themselves."""
    check_one_of("on_gap", timetable.on_gap, _ON_GAP)
    check_one_of("on_fold", timetable.on_fold, _ON_FOLD)
    if timetable.calendar is not None:
        check_one_of("calendar", timetable.calendar.on_excluded, _ON_EXCLUDED)
        for weekday in timetable.calendar.weekdays:
            check_one_of("calendar", weekday, _WEEKDAYS)
    check_bounds(timetable)
    check_jitter(timetable)


def check_one_of(field: str, value: str, choices: Iterable[str]) -> None:
    if value not in choices:
        raise InvalidTimetable(field, f"'{value}' is not one of {', '.join(choices)}")


def check_bounds(timetable: Timetable) -> None:
    starts_at, ends_at, number = timetable.starts_at, timetable.ends_at, timetable.max_firings
    check_instant("starts_at", starts_at)
    check_instant("ends_at", ends_at)
    if starts_at is not None and ends_at is not None and ends_at < starts_at:
        raise InvalidTimetable("ends_at", f"{ends_at} is before starts_at, {starts_at}")
    if number is not None and number < 1:
        raise InvalidTimetable("max_firings", f"'{number}' is not 1 or more")


def check_jitter(timetable: Timetable) -> None:
    if timetable.jitter < timedelta(0):
        raise InvalidTimetable("jitter", "it is negative, and firings are never early")
    if timetable.jitter and not timetable.key:
        raise InvalidTimetable("key", "jitter spreads schedules by their key, and there is none")


def check_instant(field: str, moment: datetime | None) -> None:
    if moment is None:
        return
    if moment.utcoffset() is None:
        raise InvalidTimetable(field, f"{moment} has no zone, and could be any of many instants")
    if not FIRST_YEAR < moment.year < LAST_YEAR:
        raise InvalidTimetable(field, f"{moment} is not within the years {FIRST_YEAR}..{LAST_YEAR}")


def check_interval(rule: Every) -> None:
    """One kind of time, forward, and short enough to come again."""
    check_instant("anchor", rule.anchor)
    given = {name: getattr(rule, name) for name in (*ELAPSED, *CALENDAR_DAYS)}
    for name, number in given.items():
        if number < 0:
            raise InvalidTimetable(name, f"'{number}' is negative")
    elapsed = sum(given[name] * seconds for name, seconds in ELAPSED.items())
    calendar = [name for name in CALENDAR_DAYS if given[name]]
    if not elapsed and not calendar:
        raise InvalidTimetable("every", "it is nothing; it takes a number of at least one unit")
    if bool(elapsed) + len(calendar) != 1:
        raise InvalidTimetable(
            "every",
            "it takes either seconds, minutes and hours, or days, or weeks, or months",
        )
    days = elapsed // 86_400 + sum(given[name] * CALENDAR_DAYS[name] for name in calendar)
    if days > HORIZON_DAYS:
        raise InvalidTimetable("every", "it is longer than a hundred years")


def check_leaves_out(timetable: Timetable) -> None:
    """A rule within the day has its times on every day, so a left-out one has nowhere to move."""
    if timetable.calendar is not None and timetable.calendar.on_excluded != "skip":
        raise InvalidTimetable(
            "calendar",
            f"on_excluded '{timetable.calendar.on_excluded}' moves whole days, and this rule "
            "runs within the day: it takes 'skip'",
        )


def check_some_due(
    timetable: Timetable, row: Row, begins: datetime | None, ends: datetime | None
) -> None:
    """Refuse a timetable of which nothing is ever due."""
    if begins is not None:
        found = row.after(begins - TICK)
        ever = found is not None and (ends is None or found <= ends)
    elif ends is not None:
        ever = row.before(ends + TICK) is not None
    else:
        ever = row.after(LOOKED_FROM) is not None or row.before(LOOKED_FROM) is not None
    if not ever:
        raise InvalidTimetable(*why_never(timetable, row))


def why_never(timetable: Timetable, row: Row) -> tuple[str, str]:
    """The field to blame, and the reason."""
    if row.after(LOOKED_FROM) is not None or row.before(LOOKED_FROM) is not None:
        field = "starts_at" if timetable.ends_at is None else "ends_at"
        return field, "no due time lies within the bounds"
    if timetable.calendar is not None:
        return "calendar", "it leaves out every due time of the rule"
    return "on_gap", f"every due time of the rule falls into a clock change of {timetable.zone}"
