"""The `horarium` command as a user meets it: right and wrong input, exit statuses, JSON."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from horarium.cli.run import run as command_line

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def run(database_url: str, tmp_path: Path) -> Run:
    environment = {
        **{k: v for k, v in os.environ.items() if not k.startswith("HORARIUM_")},
        "DATABASE_URL": database_url,
        "HORARIUM_HOME": str(tmp_path / "home"),
    }

    def run(*arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "horarium", *arguments],
            env={**environment, **more},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return run


def test_help_names_every_command(run: Run) -> None:
    done = run("--help")
    assert done.returncode == 0
    for command in ("up", "demo", "web", "worker", "scheduler", "migrate", "check", "import",
                    "report", "schedule", "job", "queue"):  # fmt: skip
        assert command in done.stdout


def test_the_version_is_printed(run: Run) -> None:
    assert run("--version").stdout.strip() == "0.1.0"


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("nonsense",), "nonsense"),
        (("job", "show"), "ID"),
        (("job", "list", "--state", "sleeping"), "sleeping"),
        (("job", "list", "--page", "0"), "--page"),
        (("job", "list", "--count", "100000"), "--count"),
        (("schedule", "preview", "x", "--count", "abc"), "abc"),
        (("schedule", "backfill", "orders", "2010-12-32"), "2010-12-32"),
        (("schedule", "backfill", "orders", "2010-12-02", "2010-12-01"), "before"),
        (("import", "nowhere.csv"), "nowhere.csv"),
        (("import", "x.csv", "--format", "olist"), "olist"),
        (("report", "show", "yesterday"), "yesterday"),
        (("worker", "--concurrency", "0"), "--concurrency"),
        (("worker", "--queues", "a,,b"), "--queues"),
        (("worker", "--app", "no.such.module:app"), "no.such.module"),
    ],
)
def test_wrong_usage_is_one_sentence_and_status_2(
    arguments: tuple[str, ...],
    word: str,
    database_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.chdir(tmp_path)
    assert command_line(arguments) == 2
    said = capsys.readouterr().err
    assert word.lower() in said.lower()
    assert "Traceback" not in said


@pytest.mark.parametrize(
    "arguments",
    [
        ("job", "show", "no-such-job"),
        ("schedule", "preview", "no-such-schedule"),
        ("report", "show", "1999-01-01"),
    ],
)
def test_what_is_not_there_is_said_with_status_1(run: Run, arguments: tuple[str, ...]) -> None:
    done = run(*arguments)
    assert done.returncode == 1
    assert arguments[-1] in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("variable", "value", "word"),
    [
        ("HORARIUM_PORT", "eighty", "HORARIUM_PORT"),
        ("HORARIUM_ZONE", "Europe/Londn", "Europe/London"),
        ("DATABASE_URL", "mysql://x", "postgresql://"),
    ],
)
def test_a_wrong_setting_stops_the_start_with_a_sentence(
    run: Run, variable: str, value: str, word: str
) -> None:
    done = run("check", **{variable: value})
    assert done.returncode == 2
    assert variable in done.stderr
    assert word in done.stderr


def test_a_server_that_does_not_answer_is_named_without_its_password(run: Run) -> None:
    done = run("job", "list", DATABASE_URL="postgresql://me:secret@127.0.0.1:1/none")
    assert done.returncode == 1
    assert "127.0.0.1:1" in done.stderr
    assert "secret" not in done.stderr + done.stdout


def test_check_shows_settings_and_masks_secrets(run: Run, database_url: str) -> None:
    done = run("check", "--json", RABBITMQ_URL="amqp://guest:hidden@127.0.0.1/")
    assert done.returncode == 0, done.stderr
    shown = json.loads(done.stdout)
    assert shown["health"]["ready"] is True
    assert shown["settings"]["rabbitmq_url"] == "amqp://guest:***@127.0.0.1/"
    assert shown["sources"]["database_url"] == "DATABASE_URL"
    assert shown["sources"]["port"] == "default"


def test_a_database_that_is_not_migrated_is_said_and_migrated(
    run: Run, empty_database_url: str
) -> None:
    empty = {"DATABASE_URL": empty_database_url}
    before = run("check", **empty)
    assert before.returncode == 1
    assert "horarium migrate" in before.stdout
    refused = run("worker", **empty)
    assert refused.returncode == 1
    assert "horarium migrate" in refused.stderr
    assert run("migrate", **empty).returncode == 0
    assert run("migrate", **empty).returncode == 0
    assert run("check", **empty).returncode == 0


def test_lists_are_empty_in_words_and_in_json(run: Run) -> None:
    assert "no such jobs" in run("job", "list").stdout
    assert json.loads(run("job", "list", "--json").stdout) == []
    assert "no schedules" in run("schedule", "list").stdout


def test_a_setting_in_the_file_is_used_and_a_wrong_name_refused(run: Run, tmp_path: Path) -> None:
    settings = tmp_path / "horarium.toml"
    settings.write_text('horarium_zone = "Europe/Moscow"\n')
    shown = json.loads(run("check", "--json").stdout)
    assert shown["settings"]["zone"] == "Europe/Moscow"
    assert shown["sources"]["zone"] == "horarium.toml"
    settings.write_text('horarium_zon = "Europe/Moscow"\n')
    done = run("check")
    assert done.returncode == 2
    assert "did you mean horarium_zone" in done.stderr


def test_the_timetable_is_held_foreseen_explained_and_proved(run: Run, tmp_path: Path) -> None:
    put = """
import asyncio
from datetime import UTC, datetime
from horarium import Horarium
from horarium.engine import Cron, Schedule, Timetable
async def main():
    async with Horarium().running() as app:
        rule = Timetable(Cron("0 0 * * *"), zone="Europe/London", key="nightly")
        await app.book.put(Schedule(id="nightly", task="none", timetable=rule), "api")
asyncio.run(main())
"""
    script = tmp_path / "put.py"
    script.write_text(put)
    url = json.loads(run("check", "--json").stdout)["settings"]["database_url"]
    done = subprocess.run(
        [sys.executable, str(script)],
        env={**os.environ, "DATABASE_URL": url},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "00:00:00" in run("schedule", "preview", "nightly").stdout
    assert run("schedule", "forecast", "--hours", "24").stdout.startswith("1 jobs are due")
    assert "not due until" in run("schedule", "explain", "nightly").stdout
    assert run("schedule", "pause", "nightly", "stocktaking").returncode == 0
    assert "stocktaking" in run("schedule", "explain", "nightly").stdout
    assert run("schedule", "resume", "nightly").returncode == 0
    job = run("schedule", "trigger", "nightly").stdout.strip()
    assert json.loads(run("job", "show", job, "--json").stdout)["schedule"] == "nightly"
    proved = run("prove", "--json")
    assert proved.returncode == 0
    assert [each["doubled"] for each in json.loads(proved.stdout)] == [0]
    assert run("prove", "--since", "2026-01-02", "--until", "2026-01-01").returncode == 2
