"""`horarium schedule` and `horarium backfill`, as a user meets them."""

import asyncio
import io
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import pytest

Horarium = Callable[..., Any]

TASK = "horarium.reports:build"
FILE = """
set = "nightly"
prune = true

[[schedules]]
id = "{name} daily"
task = "horarium.reports:build"
cron = "{minute} 1 * * *"
zone = "Europe/Moscow"
args = ["orders"]
labels = {{ queue = "night" }}

[[schedules]]
id = "{name} instant"
task = "horarium.reports:build"
at = 2999-01-01T00:00:00Z
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "timetable.toml"


def write(file: Path, name: str = "a", minute: int = 0) -> None:
    file.write_text(FILE.format(name=name, minute=minute), "utf-8")


def test_a_file_is_planned_applied_and_pruned(horarium: Horarium, file: Path) -> None:
    write(file)
    plan = horarium("schedule", "plan", str(file), "--check")
    assert plan.status == 1
    assert "add" in plan.out
    assert "- > 1" in plan.out
    assert horarium("schedule", "list", "--json").json == []
    assert "2 added" in horarium("schedule", "apply", str(file), "--yes").out
    assert "Nothing would change" in horarium("schedule", "plan", str(file), "--check").out
    write(file, minute=30)
    changes = {each["id"]: each for each in horarium("schedule", "plan", str(file), "--json").json}
    assert changes["a daily"]["change"] == "change"
    assert changes["a instant"]["change"] == "keep"
    assert horarium("schedule", "apply", str(file), "--yes", "--json").json == {
        "added": 0, "changed": 1, "kept": 1, "removed": 0
    }  # fmt: skip
    write(file, "b")
    assert "remove" in horarium("schedule", "plan", str(file)).out
    assert (
        "2 added, 0 changed, 0 kept, 2 retired"
        in horarium("schedule", "apply", str(file), "--yes").out
    )
    shown = horarium("schedule", "show", "b daily", "--json").json["schedule"]
    assert (shown["origin"], shown["schedule"]["queue"]) == ("command line", "night")
    done = horarium("schedule", "list", "--retired", "--text", "a ", "--json").json
    assert [each["state"] for each in done] == ["retired", "retired"]


def test_applying_asks_on_a_terminal_only(
    horarium: Horarium, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(file, "asked")
    done = horarium("schedule", "apply", str(file))
    assert (done.status, "--yes" in done.error) == (2, True)

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr("sys.stdin", Terminal("n\n"))
    done = horarium("schedule", "apply", str(file))
    assert (done.status, "Nothing was changed" in done.out) == (1, True)
    monkeypatch.setattr("sys.stdin", Terminal("y\n"))
    assert "2 added" in horarium("schedule", "apply", str(file)).out


def test_the_codes_schedules_are_planned_against_the_book(horarium: Horarium) -> None:
    plan = horarium("schedule", "plan", "--app", "horarium.app", "--json")
    assert plan.status == 0, plan.error
    assert {each["id"]: each["change"] for each in plan.json}["orders"] == "add"
    assert horarium("schedule", "apply", "--app", "horarium.app", "--yes").status == 0
    shown = horarium("schedule", "show", "orders", "--json").json["schedule"]
    assert (shown["origin"], shown["version"]) == ("code", 1)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("schedules = [", "timetable.toml"),
        ("", "schedules"),
        ('[[schedules]]\nid = "x"\ntask = "none"\ncron = "0 0 * * *"', "there is no task 'none'"),
        (f'[[schedules]]\ntask = "{TASK}"\ncron = "0 0 * * *"', "schedules[0].id"),
        (f'[[schedules]]\nid = "x"\ntask = "{TASK}"\ncron = "0 0 30 2 *"', "day-of-month"),
        (
            f'[[schedules]]\nid = "x"\ntask = "{TASK}"\nat = 2030-01-01T00:00:00',
            "a time with its offset",
        ),
        (
            f'[[schedules]]\nid = "x"\ntask = "{TASK}"\ncron = "@daily"\noverlap = "queue"',
            "schedules[0].overlap: 'queue' is none of skip, buffer_one",
        ),
        (f'[[schedules]]\nid = "x"\ntask = "{TASK}"\ncrom = "0 0 * * *"', "crom"),
    ],
)
def test_a_file_that_cannot_be_used_changes_nothing(
    horarium: Horarium, file: Path, text: str, word: str
) -> None:
    file.write_text(text, "utf-8")
    before = horarium("schedule", "list", "--retired", "--json").out
    for command in (("plan",), ("apply", "--yes")):
        done = horarium("schedule", *command, str(file))
        assert (done.status, done.out) == (2, "")
        assert word in done.error
    assert horarium("schedule", "list", "--retired", "--json").out == before
    assert horarium("schedule", "plan").status == 2
    assert horarium("schedule", "plan", str(file), "--app", "horarium.app").status == 2
    assert horarium("schedule", "plan", str(file.with_name("none.toml"))).status == 2


@pytest.fixture
def daily(horarium: Horarium, file: Path) -> str:
    file.write_text(
        json.dumps(
            {"schedules": [{"id": "daily", "task": TASK, "cron": "0 1 * * *", "args": ["orders"]}]}
        ),
        "utf-8",
    )
    as_json = file.rename(file.with_suffix(".json"))
    done = horarium("schedule", "apply", str(as_json), "--yes")
    assert done.status == 0, done.error
    return "daily"


def test_a_backfill_is_tried_begun_watched_and_cancelled(horarium: Horarium, daily: str) -> None:
    days = ("2026-01-01", "2026-01-10")
    dry = horarium("schedule", "backfill", daily, *days, "--dry-run")
    assert "10 due times: 10 jobs would be enqueued, 0 have one" in dry.out
    begun = horarium(
        "schedule", "backfill", daily, *days, "--concurrency", "2", "--order", "newest", "--keep",
        "--note", "new prices", "--json",
    )  # fmt: skip
    assert (begun.json["due"], begun.json["enqueued"]) == (10, 2)
    id = begun.json["id"]
    shown = horarium("backfill", "show", id)
    assert "filling (new prices): 2 of 10 due times, 2 jobs: 2 queued" in shown.out
    (listed,) = horarium("backfill", "list", daily, "--json").json
    assert (listed["origin"], listed["order"]) == ("command line", "newest first")
    assert id in horarium("backfill", "list", daily).out
    ended = horarium("backfill", "cancel", id, "--note", "wrong prices")
    assert "cancelled (wrong prices)" in ended.out
    assert horarium("backfill", "show", id, "--watch", "--json").json["finished"] is True
    again = horarium("backfill", "cancel", id)
    assert (again.status, "is cancelled" in again.error) == (1, True)
    rest = horarium("schedule", "backfill", daily, *days)
    assert "10 due times: 8 jobs enqueued, 2 had one already." in rest.out
    redone = horarium("schedule", "backfill", daily, *days, "--redo", "--concurrency", "3")
    assert "3 jobs enqueued, 0 had one already, 7 to come" in redone.out
    assert horarium("schedule", "backfill", daily, *days, "--concurrency", "0").status == 2
    assert horarium("schedule", "backfill", daily, *days, "--order", "random").status == 2
    assert horarium("backfill", "show", "none").status == 1


def test_what_became_of_a_due_time(horarium: Horarium, daily: str) -> None:
    horarium("schedule", "backfill", daily, "2026-02-01")
    found = horarium("schedule", "firings", daily, "--since", "2026-02-01", "--json").json
    assert "2026-02-01T01:00:00Z" in [each["due_at"] for each in found]
    assert "backfill" in horarium("schedule", "firings", daily, "--before", "2026-03-01").out
    said = horarium("schedule", "explain", daily, "--due", "2026-02-01T01:00:00")
    assert "it was enqueued: backfill" in said.out
    assert "not due" in horarium("schedule", "explain", daily, "--due", "2999-02-02T01:00:01").out
    assert "no such firings" in horarium("schedule", "firings", daily, "--outcome", "missed").out
    assert horarium("schedule", "firings", daily, "--outcome", "lost").status == 2


def test_acts_of_the_command_line_say_so(horarium: Horarium, daily: str) -> None:
    for command in (
        ("pause", daily, "stocktaking"),
        ("resume", daily, "--note", "it is done"),
        ("trigger", daily, "--note", "wanted now"),
        ("retire", daily, "no longer wanted"),
    ):
        assert horarium("schedule", *command).status == 0
    acts = horarium("schedule", "show", daily, "--json").json["acts"]
    assert [(each["act"], each["note"], each["origin"]) for each in acts[:4]] == [
        ("retire", "no longer wanted", "command line"),
        ("trigger", "wanted now", "command line"),
        ("resume", "it is done", "command line"),
        ("pause", "stocktaking", "command line"),
    ]
    assert "no longer wanted" in horarium("schedule", "show", daily).out
    assert daily in horarium("schedule", "list", "--state", "retired").out
    assert horarium("schedule", "list", "--state", "asleep").status == 2
    assert horarium("schedule", "retire", daily, "again").status == 1


def test_the_standing_proof(horarium: Horarium, daily: str) -> None:
    shown = horarium("prove", "--standing")
    assert (shown.status, "Last proved: not yet" in shown.out) == (0, True)
    assert horarium("prove", "--standing", "--json").json["wrong"] == []
    assert horarium("prove", "--accept", "known").status == 2
    done = horarium("prove", "--accept", "known", "--schedule", daily)
    assert (done.status, "has nothing against" in done.error) == (1, True)


def test_a_rule_that_is_not_saved_is_previewed(horarium: Horarium) -> None:
    rule = ("schedule", "preview", "--cron", "30 2 * * *", "--zone", "Europe/Berlin")
    done = horarium(*rule, "--after", "2026-03-28T00:00:00", "--count", "2", "--json")
    first, second = (each["due"] for each in done.json["due_times"])
    assert (first, second) == ("2026-03-28T01:30:00Z", "2026-03-29T01:00:00Z")
    shown = horarium(*rule, "--after", "2026-03-28T00:00:00")
    assert "30 2 * * * in Europe/Berlin" in shown.out
    for wrong, word in (
        (("--cron", "61 * * * *"), "minute"),
        (("--cron", "@daily", "--zone", "Mars/Olympus"), "zone"),
        ((), "--cron"),
        (("daily", "--cron", "@daily"), "one of them"),
    ):
        refused = horarium("schedule", "preview", *wrong)
        assert refused.status == 2
        assert word in refused.error


def test_a_due_time_without_an_outcome_is_found(horarium: Horarium, daily: str, url: str) -> None:
    async def decide_nothing(days: int) -> None:
        connection = await asyncpg.connect(url)
        await connection.execute(
            "update horarium.schedules set decided_until = decided_until + $2 where id = $1",
            daily,
            timedelta(days=days),
        )
        await connection.close()

    until = datetime.now(UTC) + timedelta(days=5)
    span = ("prove", "--until", f"{until:%Y-%m-%d}", "--schedule", daily)
    assert horarium(*span).status == 0
    asyncio.run(decide_nothing(2))
    found = horarium(*span)
    assert (found.status, "was due, and has no outcome" in " ".join(found.out.split())) == (1, True)
    done = horarium(*span, "--json")
    (proof,) = done.json
    assert (done.status, proof["expected"] - proof["pending"], proof["unexplained"]) == (1, 2, 2)
    asyncio.run(decide_nothing(-2))
    assert horarium(*span).status == 0
