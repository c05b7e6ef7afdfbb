"""The order report over HTTP."""

from datetime import date, timedelta
from typing import Any

import httpx
import pytest
from problem_documents import refused

from horarium.application import Horarium

MANUAL: dict[str, Any] = {"report_at": "2010-12-01", "order_id": "A1", "count_product": 3}


async def test_the_rows_of_a_day(client: httpx.AsyncClient, reported: date) -> None:
    answer = await client.get("/report", params={"date": str(reported)})
    assert answer.status_code == 200
    report = answer.json()
    assert (report["date"], report["total"], report["page"], report["count"]) == (
        "2026-03-29", 2, 1, 1000
    )  # fmt: skip
    first = report["items"][0]
    assert first.pop("created_at").endswith("Z")
    assert isinstance(first.pop("id"), int)
    assert first == {
        "report_at": "2026-03-29",
        "order_id": "1001",
        "count_product": 2,
        "total_amount": "10.70",
        "currency": "GBP",
        "by_hand": False,
    }


@pytest.mark.parametrize("name", ["date", "report_date", "date_param"])
async def test_a_day_has_three_names(refusing: httpx.AsyncClient, name: str) -> None:
    for path in ("/report", "/report/summary"):
        assert (await refusing.get(path, params={name: "2026-03-29"})).status_code == 200


async def test_without_a_day_the_newest(client: httpx.AsyncClient, reported: date) -> None:
    assert (await client.get("/report")).json()["date"] == str(reported)
    assert (await client.get("/report/summary")).json()["day"] == str(reported)


async def test_a_day_without_orders_has_no_rows(client: httpx.AsyncClient, reported: date) -> None:
    day = str(reported - timedelta(days=1))
    report = (await client.get("/report", params={"date": day})).json()
    assert (report["items"], report["total"]) == ([], 0)
    summary = (await client.get("/report/summary", params={"date": day})).json()
    assert (summary["total_orders"], summary["total_value"]) == (0, "0.00")


async def test_a_day_that_was_never_built(refusing: httpx.AsyncClient) -> None:
    for path in ("/report", "/report/summary"):
        refused(await refusing.get(path, params={"date": "2010-12-04"}), 404, says="2010-12-04")


async def test_nothing_was_built_yet(client: httpx.AsyncClient) -> None:
    for path in ("/report", "/report/summary"):
        refused(await client.get(path), 404, says="built yet")
    for path in ("/report/all", "/reports/all"):
        assert (await client.get(path)).json() == {
            "items": [], "total": 0, "page": 1, "count": 10, "freshness": []
        }  # fmt: skip


async def test_rows_come_in_pages(client: httpx.AsyncClient, reported: date) -> None:
    pages = [
        (await client.get("/report", params={"page": n, "count": 1})).json() for n in (1, 2, 3)
    ]
    assert [[row["order_id"] for row in page["items"]] for page in pages] == [
        ["1001"],
        ["1002"],
        [],
    ]
    assert {page["total"] for page in pages} == {2}


async def test_all_rows_newest_day_first(client: httpx.AsyncClient, reported: date) -> None:
    await client.post("/report", json=MANUAL)
    for path in ("/report/all", "/reports/all"):
        page = (await client.get(path, params={"page": 1, "count": 10})).json()
        assert [row["order_id"] for row in page["items"]] == ["1001", "1002", "A1"]
        assert (page["total"], page["page"], page["count"]) == (3, 1, 10)
    last = (await client.get("/report/all", params={"page": 1_000_000_000, "count": 1000})).json()
    assert (last["items"], last["total"]) == ([], 3)


async def test_the_summary_of_a_day(client: httpx.AsyncClient, reported: date) -> None:
    summary = (await client.get("/report/summary")).json()
    assert summary["total_orders"] == 2
    assert summary["total_products"] == 3
    assert (summary["total_value"], summary["currency"]) == ("15.80", "GBP")
    assert summary["average_order_value"] == "7.90"
    assert summary["previous"]["day"] == "2026-03-28"
    assert summary["previous"]["total_orders"] == 0
    assert summary["starts_at"] == "2026-03-29T00:00:00Z"
    assert summary["ends_at"] == "2026-03-29T23:00:00Z"
    assert summary["freshness"]["revision"] == 1


async def test_a_row_by_hand(client: httpx.AsyncClient) -> None:
    answer = await client.post("/report", json={**MANUAL, "total_amount": "139.125"})
    assert answer.status_code == 201
    row = answer.json()
    assert (row["order_id"], row["total_amount"], row["currency"]) == ("A1", "139.125", "GBP")
    assert row["by_hand"] is True
    assert (await client.get("/report?date=2010-12-01")).json()["items"] == [row]


async def test_a_row_by_hand_takes_a_number_for_its_order(client: httpx.AsyncClient) -> None:
    answer = await client.post("/report", json={**MANUAL, "order_id": 536365})
    assert answer.json()["order_id"] == "536365"
    refused(await client.post("/report", json={**MANUAL, "order_id": "536365"}), 409)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"report_at": "2010-02-30"}, "report_at"),
        ({"report_at": 1291161600}, "report_at"),
        ({"report_at": "0001-01-01"}, "report_at"),
        ({"report_at": None}, "report_at"),
        ({"order_id": ""}, "order_id"),
        ({"order_id": "a\0b"}, "order_id"),
        ({"order_id": "x" * 1_000_000}, "order_id"),
        ({"order_id": 1.5}, "order_id"),
        ({"order_id": True}, "order_id"),
        ({"order_id": 10**300}, "order_id"),
        ({"count_product": -1}, "count_product"),
        ({"count_product": "3"}, "count_product"),
        ({"count_product": 2**31}, "count_product"),
        ({"total_amount": "much"}, "total_amount"),
        ({"total_amount": "NaN"}, "total_amount"),
        ({"total_amount": "1e400"}, "total_amount"),
        ({"total_amount": "0.0000001"}, "total_amount"),
        ({"currency": "pounds"}, "currency"),
        ({"colour": "red"}, "colour"),
    ],
)
async def test_a_row_that_is_refused_changes_nothing(
    refusing: httpx.AsyncClient, change: dict[str, Any], field: str
) -> None:
    refused(await refusing.post("/report", json={**MANUAL, **change}), 400, field=field)


async def test_building_in_the_background(client: httpx.AsyncClient, app: Horarium) -> None:
    answer = await client.post("/report/generate", params={"report_date": "2010-12-01"})
    assert answer.status_code == 202
    accepted = answer.json()
    assert (accepted["status"], accepted["report_date"]) == ("queued", "2010-12-01")
    assert answer.headers["location"] == f"/jobs/{accepted['task_id']}"
    job = (await client.get(answer.headers["location"])).json()
    assert (job["task"], job["state"]) == ("horarium.reports:build", "queued")
    assert job["arguments"]["kwargs"]["day"] == "2010-12-01"


async def test_without_a_day_yesterday_is_built(client: httpx.AsyncClient, app: Horarium) -> None:
    async with app.database.connection() as connection:
        query = "select (now() at time zone 'Europe/London')::date - 1"
        yesterday = await connection.fetchval(query)
    answer = await client.post("/report/generate")
    assert answer.json()["report_date"] == str(yesterday)


@pytest.mark.parametrize("day", ["2199-12-31", "tomorrow", "20101201", "5", "", "1899-12-31"])
async def test_days_that_are_not_built(refusing: httpx.AsyncClient, day: str) -> None:
    answer = await refusing.post("/report/generate", params={"report_date": day})
    refused(answer, 400, field="report_date")


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("date=2010-13-01", "date"),
        ("date=20101201", "date"),
        ("date=1291161600", "date"),
        ("date=0", "date"),
        ("date=", "date"),
        ("date=2010-12-01%00", "date"),
        ("date=2010-12-01'--", "date"),
        ("date=2010-12-01T00:00:00Z", "date"),
        ("date=9999-12-31", "date"),
        ("date=0001-01-01", "date"),
        ("date=null", "date"),
        ("page=null", "page"),
        ("report_date=x", "report_date"),
        ("date=2010-12-01&report_date=2010-12-02", "date"),
        ("date=2010-12-01&date=2010-12-02", "date"),
        ("dtae=2010-12-01", "dtae"),
        ("page=0", "page"),
        ("page=-1", "page"),
        ("page=1.5", "page"),
        ("page=one", "page"),
        ("page=1000000001", "page"),
        ("page=" + "9" * 60, "page"),
        ("count=0", "count"),
        ("count=1001", "count"),
        ("count=", "count"),
    ],
)
async def test_parameters_that_are_refused(
    refusing: httpx.AsyncClient, query: str, field: str
) -> None:
    refused(await refusing.get(f"/report?{query}"), 400, field=field)
