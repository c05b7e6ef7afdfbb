"""msgspec's messages in plain words."""

from typing import Any

import msgspec
import pytest

from horarium.engine import Draft, Drafts
from horarium.mismatch import refusal


@pytest.mark.parametrize(
    ("message", "field", "reason"),
    [
        ("Expected `int`, got `str` - at `$.a[0].b`", "a[0].b", "it takes a whole number"),
        ("Expected `int | null`, got `str` - at `$.a`", "a", "it takes a whole number"),
        ("Expected `int` >= 1 - at `$.a`", "a", "it takes a whole number of at least 1"),
        (
            "Expected `str` of length <= 5 - at `$.a`",
            "a",
            "it takes a text of at most 5 characters",
        ),
        ("Expected `array` of length >= 1 - at `$.a`", "a", "it takes a list of at least 1 item"),
        ("Expected `object`, got `array`", "body", "it takes an object"),
        ("Object missing required field `b` - at `$.a`", "a.b", "it is missing"),
        ("Object contains unknown field `b`", "b", "there is no such field"),
        ("Invalid RFC3339 encoded date - at `$.a`", "a", "it takes a date such as 2010-12-01"),
        ("Invalid enum value 'x' - at `$.a`", "a", "'x' is none of its values; /docs lists them"),
        (
            "Expected `str` matching regex '^[A-Z]{3}$' - at `$.a`",
            "a",
            "it takes an ISO 4217 code such as GBP",
        ),
        ("something new - at `$.a`", "a", "something new"),
    ],
)
def test_refusals_in_words(message: str, field: str, reason: str) -> None:
    assert refusal(message) == (field, reason)


@pytest.mark.parametrize(
    ("wanted", "value", "field", "reason"),
    [
        (
            Draft,
            {"overlap": "queue"},
            "overlap",
            "'queue' is none of skip, buffer_one, buffer_all, cancel_other, allow",
        ),
        (Draft, {"on_gap": "later"}, "on_gap", "'later' is none of first_valid, shift, skip"),
        (
            Draft,
            {"calendar": {"weekdays": ["mon", "tuesday"]}},
            "calendar.weekdays[1]",
            "'tuesday' is none of fri, mon, sat, sun, thu, tue, wed",
        ),
        (
            Drafts,
            {"schedules": [{"task": "a", "catch_up": "some"}]},
            "schedules[0].catch_up",
            "'some' is none of none, latest, all",
        ),
    ],
)
def test_what_a_field_chooses_from_is_listed(
    wanted: Any, value: dict[str, Any], field: str, reason: str
) -> None:
    with pytest.raises(msgspec.ValidationError) as refused:
        msgspec.convert({"task": "a", **value} if wanted is Draft else value, wanted)
    assert refusal(str(refused.value), of=wanted) == (field, reason)
