"""Rules in a few words: pure."""

from datetime import UTC, datetime

import pytest

from horarium.engine import At, Cron, Every, worded
from horarium.engine.schedules.timetable import Rule


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        (Cron("0 9 * * 1-5"), "0 9 * * 1-5"),
        (Cron("@daily"), "@daily"),
        (Every(days=1), "every day"),
        (Every(hours=2), "every 2 hours"),
        (Every(hours=1, seconds=30), "every hour 30 seconds"),
        (Every(seconds=86_400), "every 86,400 seconds"),
        (At(datetime(2026, 3, 2, 9, tzinfo=UTC)), "once at 2026-03-02 09:00:00 UTC"),
    ],
)
def test_rules_in_a_few_words(rule: Rule, words: str) -> None:
    assert worded(rule) == words
