"""Spans of time as labels write them."""

from datetime import timedelta
from typing import Any

SECONDS = "seconds or a timedelta"
LONGEST = 10.0**9


def seconds(value: Any) -> float | None:
    """Seconds, 0 or more, below `LONGEST`; `None` where the value is no span of time."""
    if isinstance(value, timedelta):
        value = value.total_seconds()
    if isinstance(value, bool):
        return None
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if 0 <= number < LONGEST else None
