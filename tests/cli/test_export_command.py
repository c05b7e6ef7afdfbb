"""`horarium report export`: files that are whole or not there."""

import asyncio
import os
import signal
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import asyncpg
import msgspec
import pytest

from horarium.database import Database
from horarium.reports.figures import Totals, figures

ROWS = """
insert into shop.reports (report_at, order_id, count_product, total_amount, currency)
select '2026-03-29', 'заказ ' || n, n % 9, n / 100.0, 'GBP' from generate_series(1, $1::int) n
"""
PERIOD = """
insert into horarium.report_periods (
    report, starts_at, ends_at, day, zone, revision, reason, provisional, built_at, data_until,
    checked_at, row_count, summary
)
values ('orders', '2026-03-29', '2026-03-30', '2026-03-29', 'UTC', 1, 'test', false, now(), now(),
    now(), 200000, $1)
on conflict do nothing
"""


@pytest.fixture(scope="module")
def filled(url: str) -> str:
    async def fill() -> None:
        connection = await Database(url).connect("tests")
        await connection.execute(ROWS, 200_000)
        summary = figures([Totals("GBP", orders=1, lines=1, value=Decimal("1.50"))], 1, "GBP")
        await connection.execute(PERIOD, msgspec.json.encode(summary))
        await connection.close()

    asyncio.run(fill())
    return url


def test_a_file_by_its_ending(horarium: Any, filled: str, tmp_path: Path) -> None:
    file = tmp_path / "заказы.csv"
    done = horarium("report", "export", "--from", "2026-03-29", "-o", str(file))
    assert done.status == 0, done.error
    assert "200,000 rows written" in done.out
    data = file.read_text("utf-8-sig")
    assert data.count("\n") == 200_001
    assert "заказ 77," in data
    assert [each.name for each in tmp_path.iterdir()] == ["заказы.csv"]


@pytest.mark.parametrize("option", [("--output", "-"), ("-o", "-"), ("--output=-",)])
async def test_to_standard_output(filled: str, option: tuple[str, ...], tmp_path: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "horarium", "report", "export", "--format", "csv", *option),
        env={**os.environ, "DATABASE_URL": filled}, cwd=tmp_path,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    async with asyncio.timeout(60):
        out, error = await process.communicate()
    assert process.returncode == 0, error
    assert out.count(b"\n") == 200_001
    assert b"200,000 rows written to standard output" in error
    assert [each for each in tmp_path.iterdir() if each.name != ".horarium"] == []


def test_json_and_options(horarium: Any, filled: str, tmp_path: Path) -> None:
    file = tmp_path / "x.data"
    done = horarium(
        *("report", "export", "orders", "--format", "csv", "--no-bom", "--delimiter", "semicolon"),
        *("--decimal", "comma", "--output", str(file), "--json"),
    )
    assert done.json == {"rows": 200_000, "file": str(file), "size": file.stat().st_size}
    assert file.read_text("utf-8").splitlines()[1].split(";")[3].count(",") == 1


def test_what_is_refused(horarium: Any, filled: str, tmp_path: Path) -> None:
    def said(*arguments: str) -> str:
        done = horarium("report", "export", *arguments)
        assert done.status in (1, 2)
        assert list(tmp_path.iterdir()) == []
        return str(done.error)

    assert "says no format" in said("-o", str(tmp_path / "file"))
    assert "--json is no file" in said("-o", "--json")
    assert "is none of" in said("-o", str(tmp_path / "f.csv"), "--format", "docx")
    assert "cannot be written" in said("-o", str(tmp_path / "no" / "f.csv"))
    assert "nothing of the report" in said("-o", str(tmp_path / "f.csv"), "--from", "2031-01-01")
    assert "there is no report 'none'" in said("none", "-o", str(tmp_path / "f.csv"))


async def test_ctrl_c_leaves_no_half_file(filled: str, tmp_path: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "horarium", "report", "export", "-o", str(tmp_path / "f.xlsx")),
        env={**os.environ, "DATABASE_URL": filled}, cwd=tmp_path,
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    connection = await asyncpg.connect(filled)
    async with asyncio.timeout(60):
        while not list(tmp_path.glob(".f.xlsx.*.part")):
            await asyncio.sleep(0.01)
        process.send_signal(signal.SIGINT)
        assert await process.wait() == 130
    assert list(tmp_path.iterdir()) == []
    await connection.close()


def test_deliveries(
    horarium: Any, filled: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    routes = '{"finance": {"report": "orders", "mail": "a@x.org"}}'
    monkeypatch.setenv("HORARIUM_DELIVERIES", routes)
    done = horarium("report", "deliver", "2026-03-29", "--json")
    assert [each["recipient"] for each in done.json] == ["a@x.org"]
    assert "already" in horarium("report", "deliver", "2026-03-29").out
    assert "no route takes" in horarium("report", "deliver", "2026-03-29", "--route", "x").error
    assert "no final revision" in horarium("report", "deliver", "2026-03-30").error
    found = horarium("report", "deliveries", "--state", "waiting", "--json").json
    assert (found["total"], found["items"][0]["revision"]) == (1, 1)
    assert "a@x.org" in horarium("report", "deliveries").out
    assert "is none of" in horarium("report", "deliveries", "--state", "lost").error
