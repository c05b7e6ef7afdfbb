"""From a timetable to its course, or to the one sentence that says why it cannot be kept."""

from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import assert_never

from horarium.engine.schedules.timetable.calendar import Keeping, Kept, MovedBack, MovedOn
from horarium.engine.schedules.timetable.checks import (
    check_choices,
    check_instant,
    check_interval,
    check_leaves_out,
    check_some_due,
)
from horarium.engine.schedules.timetable.clock_times import DAY, one_time
from horarium.engine.schedules.timetable.course import (
    TICK,
    Course,
    Once,
    Repeated,
    Row,
    nth_due,
    whole_seconds,
)
from horarium.engine.schedules.timetable.days import EPOCH, Days, EveryDays, EveryMonths
from horarium.engine.schedules.timetable.expression import expression
from horarium.engine.schedules.timetable.invalid import InvalidTimetable
from horarium.engine.schedules.timetable.pattern import Pattern
from horarium.engine.schedules.timetable.rules import At, Cron, Every, OnFold, OnGap, Timetable
from horarium.engine.schedules.timetable.series import ElapsedSeries, KeptSeries, LocalSeries
from horarium.engine.schedules.timetable.zone import EPOCH_INSTANT, Zone, zone

MONDAY = 4  # 1970-01-05


@lru_cache(maxsize=4096)
def compiled(timetable: Timetable) -> Course:
    """The course of a timetable; raises InvalidTimetable where there is none."""
    check_choices(timetable)
    row = row_of(timetable)
    begins = beginning(timetable)
    ends = ending(timetable, row, begins)
    check_some_due(timetable, row, begins, ends)
    return Course(timetable, row, begins, ends)


def row_of(timetable: Timetable) -> Row:
    """The due times of the rule, in its zone and with its calendar."""
    where = zone(timetable.zone)
    rule = timetable.rule
    match rule:
        case Cron():
            found = expression(rule.expression, timetable.key)
            pattern = Pattern(found.days, found.times)
            return row_of_pattern(timetable, pattern, where, sub_daily=found.sub_daily)
        case Every():
            return row_of_interval(timetable, rule, where)
        case At():
            check_instant("at", rule.instant)
            if timetable.calendar is not None:
                raise InvalidTimetable("calendar", "a single instant takes no calendar")
            return Once(rule.instant)
        case _:
            assert_never(rule)


def row_of_interval(timetable: Timetable, rule: Every, where: Zone) -> Row:
    check_interval(rule)
    anchor = anchor_of(rule)
    elapsed = rule.seconds + 60 * rule.minutes + 3600 * rule.hours
    if elapsed:
        return row_of_elapsed(timetable, ElapsedSeries(elapsed, anchor or 0), where)
    local = 0 if anchor is None else anchor + where.span(anchor).offset
    day, time = divmod(local, DAY)
    pattern = Pattern(interval_days(rule, None if anchor is None else day), one_time(time))
    return row_of_pattern(timetable, pattern, where, sub_daily=False)


def interval_days(rule: Every, anchor: int | None) -> Days:
    if rule.days:
        return EveryDays(rule.days, anchor or 0)
    if rule.weeks:
        return EveryDays(7 * rule.weeks, MONDAY if anchor is None else anchor)
    return EveryMonths(rule.months, date.fromordinal((anchor or 0) + EPOCH))


def row_of_elapsed(timetable: Timetable, series: ElapsedSeries, where: Zone) -> Row:
    if timetable.calendar is None:
        return Repeated(series)
    check_leaves_out(timetable)
    return Repeated(KeptSeries(series, where, Keeping(timetable.calendar)))


def row_of_pattern(timetable: Timetable, pattern: Pattern, where: Zone, *, sub_daily: bool) -> Row:
    if sub_daily:
        check_leaves_out(timetable)
    on_gap: OnGap = "skip" if sub_daily else timetable.on_gap
    on_fold: OnFold = "both" if sub_daily else timetable.on_fold
    kept = Pattern(kept_days(timetable, pattern.days), pattern.times)
    return Repeated(LocalSeries(kept, where, on_gap, on_fold))


def kept_days(timetable: Timetable, days: Days) -> Days:
    calendar = timetable.calendar
    if calendar is None:
        return days
    keeping = Keeping(calendar)
    match calendar.on_excluded:
        case "skip":
            return Kept(days, keeping)
        case "next":
            return MovedOn(days, keeping)
        case "previous":
            return MovedBack(days, keeping)
        case _:
            assert_never(calendar.on_excluded)


def beginning(timetable: Timetable) -> datetime | None:
    """The later of `starts_at` and the anchor, where there is one."""
    rule = timetable.rule
    anchor = anchor_of(rule) if isinstance(rule, Every) else None
    first = None if anchor is None else EPOCH_INSTANT + timedelta(seconds=anchor)
    given = [moment for moment in (timetable.starts_at, first) if moment is not None]
    return max(given, default=None)


def ending(timetable: Timetable, row: Row, begins: datetime | None) -> datetime | None:
    """The earlier of `ends_at` and the due time that uses up `max_firings`."""
    number = timetable.max_firings
    if number is None or isinstance(timetable.rule, At):
        return timetable.ends_at
    if begins is None:
        raise InvalidTimetable("max_firings", "it counts from starts_at; give that as well")
    last = nth_due(row, begins - TICK, number)
    given = [moment for moment in (timetable.ends_at, last) if moment is not None]
    return min(given, default=None)


def anchor_of(rule: Every) -> int | None:
    return None if rule.anchor is None else whole_seconds(rule.anchor)
