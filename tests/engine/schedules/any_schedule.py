"""Schedules by chance: every kind of rule, all zones, every policy.

What is due every few seconds or minutes is caught up over minutes only; a year of it would be a
test of patience.
"""

import random
from datetime import date, datetime, timedelta

from schedule_examples import DAY, HOUR, SECOND, schedule

from horarium.engine.schedules.schedule import CatchUp, Overlap, Schedule, check, completed
from horarium.engine.schedules.timetable import At, Calendar, Cron, Every, Rule, zone_names
from horarium.errors import InvalidInput

ZONES = sorted(zone_names())
CHANGING = (
    "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/Havana", "Africa/Cairo",
    "Asia/Beirut", "America/Asuncion", "Pacific/Chatham", "Africa/Casablanca", "Europe/Moscow",
)  # fmt: skip
NAMES = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


def any_schedule(chance: random.Random, id: str, now: datetime) -> Schedule:
    """A schedule that can be kept; the same chance gives the same one."""
    while True:
        made = _draft(chance, id, now)
        try:
            check(completed(made, None, now))
        except InvalidInput:
            continue  # bounds without a due time, a day that the zone never has
        return made


def _draft(chance: random.Random, id: str, now: datetime) -> Schedule:
    kind = chance.choices((_often, _within_the_day, _by_the_day, _once), (15, 25, 50, 10))[0]
    often = kind is _often
    zone = chance.choice(CHANGING) if chance.random() < 0.5 else chance.choice(ZONES)
    return schedule(
        kind(chance, now),
        id,
        zone=zone,
        overlap=chance.choice(list(Overlap)),
        catch_up=chance.choice(list(CatchUp)),
        catch_up_window=float(chance.choice([0, 60, 300] if often else [0, 3600, 86_400, 864_000])),
        jitter=timedelta(seconds=chance.choice([0, 0, 0, 20, 3000])),
        on_gap=chance.choice(["first_valid", "shift", "skip"]),
        on_fold=chance.choice(["first", "second", "both"]),
        calendar=_calendar(chance, now) if chance.random() < 0.2 else None,
        **_bounds(chance, now),
    )


def _bounds(chance: random.Random, now: datetime) -> dict[str, object]:
    bounds: dict[str, object] = {}
    if chance.random() < 0.15:
        bounds["starts_at"] = now + chance.randint(-30, 60) * DAY
    if chance.random() < 0.1:
        bounds["ends_at"] = now + chance.randint(70, 400) * DAY
    if chance.random() < 0.1:
        bounds["starts_at"] = bounds.get("starts_at", now)
        bounds["max_firings"] = chance.randint(1, 200)
    return bounds


def _calendar(chance: random.Random, now: datetime) -> Calendar:
    holidays = [(now + chance.randint(0, 365) * DAY).date() for _ in range(12)]
    moved = chance.choice(["skip", "next", "previous"])
    if chance.random() < 0.3:
        some = [(now + chance.randint(0, 365) * DAY).date() for _ in range(60)]
        return Calendar(keep_to=tuple(some), on_excluded=moved)
    return Calendar.business_days([date(day.year, day.month, day.day) for day in holidays], moved)


def _often(chance: random.Random, now: datetime) -> Rule:
    if chance.random() < 0.5:
        return Every(seconds=chance.choice([1, 5, 7, 60, 61, 900]))
    return Cron(chance.choice(["* * * * *", "*/5 * * * * *", "*/7 * * * *", "H/10 * * * *"]))


def _within_the_day(chance: random.Random, now: datetime) -> Rule:
    if chance.random() < 0.4:
        return Every(hours=chance.randint(1, 13), anchor=_whole(now) - chance.randint(0, 9) * HOUR)
    minute, hours = chance.choice(["0", "30", "H", "15,45"]), chance.choice(["*", "*/3", "22-4"])
    return Cron(f"{minute} {hours} * * *")


def _by_the_day(chance: random.Random, now: datetime) -> Rule:
    if chance.random() < 0.25:
        unit, most = chance.choice([("days", 9), ("weeks", 3), ("months", 2)])
        anchor = _whole(now) - chance.randint(0, 40) * DAY + chance.randint(0, 86_399) * SECOND
        return Every(**{unit: chance.randint(1, most)}, anchor=anchor)  # type: ignore[arg-type]
    minute, hour = chance.choice([0, 15, 30, 59]), chance.choice([0, 1, 2, 2, 3, 9, 23])
    day, month, weekday = "*", "*", "*"
    match chance.randrange(8):
        case 0:
            weekday = f"{chance.choice(NAMES)}-{chance.choice(NAMES)}"
        case 1:
            weekday = f"{chance.choice(NAMES)}#{chance.randint(1, 4)}"
        case 2:
            day = chance.choice(["L", "LW", "1", "15W", "31", "1-7", "*/2"])
        case 3:
            weekday = f"{chance.randint(0, 6)}L"
        case 4:
            day, weekday = str(chance.randint(1, 28)), chance.choice(NAMES)
        case 5:
            month = chance.choice(["mar", "oct-nov", "*/3"])
        case _:
            pass
    return Cron(f"{minute} {hour} {day} {month} {weekday}")


def _once(chance: random.Random, now: datetime) -> Rule:
    return At(
        now
        + timedelta(
            seconds=chance.randint(-3600, 200 * 86_400), microseconds=chance.randrange(10**6)
        )
    )


def _whole(now: datetime) -> datetime:
    return now.replace(microsecond=0)
