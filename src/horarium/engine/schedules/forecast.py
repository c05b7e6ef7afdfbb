"""How many firings come in each minute, so that a crowd at midnight is seen before it comes.

Pure but for reading the book. Schedules of one rule are counted once; a rule that is due more
often than once a minute is counted by the minute, not gone through.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

import msgspec

from horarium.database import statement
from horarium.engine.schedules.book import Book
from horarium.engine.schedules.record import decode
from horarium.engine.schedules.schedule import Schedule, course_of
from horarium.engine.schedules.timetable import Course
from horarium.errors import InvalidInput

MINUTE = timedelta(minutes=1)
LONGEST_FORECAST = timedelta(days=31)
_PAGE = 5000


async def forecast(
    book: Book, start: datetime, span: timedelta = timedelta(days=1)
) -> dict[datetime, int]:
    """Firings of all active schedules in each minute of a span; minutes without any are left out.

    Raises:
        InvalidInput: the span is empty, or longer than `LONGEST_FORECAST`.
    """
    if not timedelta(0) < span <= LONGEST_FORECAST:
        days = LONGEST_FORECAST.days
        raise InvalidInput("span", f"it takes more than nothing and at most {days} days")
    crowd: Counter[datetime] = Counter()
    after = ""
    while rows := await _active(book, after):
        crowd += crowd_of(_readable(rows), start, span)
        after = rows[-1]["id"]
    return dict(sorted(crowd.items()))


async def _active(book: Book, after: str) -> Sequence[Any]:
    async with book.database.connection() as connection:
        rows: Sequence[Any] = await connection.fetch(statement(__package__, "active"), after, _PAGE)
    return rows


def _readable(rows: Sequence[Any]) -> Iterator[Schedule]:
    """Those whose due times can be told; a step parks the others."""
    for row in rows:
        with suppress(InvalidInput, msgspec.MsgspecError, ValueError):
            schedule = decode(row["definition"])
            course_of(schedule)
            yield schedule


def crowd_of(schedules: Iterable[Schedule], start: datetime, span: timedelta) -> Counter[datetime]:
    """How many of the schedules fire in each minute from `start` on."""
    courses = Counter(course_of(schedule) for schedule in schedules)
    crowd: Counter[datetime] = Counter()
    for course, schedules_of_it in courses.items():
        for minute, firings in _minutes(course, start, start + span):
            crowd[minute] += firings * schedules_of_it
    return crowd


def _minutes(course: Course, start: datetime, end: datetime) -> Iterable[tuple[datetime, int]]:
    start = start.replace(second=0, microsecond=0)
    tick = timedelta(microseconds=1)
    if course.count_between(start - tick, end - tick) <= (end - start) // MINUTE:
        # From before the start: jitter may carry a due time into the span.
        before = start - course.timetable.jitter - tick
        for due_at in course.due_between(before, end - tick):
            fires_at = course.fires_at(due_at)
            if start <= fires_at < end:
                yield fires_at.replace(second=0, microsecond=0), 1
        return
    while start < end:
        count = course.count_between(start - tick, min(start + MINUTE, end) - tick)
        if count:
            yield start, count
        start += MINUTE
