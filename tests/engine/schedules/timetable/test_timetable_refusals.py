"""What is refused, and whether the sentence names the field and the reason."""

from datetime import UTC, date, datetime, timedelta

import msgspec
import pytest

from horarium.engine.schedules.timetable import (
    At,
    Calendar,
    Cron,
    Every,
    InvalidTimetable,
    Timetable,
    validate,
)

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
NAIVE = datetime(2026, 11, 21, 12)  # noqa: DTZ001 - what is refused
FIRST, LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
HOURLY = Cron("@hourly")
DAILY = Cron("@daily")

EXPRESSIONS = [
    ("", "expression", "'' has 0 fields, and takes 5, or 6 with seconds first"),
    ("* * * *", "expression", "has 4 fields"),
    ("* * * * * * *", "expression", "has 7 fields"),
    ("@reboot", "expression", "'@reboot' is not one of @hourly"),
    ("@every 5m", "expression", "'@every 5m' is not one of"),
    ("@", "expression", "'@' is not one of"),
    ("* " * 600, "expression", "more than 1000 characters"),
    ("60 * * * *", "minute", "'60' is outside 0..59"),
    ("61 * * * *", "minute", "'61' is outside 0..59"),
    ("-1 * * * *", "minute", "an empty value in '-1' is not a number"),
    ("5- * * * *", "minute", "an empty value in '5-' is not a number"),
    ("1-2-3 * * * *", "minute", "'2-3' in '1-2-3' is not a number"),
    ("1--3 * * * *", "minute", "'-3' in '1--3' is not a number"),
    ("10-70 * * * *", "minute", "'70' is outside 0..59"),
    ("1,,2 * * * *", "minute", "'1,,2' has an empty entry"),
    (", * * * *", "minute", "',' has an empty entry"),
    ("1, * * * *", "minute", "'1,' has an empty entry"),
    ("*/0 * * * *", "minute", "step '0' in '*/0' is outside 1..59"),
    ("*/60 * * * *", "minute", "step '60' in '*/60' is outside 1..59"),
    ("*/ * * * *", "minute", "'*/' needs a whole number after '/'"),
    ("*/x * * * *", "minute", "'*/x' needs a whole number after '/'"),
    ("*/2/3 * * * *", "minute", "'*/2/3' needs a whole number after '/'"),
    ("*/-5 * * * *", "minute", "'*/-5' needs a whole number after '/'"),
    ("/5 * * * *", "minute", "an empty value in '/5' is not a number"),
    ("** * * * *", "minute", "'**' is not a number"),
    ("*-5 * * * *", "minute", "'*' in '*-5' is not a number"),
    ("1.5 * * * *", "minute", "'1.5' is not a number"),
    ("+5 * * * *", "minute", "'+5' is not a number"),
    ("² * * * *", "minute", "'²' is not a number"),
    ("٣ * * * *", "minute", "'٣' is not a number"),
    ("? * * * *", "minute", "'?' is not a number"),
    ("mon * * * *", "minute", "'mon' is not a number"),
    ("L * * * *", "minute", "'L' is not a number"),
    ("H(0-70) * * * *", "minute", "'70' is outside 0..59"),
    ("H(5) * * * *", "minute", "'H(5)' is not of the form H"),
    ("H( * * * *", "minute", "'H(' is not of the form H"),
    ("H5 * * * *", "minute", "'H5' is not of the form H"),
    ("H(0-9)/20 * * * *", "minute", "step '20' in 'H(0-9)/20' is longer than its range"),
    ("H/0 * * * *", "minute", "step '0' in 'H/0' is outside 1..59"),
    ("60 * * * * *", "second", "'60' is outside 0..59"),
    ("x * * * * *", "second", "'x' is not a number"),
    ("0 24 * * *", "hour", "'24' is outside 0..23"),
    ("0 */24 * * *", "hour", "step '24' in '*/24' is outside 1..23"),
    ("0 22-24 * * *", "hour", "'24' is outside 0..23"),
    ("0 noon * * *", "hour", "'noon' is not a number"),
    ("0 0 0 * *", "day-of-month", "'0' is outside 1..31"),
    ("0 0 32 * *", "day-of-month", "'32' is outside 1..31"),
    ("0 0 W * *", "day-of-month", "'W' needs a day before it, such as '15W'"),
    ("0 0 32W * *", "day-of-month", "'32' is outside 1..31"),
    ("0 0 1-5W * *", "day-of-month", "'1-5' in '1-5W' is not a number"),
    ("0 0 LL * *", "day-of-month", "'LL' is not a number"),
    ("0 0 L-3 * *", "day-of-month", "'L' in 'L-3' is not a number"),
    ("0 0 ? * *", "day-of-month", "'?' is not a number"),
    ("0 0 * 0 *", "month", "'0' is outside 1..12"),
    ("0 0 * 13 *", "month", "'13' is outside 1..12"),
    ("0 0 * foo *", "month", "'foo' is not a number or a name (jan..dec)"),
    ("0 0 * january *", "month", "'january' is not a number or a name (jan..dec)"),
    ("0 0 * jan-foo *", "month", "'foo' in 'jan-foo' is not a number or a name (jan..dec)"),
    ("0 0 * * 8", "day-of-week", "'8' is outside 0..7"),
    ("0 0 * * */8", "day-of-week", "step '8' in '*/8' is outside 1..7"),
    ("0 0 * * foo", "day-of-week", "'foo' is not a number or a name (sun..sat)"),
    ("0 0 * * L", "day-of-week", "'L' needs a weekday before it, such as '5L'"),
    ("0 0 * * 8L", "day-of-week", "'8' is outside 0..7"),
    ("0 0 * * fri#0", "day-of-week", "'fri#0' needs a number from 1 to 5 after '#'"),
    ("0 0 * * fri#6", "day-of-week", "'fri#6' needs a number from 1 to 5 after '#'"),
    ("0 0 * * fri#", "day-of-week", "'fri#' needs a number from 1 to 5 after '#'"),
    ("0 0 * * #2", "day-of-week", "an empty value in '#2' is not a number"),
    ("0 0 * * foo#2", "day-of-week", "'foo' in 'foo#2' is not a number"),
    ("0 0 * * 1-5#2", "day-of-week", "'1-5' in '1-5#2' is not a number"),
    ("0 0 30 2 *", "day-of-month", "'30' with month '2' and day-of-week '*' is a day that never"),
    ("0 0 31 4,6 *", "day-of-month", "is a day that never comes"),
    ("0 0 31 2,4,6,9,11 *", "day-of-month", "is a day that never comes"),
    ("0 0 31W 4 *", "day-of-month", "is a day that never comes"),
    ("0 0 30-31 feb */2", "day-of-month", "is a day that never comes"),
    ("0 0 1-7 2 */9", "day-of-week", "step '9' in '*/9' is outside 1..7"),
]


@pytest.mark.parametrize(("text", "field", "reason"), EXPRESSIONS)
def test_an_expression_is_refused_by_field_and_reason(text, field, reason):
    with pytest.raises(InvalidTimetable) as refusal:
        validate(Timetable(Cron(text), key="report"))
    assert refusal.value.field == field
    assert reason in refusal.value.reason
    kind = "" if field == "expression" else "cron field "
    assert str(refusal.value) == f"{kind}'{field}': {refusal.value.reason}"


WEEKEND = Calendar(weekdays=("sat", "sun"))

TIMETABLES = [
    (Timetable(DAILY, "Europe/Moskow"), "zone", "did you mean Europe/Moscow"),
    (Timetable(DAILY, "moscow"), "zone", "did you mean Europe/Moscow?"),
    (Timetable(DAILY, "europe/berlin"), "zone", "did you mean Europe/Berlin"),
    (Timetable(DAILY, "New York"), "zone", "did you mean America/New_York?"),
    (Timetable(DAILY, ""), "zone", "'' is not a zone"),
    (Timetable(DAILY, "../../etc/passwd"), "zone", "is not a zone"),
    (Timetable(DAILY, "Europe"), "zone", "is not a zone"),
    (Timetable(DAILY, starts_at=NOON, ends_at=NOON - timedelta(1)), "ends_at", "before starts_at"),
    (
        Timetable(DAILY, starts_at=NOON, ends_at=NOON + timedelta(hours=1)),
        "ends_at",
        "no due time lies within the bounds",
    ),
    (Timetable(At(NOON), starts_at=NOON + timedelta(1)), "starts_at", "no due time lies within"),
    (Timetable(At(NOON), ends_at=NOON - timedelta(1)), "ends_at", "no due time lies within"),
    (Timetable(DAILY, starts_at=NAIVE), "starts_at", "has no zone"),
    (Timetable(DAILY, ends_at=NAIVE), "ends_at", "has no zone"),
    (Timetable(At(NAIVE)), "at", "has no zone"),
    (Timetable(DAILY, ends_at=LAST), "ends_at", "is not within the years 101..9800"),
    (Timetable(DAILY, starts_at=FIRST), "starts_at", "is not within the years 101..9800"),
    (Timetable(Every(days=1, anchor=NAIVE)), "anchor", "has no zone"),
    (Timetable(DAILY, max_firings=0, starts_at=NOON), "max_firings", "'0' is not 1 or more"),
    (Timetable(DAILY, max_firings=3), "max_firings", "counts from starts_at"),
    (Timetable(DAILY, jitter=timedelta(-1), key="a"), "jitter", "negative"),
    (Timetable(DAILY, jitter=timedelta(seconds=1)), "key", "there is none"),
    (Timetable(Cron("H 3 * * *")), "key", "'H' spreads schedules by key"),
    (Timetable(DAILY, on_gap="later"), "on_gap", "'later' is not one of first_valid, shift, skip"),
    (Timetable(DAILY, on_fold="third"), "on_fold", "'third' is not one of first, second, both"),
    (Timetable(Every()), "every", "it is nothing"),
    (Timetable(Every(days=1, hours=2)), "every", "takes either seconds"),
    (Timetable(Every(days=1, months=2)), "every", "takes either seconds"),
    (Timetable(Every(seconds=-5)), "seconds", "'-5' is negative"),
    (Timetable(Every(days=40_000)), "every", "longer than a hundred years"),
    (Timetable(Every(months=1300)), "every", "longer than a hundred years"),
    (Timetable(Every(hours=10**9)), "every", "longer than a hundred years"),
    (Timetable(At(NOON), calendar=WEEKEND), "calendar", "takes no calendar"),
    (Timetable(DAILY, calendar=Calendar(weekdays=())), "calendar", "leaves out every day"),
    (Timetable(DAILY, calendar=Calendar(keep_to=())), "calendar", "leaves out every day"),
    (
        Timetable(
            DAILY,
            calendar=Calendar(leave_out=(date(2026, 12, 25),), keep_to=(date(2026, 12, 25),)),
        ),
        "calendar",
        "leaves out every day",
    ),
    (
        Timetable(Cron("0 9 * * 1-5"), calendar=WEEKEND),
        "calendar",
        "leaves out every due time of the rule",
    ),
    (
        Timetable(Every(weeks=1, anchor=NOON - timedelta(2)), calendar=WEEKEND),
        "calendar",
        "leaves out every due time of the rule",
    ),
    (
        Timetable(HOURLY, calendar=Calendar.business_days(on_excluded="next")),
        "calendar",
        "it takes 'skip'",
    ),
    (
        Timetable(Every(minutes=90), calendar=Calendar.business_days(on_excluded="previous")),
        "calendar",
        "it takes 'skip'",
    ),
    (Timetable(DAILY, calendar=Calendar(on_excluded="drop")), "calendar", "'drop' is not one of"),
    (Timetable(DAILY, calendar=Calendar(weekdays=("maandag",))), "calendar", "'maandag' is not"),
    (
        Timetable(Cron("30 2 */40 3 *"), "Europe/Berlin", on_gap="skip"),
        "day-of-month",
        "step '40'",
    ),
]


@pytest.mark.parametrize(("timetable", "field", "reason"), TIMETABLES)
def test_a_timetable_is_refused_by_field_and_reason(timetable, field, reason):
    with pytest.raises(InvalidTimetable) as refusal:
        validate(timetable)
    assert refusal.value.field == field
    assert reason in refusal.value.reason


def test_a_rule_that_a_clock_change_always_swallows_is_refused():
    """Since 1996 the clock in Berlin skips 02:30 on exactly that day, and so it stays."""
    rule = Timetable(Cron("30 2 * 3 SunL"), "Europe/Berlin", starts_at=NOON, on_gap="skip")
    with pytest.raises(InvalidTimetable) as refusal:
        validate(rule)
    assert refusal.value.field == "starts_at"
    validate(msgspec.structs.replace(rule, on_gap="shift"))


def test_a_day_that_comes_in_some_years_is_not_refused():
    for text in ("0 0 29 2 *", "0 0 29 2 */7", "0 0 */30 2 fri#1", "0 0 * 2 sun#5", "0 0 31 4 1"):
        validate(Timetable(Cron(text)))


def test_extra_space_and_case_do_not_matter():
    validate(Timetable(Cron("  0\t9  *  JAN-mar   Mon-FRI ")))
    validate(Timetable(Cron("@Daily")))
