"""A mark: how far an attempt has come, as the attempt tells it. Pure.

It is a fraction from 0 to 1, a note and a state for people, and data of the task's own. What a call
does not name stays as it was told before.
"""

import math
from enum import Enum
from typing import Any

import msgspec

from horarium.engine.jobs.job import Mark
from horarium.engine.jobs.storable import has_nul, storable
from horarium.errors import InvalidInput

MOST_NOTE = 1000
MOST_STATE = 100
"""Characters that are kept of a note and a state."""

MOST_META = 64 * 1024
"""Bytes of JSON that a task's own data may have."""


class Unset(Enum):
    """Says that a call does not name something."""

    UNSET = "unset"


UNSET = Unset.UNSET


def next_mark(
    before: Mark,
    fraction: Any = UNSET,
    *,
    note: str | Unset | None = UNSET,
    state: str | Unset | None = UNSET,
    meta: bytes | Unset | None = UNSET,
) -> Mark:
    """The mark after another; what is not named stays as it was.

    Raises:
        InvalidInput: a value that is no progress.
    """
    return Mark(
        fraction=before.fraction if fraction is UNSET else read_fraction(fraction),
        note=before.note if isinstance(note, Unset) else _text("note", note, MOST_NOTE),
        state=before.state if isinstance(state, Unset) else _text("state", state, MOST_STATE),
        meta=before.meta if isinstance(meta, Unset) else _meta(meta),
        number=before.number + 1,
    )


def read_fraction(value: Any) -> float | None:
    """A fraction as it was told; `None` stays `None`.

    Raises:
        InvalidInput: it is no number from 0 to 1.
    """
    if value is None:
        return None
    takes = "progress is a number from 0 (begun) to 1 (done), such as 0.4"
    if isinstance(value, bool | str | bytes):
        raise InvalidInput("progress", f"{value!r} is no number; {takes}")
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        raise InvalidInput("progress", f"{value!r} is no number; {takes}") from None
    if math.isnan(number) or not 0.0 <= number <= 1.0:
        raise InvalidInput("progress", f"{value!r} is outside 0..1; {takes}")
    return number


def _text(field: str, value: Any, most: int) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str):
        raise InvalidInput(field, f"{value!r} is no text; progress takes a {field} of words")
    text = storable(value)
    return text if len(text) <= most else text[: most - 1] + "…"


def _meta(value: bytes | None) -> Any:
    if value is None:
        return None
    if len(value) > MOST_META:
        reason = f"it has {len(value):,} bytes of JSON; progress keeps at most {MOST_META:,}"
        raise InvalidInput("meta", reason)
    if has_nul(value):
        raise InvalidInput("meta", "it has text with the character NUL, which cannot be kept")
    try:
        return msgspec.json.decode(value)
    except (ValueError, msgspec.DecodeError, RecursionError) as error:
        raise InvalidInput("meta", f"it cannot be read back: {error}") from None
