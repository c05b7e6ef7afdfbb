"""How fast due times are found: of ordinary patterns one after the other, of the rarest one.

Pure, in this process and in its CPU time; no server is asked.
"""

import time
from collections.abc import Iterator
from datetime import UTC, datetime

from benchmarks.figures import Figure, Quantity, Verdict
from benchmarks.session import Session
from horarium.engine import Cron, Timetable, compiled

ORDINARY = (
    ("* * * * *", "UTC"),
    ("*/5 * * * *", "Europe/Berlin"),
    ("0 9 * * 1-5", "Europe/Moscow"),
    ("30 2 * * *", "America/New_York"),
    ("0 0 1 * *", "Asia/Tokyo"),
    ("*/10 * * * * *", "UTC"),
)
RAREST = (
    ("0 0 29 2 */7", "Pacific/Apia"),  # 29 February on a Sunday: every 28 years, or 40
    ("0 0 29 2 mon#5", "Australia/Lord_Howe"),
    ("0 0 31 12 */7", "Africa/Cairo"),
)
START = datetime(2026, 3, 2, 12, tzinfo=UTC)
_COUNT = 20_000
_WANTED = 100_000
_MOST_MS = 5.0


async def measure(_session: Session) -> list[Quantity]:
    """The slowest of the ordinary patterns counts, and the slowest first look for the rarest."""
    rates = Quantity(
        name="due times",
        title="Due times one after the other, a second of CPU",
        unit="/s",
        figures=[
            Figure(peer=f"{rule} {zone}", values=[rate(rule, zone)]) for rule, zone in ORDINARY
        ],
    )
    rarest = Quantity(
        name="rarest due time",
        title="The next due time of the rarest patterns, read and compiled each time",
        unit="ms",
        figures=[
            Figure(peer=f"{rule} {zone}", values=[1000 * found for found in rare(rule, zone)])
            for rule, zone in RAREST
        ],
        more_is_better=False,
        digits=2,
    )
    slowest = min(value for each in rates.figures for value in each.values)
    target = f"the slowest of them ≥ {_WANTED:,} /s"
    rates.verdicts = [Verdict(target, f"{slowest:,.0f} /s", slowest >= _WANTED)]
    longest = max(value for each in rarest.figures for value in each.values)
    target = f"the longest of them ≤ {_MOST_MS:g} ms"
    rarest.verdicts = [Verdict(target, f"{longest:.2f} ms", longest <= _MOST_MS)]
    return [rates, rarest]


def rate(rule: str, zone: str) -> float:
    """Within this century: whoever comes to its end begins again, with what is known by then."""
    course = compiled(Timetable(Cron(rule), zone))
    due = START
    began = time.process_time()
    for _ in range(_COUNT):
        coming = course.next_due(due)
        due = START if coming is None or coming.year > 2100 else coming
    return _COUNT / (time.process_time() - began)


def rare(rule: str, zone: str) -> Iterator[float]:
    """CPU seconds, with a course of its own each time: nothing is known from before."""
    for number in range(5):
        timetable = Timetable(Cron(rule), zone, key=str(number))
        began = time.process_time()
        assert compiled(timetable).next_due(START) is not None
        yield time.process_time() - began
