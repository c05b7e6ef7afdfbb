"""The main job, as its users run it: real processes, real orders, known answers."""

import asyncio
import json
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from tests.end_to_end.full_year import check_year
from tests.end_to_end.parts import (
    command,
    environment,
    free_port,
    get,
    measured,
    running,
    status_of,
    until,
)

# day: invoices, lines, distinct products, units, value; sales: invoices, lines, units, value,
# average; cancellations: invoices, value. From the data's README.
KNOWN_DAYS = {
    "2010-12-01": (143, 3108, 1351, 26814, "58635.56", 127, 3072, 26919, "58960.79", "464.26", 6, "-325.23"),  # noqa: E501
    "2011-01-18": (51, 1447, 900, 8664, "18680.80", 41, 1428, 82978, "95978.05", "2340.93", 8, "-77297.25"),  # noqa: E501
    "2011-03-27": (46, 737, 515, 4408, "8979.98", 32, 715, 4530, "9241.35", "288.79", 14, "-261.37"),  # noqa: E501
    "2011-09-26": (79, 1554, 914, 14948, "28642.271", 66, 1527, 15323, "29335.171", "444.47", 8, "-692.90"),  # noqa: E501
    "2011-12-09": (49, 1632, 1084, 12949, "32131.53", 44, 1625, 93979, "200920.60", "4566.38", 5, "-168789.07"),  # noqa: E501
}  # fmt: skip


def known(summary: dict[str, Any]) -> tuple[Any, ...]:
    sales, refunds = summary["sales"], summary["refunds"]
    return (
        summary["total_orders"], summary["total_products"], summary["distinct_products"],
        summary["total_units"], summary["total_value"],
        sales["orders"], sales["lines"], sales["units"], sales["value"],
        sales["average_order_value"], refunds["orders"], refunds["value"],
    )  # fmt: skip


@pytest.mark.timeout(480)
def test_a_year_of_reports_built_by_the_schedule_is_exact_to_the_last_digit(
    database_url: str, shared_data: Path, tmp_path: Path
) -> None:
    port = free_port()
    env = environment(
        tmp_path,
        DATABASE_URL=database_url,
        HORARIUM_PORT=str(port),
        HORARIUM_ZONE="Europe/London",
        HORARIUM_CURRENCY="GBP",
    )

    def horarium(*arguments: str) -> Any:
        return json.loads(command(*arguments, "--json", env=env, folder=tmp_path))

    command("migrate", env=env, folder=tmp_path)
    file = shared_data / "uci-online-retail" / "online_retail.csv.gz"
    year = measured("import", str(file), "--json", env=env, folder=tmp_path)
    assert year.seconds < 60
    assert year.memory < 150_000_000
    done = json.loads(year.output)
    assert (done["lines"], done["bad"]) == (541_909, 0)
    assert (done["orders"], done["users"], done["products"]) == (25_900, 4_372, 4_070)
    asyncio.run(check_year(database_url))

    with (
        running("scheduler", env=env, folder=tmp_path),
        running("worker", env=env, folder=tmp_path),
        running("web", env=env, folder=tmp_path),
    ):
        until(
            lambda: any(each["schedule"]["id"] == "orders" for each in horarium("schedule", "list"))
        )
        done = horarium("schedule", "backfill", "orders", "2010-12-01", "2011-12-09")
        days = (date(2011, 12, 9) - date(2010, 12, 1)).days + 1
        assert done == {"id": done["id"], "due": days, "enqueued": days, "kept": 0}

        site = f"http://127.0.0.1:{port}"
        until(lambda: status_of(f"{site}/health/ready") == 200)
        until(lambda: status_of(f"{site}/report/summary?date=2011-12-09") == 200)

        for day, answers in KNOWN_DAYS.items():
            assert known(get(f"{site}/report/summary?date={day}")) == answers
            assert known(horarium("report", "show", day)["summary"]) == answers
            rows = get(f"{site}/report?date={day}")
            assert rows["total"] == len(rows["items"]) == answers[0]
            assert sum(row["count_product"] for row in rows["items"]) == answers[1]
            amounts = [Decimal(row["total_amount"]) for row in rows["items"]]
            assert sum(amounts) == Decimal(answers[4])

        saturday = get(f"{site}/report/summary?date=2010-12-04")
        assert known(saturday)[:5] == (0, 0, 0, 0, "0.00")
        assert get(f"{site}/report?date=2010-12-04")["items"] == []
        assert status_of(f"{site}/report?date=2012-01-01") == 404

        again = horarium("schedule", "backfill", "orders", "2010-12-01", "2011-12-09")
        assert again == {"id": again["id"], "due": days, "enqueued": 0, "kept": days}


def fresh(url: str) -> Any:
    """A report's answer when no build of it is to come: orders were imported a moment ago."""
    until(lambda: not get(url)["freshness"]["stale"])
    return get(url)


@pytest.mark.timeout(360)
def test_the_demo_does_it_all_by_itself_and_finds_its_data_again(tmp_path: Path) -> None:
    port = free_port()
    env = environment(tmp_path, HORARIUM_PORT=str(port))
    site = f"http://127.0.0.1:{port}"

    with running("demo", env=env, folder=tmp_path):
        until(lambda: status_of(f"{site}/report?date=2010-12-23") == 200)
        first = fresh(f"{site}/report?date=2010-12-01")
        assert first["total"] == 143
        order = next(row for row in first["items"] if row["order_id"] == "536365")
        assert (order["count_product"], order["total_amount"]) == (7, "139.12")
        assert get(f"{site}/report/summary?date=2010-12-01")["total_value"] == "58635.56"
        assert get(f"{site}/report/summary?date=2010-12-04")["total_orders"] == 0

    with running("demo", env=env, folder=tmp_path):
        until(lambda: status_of(f"{site}/report?date=2010-12-01") == 200)
        again = fresh(f"{site}/report?date=2010-12-01")
    # A later look that found nothing changed is no other report.
    looked = [answer["freshness"].pop("checked_at") for answer in (first, again)]
    assert looked == sorted(looked)
    assert again == first
