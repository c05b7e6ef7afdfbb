"""How people and addresses name a period: by a day in it, or by an instant in it. Pure."""

import re
from datetime import date, datetime
from typing import Annotated

import msgspec

from horarium.errors import InvalidInput
from horarium.reports.period import Every, Period, period_at, period_of

YEARS = range(1900, 2200)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_Instant = Annotated[datetime, msgspec.Meta(tz=True)]


def period_named(field: str, text: str, every: Every, zone: str) -> Period:
    """The period that a text names.

    Args:
        text: a day, such as ``2010-12-01``, of the zone; or an instant with its offset, such as
            ``2010-12-01T08:00:00Z``. An hour is named by an instant only.

    Raises:
        InvalidInput: it names none.
    """
    named = _read(field, text)
    _check_year(field, named.year)
    try:
        if isinstance(named, datetime):
            return period_at(named, every, zone)
        if every != "hour":
            return period_of(named, every, zone)
    except InvalidInput as error:
        raise InvalidInput(field, error.reason) from None
    raise InvalidInput(field, f"name an hour by an instant in it, such as {named}T08:00:00Z")


def _read(field: str, text: str) -> date | datetime:
    try:
        if _DAY.fullmatch(text):
            return date.fromisoformat(text)
        # A plus sign that was not escaped in an address arrives as a space.
        return msgspec.convert(text.replace(" ", "+"), _Instant)
    except ValueError:
        raise InvalidInput(
            field,
            f"{text[:40]!r} is neither a day, such as 2010-12-01, nor an instant, such as "
            "2010-12-01T08:00:00Z",
        ) from None


def _check_year(field: str, year: int) -> None:
    if year not in YEARS:
        raise InvalidInput(field, f"the year has to be from {YEARS[0]} to {YEARS[-1]}, not {year}")
