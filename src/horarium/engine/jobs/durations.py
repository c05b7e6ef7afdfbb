"""Spans and instants of time as labels write them."""

from datetime import datetime, timedelta
from typing import Any

SECONDS = "seconds or a timedelta"
INSTANT = "an instant with its zone, from the year 2 to the year 9998"
LONGEST = 10.0**9


def is_in_range(instant: datetime) -> bool:
    """Whether an instant can be kept, shown in every zone, and reckoned with.

    The last and the first that Python has are PostgreSQL's words for never and for always, and
    cannot be reckoned with there.
    """
    return instant.tzinfo is not None and 2 <= instant.year <= 9998


def seconds(value: Any) -> float | None:
    """Seconds, 0 or more, below `LONGEST`; `None` where the value is no span of time."""
    if isinstance(value, timedelta):
        value = value.total_seconds()
    if isinstance(value, bool):
        return None
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return number if 0 <= number < LONGEST else None
