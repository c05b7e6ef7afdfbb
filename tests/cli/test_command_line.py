"""The `horarium` command as a user meets it: right and wrong input, exit statuses, JSON."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import get_args

import asyncpg
import pytest

from horarium import reports
from horarium.accounts import Role
from horarium.cli import deliveries, exports, job_filter, summaries, users
from horarium.cli.run import run as command_line
from horarium.deliveries import DeliveryState
from horarium.engine import State
from horarium.exports import Format

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def environment(database_url: str, tmp_path: Path) -> dict[str, str]:
    return {
        **{k: v for k, v in os.environ.items() if not k.startswith("HORARIUM_")},
        "DATABASE_URL": database_url,
        "HORARIUM_HOME": str(tmp_path / "home"),
    }


@pytest.fixture
def run(environment: dict[str, str], tmp_path: Path) -> Run:
    """A process for each command."""

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


@pytest.fixture
def run_here(
    environment: dict[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Run:
    """The same in this process, for what a command says and returns: a start takes a second."""

    def run_here(*arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
        with monkeypatch.context() as patch:
            patch.chdir(tmp_path)
            patch.setattr(os, "environ", {**environment, **more})
            patch.delitem(sys.modules, "horarium.app", raising=False)  # it has read its settings
            status = command_line(arguments)
            sys.modules.pop("horarium.app", None)
        return subprocess.CompletedProcess(arguments, status, *capsys.readouterr())

    return run_here


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
        (("import", "x.csv", "--format", "ebay"), "ebay"),
        (("report", "show", "yesterday"), "yesterday"),
        (("report", "series", "--from", "2010-99-99"), "--from: '2010-99-99' is no day"),
        (("report", "series", "--every", "weak"), "day, week, month; did you mean week?"),
        (("report", "top", "things"), "WHAT: 'things' is none of"),
        (("report", "orders", "--count", "0"), "a number from 1 to 1000, not 0"),
        (("schedule", "forecast", "--hours", "745"), "a number from 1 to 744"),
        (("schedule", "firings", "x", "--since", "soon"), "--since: 'soon' is no time"),
        (("job", "list", "--page", "9" * 22), "--page: it takes a number from 1 to 1000000000"),
        (("journal", "show", "2026-11-20"), "journal show does not take '2026-11-20'"),
        (("user", "add", "eve", "--zone", "Mars"), "is no time zone; it takes an IANA name such"),
        (("queue", "pause"), "NAME is missing\nTry: horarium queue pause --help"),
        (("report", "export"), "report export: --output is missing"),
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


@pytest.mark.parametrize("arguments", ["", "schedule preview --cron '* * * * *' --count 1000"])
def test_who_closes_the_pipe_has_read_enough(arguments: str) -> None:
    command = f"{sys.executable} -m horarium {arguments} | head -n 1; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(
        ["bash", "-c", command], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert len(done.stdout.splitlines()) == 1


def test_choices_are_those_that_there_are() -> None:
    """They are written down, since the command line imports only what a command uses."""
    assert set(get_args(job_filter.StateName)) == set(State)
    assert set(get_args(deliveries.Standing)) == set(DeliveryState)
    assert set(get_args(users.RoleName)) == set(Role)
    assert set(get_args(exports.FormatName)) == set(Format)
    assert get_args(summaries.Every) == get_args(reports.Step)
    assert get_args(summaries.Measure) == get_args(reports.By)
    assert get_args(summaries.Figured) == get_args(reports.Figure)


@pytest.mark.parametrize(
    "arguments",
    [
        ("job", "show", "no-such-job"),
        ("schedule", "preview", "no-such-schedule"),
        ("report", "show", "1999-01-01"),
    ],
)
def test_what_is_not_there_is_said_with_status_1(run_here: Run, arguments: tuple[str, ...]) -> None:
    done = run_here(*arguments)
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
    run_here: Run, variable: str, value: str, word: str
) -> None:
    done = run_here("check", **{variable: value})
    assert done.returncode == 2
    assert variable in done.stderr
    assert word in done.stderr


def test_a_server_that_does_not_answer_is_named_without_its_password(run: Run) -> None:
    done = run("job", "list", DATABASE_URL="postgresql://me:secret@127.0.0.1:1/none")
    assert done.returncode == 1
    assert "127.0.0.1:1" in done.stderr
    assert "secret" not in done.stderr + done.stdout


@pytest.mark.parametrize("command", ["up", "migrate", "demo"])
def test_neither_does_a_start_without_its_server(run: Run, command: str) -> None:
    done = run(command, DATABASE_URL="postgresql://me:secret@127.0.0.1:1/none")
    assert done.returncode == 1
    assert "127.0.0.1:1" in done.stderr
    assert "Traceback" not in done.stderr
    assert "secret" not in done.stderr + done.stdout


def test_a_port_that_is_taken_stops_the_start_before_anything_is_begun(
    run: Run, tmp_path: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        done = run("up", "--port", port, DATABASE_URL="")
    assert done.returncode == 1
    assert f"port {port} of 127.0.0.1 is in use" in done.stderr
    assert "Horarium is running" not in done.stderr
    assert not (tmp_path / "home").exists()


def test_what_the_server_refuses_for_want_of_room_is_a_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(*_: object, **__: object) -> None:
        raise asyncpg.DiskFullError("could not extend file: No space left on device")

    monkeypatch.setattr("horarium.cli.opening.find_application", full)
    assert command_line(["migrate"]) == 1
    said = capsys.readouterr().err
    assert "PostgreSQL: could not extend file: No space left on device" in said
    assert "Traceback" not in said


def test_check_shows_settings_and_masks_secrets(run: Run, database_url: str) -> None:
    done = run("check", "--json", RABBITMQ_URL="amqp://guest:hidden@127.0.0.1/")
    assert done.returncode == 0, done.stderr
    shown = json.loads(done.stdout)
    assert shown["health"]["ready"] is True
    assert shown["settings"]["rabbitmq_url"] == "amqp://guest:***@127.0.0.1/"
    assert shown["sources"]["database_url"] == "DATABASE_URL"
    assert shown["sources"]["port"] == "default"


READING = (
    ("job", "list"), ("queue", "list"), ("report", "list"), ("report", "show"), ("user", "list"),
    ("schedule", "list"), ("prove",),
)  # fmt: skip


def test_a_database_that_is_not_migrated_is_said_and_migrated(
    run: Run, run_here: Run, empty_database_url: str
) -> None:
    empty = {"DATABASE_URL": empty_database_url}
    before = run_here("check", **empty)
    assert before.returncode == 1
    assert "horarium migrate" in before.stdout
    refused = run("worker", **empty)
    assert refused.returncode == 1
    assert "horarium migrate" in refused.stderr
    for words in READING:
        refused = run_here(*words, **empty)
        assert refused.returncode == 1, words
        assert refused.stderr.endswith("run: horarium migrate\n")
        assert "Traceback" not in refused.stderr
    assert run("migrate", **empty).returncode == 0
    assert run_here("migrate", **empty).returncode == 0
    assert run_here("check", **empty).returncode == 0


def test_lists_are_empty_in_words_and_in_json(run_here: Run) -> None:
    assert "no such jobs" in run_here("job", "list").stdout
    assert json.loads(run_here("job", "list", "--json").stdout) == []
    assert "no schedules" in run_here("schedule", "list").stdout


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


def test_the_timetable_is_held_foreseen_explained_and_proved(run_here: Run, tmp_path: Path) -> None:
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
    url = json.loads(run_here("check", "--json").stdout)["settings"]["database_url"]
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
    assert "00:00:00" in run_here("schedule", "preview", "nightly").stdout
    assert run_here("schedule", "forecast", "--hours", "24").stdout.startswith("1 jobs are due")
    assert "not due until" in run_here("schedule", "explain", "nightly").stdout
    assert run_here("schedule", "pause", "nightly", "stocktaking").returncode == 0
    assert "stocktaking" in run_here("schedule", "explain", "nightly").stdout
    assert run_here("schedule", "resume", "nightly").returncode == 0
    job = run_here("schedule", "trigger", "nightly").stdout.strip()
    assert json.loads(run_here("job", "show", job, "--json").stdout)["schedule"] == "nightly"
    proved = run_here("prove", "--json")
    assert proved.returncode == 0
    assert [each["doubled"] for each in json.loads(proved.stdout)] == [0]
    assert run_here("prove", "--since", "2026-01-02", "--until", "2026-01-01").returncode == 2
