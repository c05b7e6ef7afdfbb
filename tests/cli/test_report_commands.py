"""`horarium report`: the order report and those of a folder of files."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Horarium = Callable[..., Any]

DAY = "2010-12-01"


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "reports").mkdir()
    (tmp_path / "reports" / "numbers.sql").write_text(
        "-- every: day\n-- zone: UTC\n-- key: n\n-- check: row count over 2\n"
        "select n, n * 1.50 as price "
        "from generate_series(1, extract(day from :start::date)::int + 2) n "
        "where :day::date <> '2010-12-02' limit 5"
    )
    monkeypatch.chdir(tmp_path)


def test_a_report_of_a_file(horarium: Horarium) -> None:
    assert horarium("report", "build", "numbers", DAY, "--json").json["revision"] == 1
    done = horarium("report", "build", "numbers", DAY)
    assert "3 rows, revision 1. Nothing had changed." in done.out
    (state,) = [
        each for each in horarium("report", "list", "--json").json if each["name"] == "numbers"
    ]
    assert (state["newest"]["day"], state["failed"]) == (DAY, None)
    shown = horarium("report", "show", "numbers", DAY, "--json").json
    assert shown["items"][1] == {"n": 2, "price": "3.00"}
    assert "1.50" in horarium("report", "show", "numbers").out
    assert horarium("report", "periods", "numbers", "--json").json["total"] == 1
    (revision,) = horarium("report", "revisions", "numbers", DAY, "--json").json
    assert (revision["reason"], revision["rows_added"]) == ("by hand", 3)
    changes = horarium("report", "revisions", "numbers", DAY, "--number", "1")
    assert "added" in changes.out
    assert "totals.price" in changes.out


def test_a_failed_check(horarium: Horarium) -> None:
    done = horarium("report", "build", "numbers", "2010-12-02")
    assert done.status == 1
    assert "failed its check 'row count over 2'" in done.error
    assert "failed for 2010-12-02" in horarium("report", "list").out


def test_a_backfill(horarium: Horarium) -> None:
    done = horarium("report", "backfill", "numbers", "--from", "2011-01-01", "--to", "2011-01-03")
    assert "3 due times: 3 jobs enqueued" in done.out
    dry = ("--from", "2011-01-01", "--to", "2011-01-04", "--dry-run")
    assert "4 due times: 1 jobs would be" in horarium("report", "backfill", "numbers", *dry).out


def test_the_order_report_by_its_day_alone(horarium: Horarium) -> None:
    assert "0 rows, revision 1" in horarium("report", "build", DAY).out
    assert horarium("report", "show", DAY, "--json").json["summary"]["day"] == DAY
    assert len(horarium("report", "revisions", DAY, "--json").json) == 1


@pytest.mark.parametrize(
    ("arguments", "status", "says"),
    [
        (("report", "build", "nothing", DAY), 1, "no report 'nothing'"),
        (("report", "build", "numbers"), 2, "it takes a period"),
        (("report", "build", "numbers", "soon"), 2, "neither a day"),
        (("report", "show", "soon"), 2, "neither a report nor a day"),
        (("report", "show", "numbers", "1999-01-01"), 1, "never built"),
        (("report", "revisions", DAY, "--number", "77"), 1, "77"),
        (("report", "backfill", "nothing", "--from", DAY), 1, "no report"),
        (("report", "backfill", "numbers", "--from", DAY, "--to", "2010-11-01"), 2, "before"),
        (("report", "periods", "nothing"), 1, "no report"),
    ],
)
def test_what_is_refused(
    horarium: Horarium, arguments: tuple[str, ...], status: int, says: str
) -> None:
    done = horarium(*arguments)
    assert done.status == status
    assert says in done.error


def test_a_wrong_file_stops_every_command(horarium: Horarium) -> None:
    Path("reports/wrong.sql").write_text("-- every: never\nselect 1 as n")
    done = horarium("report", "list")
    assert done.status == 2
    assert "reports/wrong.sql:1: every: 'never'" in done.error
