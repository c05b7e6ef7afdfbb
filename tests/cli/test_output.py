"""Tables: whole on a wide terminal and in a pipe, told line by line on a narrow one."""

import re

import pytest

from horarium.cli.output import print_table

LONG = "01a1ff52-5882-73b6-aecf-4d568e3b883a"
COLUMNS = ("job", "task", ">tries", "error")
ROWS = [(LONG, "horarium.reports:build", 1200, "-"), ("second", "[bold]", 0, None)]


def told(capsys: pytest.CaptureFixture[str]) -> list[list[str]]:
    plain = re.sub(r"\x1b\[[0-9;]*m", "", capsys.readouterr().out)
    return [line.split() for line in plain.splitlines()]


def on_a_terminal(monkeypatch: pytest.MonkeyPatch, columns: int) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", str(columns))


def test_a_terminal_that_is_wide_enough_gets_a_table(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    on_a_terminal(monkeypatch, 80)
    print_table("Jobs", COLUMNS, ROWS, "none")
    assert told(capsys) == [
        ["Jobs"],
        ["job", "task", "tries", "error"],
        [LONG, "horarium.reports:build", "1200", "-"],
        ["second", "[bold]", "0", "-"],
    ]


def test_a_narrow_terminal_gets_each_row_line_by_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    on_a_terminal(monkeypatch, 50)
    print_table("Jobs", COLUMNS, ROWS, "none")
    assert told(capsys) == [
        ["Jobs"],
        [LONG],
        ["task", "horarium.reports:build"],
        ["tries", "1200"],
        ["second"],
        ["task", "[bold]"],
        ["tries", "0"],
    ]


def test_a_pipe_gets_one_line_for_each_row_however_long(
    capsys: pytest.CaptureFixture[str],
) -> None:
    print_table(None, COLUMNS, [(LONG, "x" * 300, 1, "y " * 150)], "none")
    assert len(capsys.readouterr().out.splitlines()) == 2
    print_table(None, COLUMNS, [], "There are none [of them].")
    assert capsys.readouterr().out == "There are none [of them].\n"
