"""`horarium schedule preview` and `forecast`: what comes, of rules of all kinds and of all."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from horarium.cli.values import interval, weekdays
from horarium.errors import InvalidInput

Horarium = Callable[..., Any]
MARCH = ("--from", "2026-03-28T00:00:00")


def dues(horarium: Horarium, *options: str) -> list[str]:
    done = horarium("schedule", "preview", *options, "--json")
    assert done.status == 0, done.error
    return [each["due"] for each in done.json["due_times"]]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (("--cron", "30 2 * * *", "--zone", "Europe/Berlin"), ["28T01:30", "29T01:00"]),
        (
            ("--cron", "30 2 * * *", "--zone", "Europe/Berlin", "--on-gap", "shift"),
            ["28T01:30", "29T01:30"],
        ),
        (
            ("--cron", "30 2 * * *", "--zone", "Europe/Berlin", "--on-gap", "skip"),
            ["28T01:30", "30T00:30"],
        ),
        (("--every", "1h 30m", "--anchor", "2026-03-28T00:10"), ["28T00:10", "28T01:40"]),
        (
            ("--every", "day", "--anchor", "2026-03-27T08:00", "--zone", "Europe/Berlin"),
            ["28T08:00", "29T07:00"],
        ),
        (("--cron", "0 9 * * *", "--weekdays", "mon-fri"), ["30T09:00", "31T09:00"]),
        (
            ("--cron", "0 9 28 * *", "--weekdays", "mon-fri", "--leave-out", "2026-03-30",
             "--on-excluded", "next", "--ends-at", "2026-04-01"),
            ["31T09:00"],
        ),
        (
            ("--cron", "0 9 * * *", "--keep-to", "2026-03-29", "--keep-to", "2026-03-31"),
            ["29T09:00", "31T09:00"],
        ),
        (
            ("--cron", "@hourly", "--starts-at", "2026-03-29T00:00", "--max-firings", "1"),
            ["29T00:00"],
        ),
        (("--at", "2026-03-30T12:00+02:00"), ["30T10:00"]),
    ],
)  # fmt: skip
def test_a_rule_of_any_kind_is_previewed(
    horarium: Horarium, options: tuple[str, ...], expected: list[str]
) -> None:
    found = dues(horarium, *options, *MARCH, "--count", "2")
    assert found == [f"2026-03-{each}:00Z" for each in expected]


def test_a_repeated_hour_is_previewed_as_asked(horarium: Horarium) -> None:
    rule = ("--cron", "30 2 * * *", "--zone", "Europe/Berlin", "--from", "2026-10-24T12:00")
    night = "2026-10-25T"
    for fold, times in (("first", ["00:30"]), ("second", ["01:30"]), ("both", ["00:30", "01:30"])):
        found = dues(horarium, *rule, "--on-fold", fold, "--count", "2")
        assert [each for each in found if each.startswith(night)] == [
            f"{night}{time}:00Z" for time in times
        ]


def test_h_and_jitter_are_those_of_the_id_that_it_would_have(horarium: Horarium) -> None:
    spread = ("--cron", "H H * * *", *MARCH, "--count", "1")
    assert dues(horarium, *spread, "--key", "a") == dues(horarium, *spread, "--key", "a")
    assert dues(horarium, *spread, "--key", "a") != dues(horarium, *spread, "--key", "b")
    shown = horarium(
        "schedule", "preview", "--cron", "@daily", *MARCH, "--jitter", "600", "--key", "a"
    )
    assert "by jitter" in shown.out


def test_an_interval_without_an_anchor_begins_now(horarium: Horarium) -> None:
    """As it would if it were put into the book: not where the hour begins."""
    before = datetime.now(UTC).replace(microsecond=0)
    first, second = map(
        datetime.fromisoformat, dues(horarium, "--every", "2 hours", "--count", "2")
    )
    assert before <= first <= datetime.now(UTC)
    assert second - first == timedelta(hours=2)
    assert "every 2 hours in UTC" in horarium("schedule", "preview", "--every", "2h").out
    assert "every month in UTC" in horarium("schedule", "preview", "--every", "month").out


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ((), "name a schedule, or a rule with --cron, --every or --at"),
        (("--zone", "Europe/Berlin"), "name a schedule, or a rule"),
        (("nightly", "--zone", "UTC"), "(--zone): one of them"),
        (("--cron", "@daily", "--every", "1d"), "exactly one of cron, every and at, not cron and"),
        (("--cron", "61 * * * *"), "minute:"),
        (("--cron", "0 0 30 2 *"), "day-of-month:"),
        (("--cron", "@daily", "--zone", "Mars/Olympus"), "zone:"),
        (("--cron", "@daily", "--anchor", "2026-01-01"), "--anchor: it is where an interval"),
        (("--cron", "@daily", "--on-excluded", "next"), "--on-excluded: no day is excluded"),
        (("--cron", "@daily", "--weekdays", "mo"), "--weekdays: 'mo' is no day of the week"),
        (("--cron", "@daily", "--max-firings", "3"), "max_firings: it counts from starts_at"),
        (("--cron", "@daily", "--from", "soon"), "--from: 'soon' is no time"),
        (("--every", "2 fortnights"), "--every: '2 fortnights' is no interval"),
        (("--every", "0s"), "every: it is nothing"),
        (("--every", "1d 2h"), "every: it takes either"),
        (("--at", "whenever"), "--at: 'whenever' is no time"),
        (
            ("--cron", "@daily", "--starts-at", "2026-02-01", "--ends-at", "2026-01-01"),
            "ends_at: 2026-01-01 00:00:00+00:00 is before starts_at",
        ),
        (("--every", "2h", "--weekdays", "mon", "--on-excluded", "next"), "calendar: on_excluded"),
    ],
)  # fmt: skip
def test_what_is_no_rule_is_refused_with_its_field(
    horarium: Horarium, options: tuple[str, ...], sentence: str
) -> None:
    refused = horarium("schedule", "preview", *options)
    assert (refused.status, refused.out) == (2, "")
    assert sentence in refused.error


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("90s", {"seconds": 90}),
        ("1h30m", {"hours": 1, "minutes": 30}),
        ("1 hour, 30 minutes", {"hours": 1, "minutes": 30}),
        ("2 Weeks", {"weeks": 2}),
        ("3mo", {"months": 3}),
        ("day", {"days": 1}),
    ],
)
def test_intervals_are_read_in_words_and_letters(text: str, fields: dict[str, int]) -> None:
    assert interval("--every", text) == fields


@pytest.mark.parametrize("text", ["", " ", "5", "-1h", "1h 2h", "1.5h", "h1", "1y", "1 h!", "²h"])
def test_what_is_no_interval_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="it takes one such as 90s"):
        interval("--every", text)


def test_days_of_the_week_are_read_as_lists_and_ranges() -> None:
    assert weekdays("--weekdays", "mon,wed") == ("mon", "wed")
    assert weekdays("--weekdays", "fri-mon") == ("fri", "sat", "sun", "mon")
    with pytest.raises(InvalidInput, match="'' is no day of the week"):
        weekdays("--weekdays", "mon,")


def test_a_forecast_begins_when_it_is_asked_for(horarium: Horarium, tmp_path: Path) -> None:
    task = "horarium.reports:build"
    instants = ["2030-01-01T00:00:10Z", "2030-01-01T00:00:50Z", "2030-01-01T02:00:00Z"]
    drafts = [
        {"id": f"crowd {n}", "task": task, "at": at, "args": ["orders"]}
        for n, at in enumerate(instants)
    ]
    file = tmp_path / "crowd.json"
    file.write_text(json.dumps({"schedules": drafts}), "utf-8")
    assert horarium("schedule", "apply", str(file), "--yes").status == 0
    from_then = ("schedule", "forecast", "--from", "2030-01-01T00:00:00")
    assert horarium(*from_then, "--hours", "2", "--json").json == {"2030-01-01T00:00:00+00:00": 2}
    assert len(horarium(*from_then, "--hours", "3", "--json").json) == 2
    shown = " ".join(horarium(*from_then, "--hours", "3", "--most", "1").out.split())
    assert "3 jobs are due within 3 hours of 2030-01-01 00:00 UTC" in shown
    assert "2030-01-01 00:00" in shown
    assert "2030-01-01 02:00" not in shown
    assert horarium("schedule", "forecast", "--from", "1h", "--json").status == 0
    for wrong, word in (
        (("--from", "then"), "--from: 'then' is no time"),
        (("--hours", "745"), "--hours: it takes a number from 1 to 744, not 745"),
        (("--hours", "0"), "--hours: it takes a number from 1, not 0"),
        (("--most", "0"), "--most: it takes a number from 1, not 0"),
    ):
        refused = horarium("schedule", "forecast", *wrong)
        assert (refused.status, word in refused.error) == (2, True)
