"""Every report over HTTP: the order report and one of a user's own."""

from collections.abc import AsyncIterator
from datetime import date
from typing import Any

import httpx
import pytest
from problem_documents import refused
from visitors import visiting

from horarium.application import Horarium
from horarium.reports import Period
from horarium.testing import run_jobs
from horarium.web import asgi

DAY = "2026-03-29"
QUERY = """
    select i.product_id as product, sum(i.quantity) as units, sum(i.quantity * i.price) as value,
        :start::timestamptz as since, '{"a": 1.50}'::jsonb as document
    from shop.orders o join shop.order_items i on i.order_id = o.id
    where o.placed_at >= :start and o.placed_at < :end
    group by i.product_id order by value desc
"""


@pytest.fixture
async def site(app: Horarium, reported: date) -> AsyncIterator[httpx.AsyncClient]:
    @app.report("products", key="product", checks=["row count over 0"])
    def products(period: Period) -> str:
        return QUERY

    @app.report("hours", every="hour")
    def hours(period: Period) -> str:
        return "select :start::timestamptz as at, 0.1::float8 as ratio"

    async with visiting(asgi(app)) as client:
        yield client


async def built(app: Horarium, site: httpx.AsyncClient, path: str) -> dict[str, Any]:
    answer = await site.post(f"/reports/{path}/builds")
    assert answer.status_code == 202
    accepted: dict[str, Any] = answer.json()
    assert answer.headers["location"] == f"/jobs/{accepted['task_id']}"
    await run_jobs(app)
    return accepted


async def test_a_report_of_ones_own(app: Horarium, site: httpx.AsyncClient) -> None:
    accepted = await built(app, site, f"products/periods/{DAY}")
    assert (accepted["report"], accepted["starts_at"]) == ("products", f"{DAY}T00:00:00Z")
    page = (await site.get(f"/reports/products/periods/{DAY}")).json()
    assert page["items"] == [
        {"product": "mug", "units": 6, "value": "15.30", "since": f"{DAY}T00:00:00Z",
         "document": {"a": 1.50}},
        {"product": "wrap", "units": 1, "value": "0.5", "since": f"{DAY}T00:00:00Z",
         "document": {"a": 1.50}},
    ]  # fmt: skip
    assert [(each["name"], each["type"]) for each in page["columns"]] == [
        ("product", "text"), ("units", "bigint"), ("value", "numeric"), ("since", "timestamptz"),
        ("document", "jsonb"),
    ]  # fmt: skip
    assert page["columns"][0]["key"] is True
    fresh = page["period"]
    assert (fresh["revision"], fresh["reason"], fresh["provisional"]) == (1, "by hand", False)
    assert fresh["data_until"] == f"{DAY}T23:00:00Z"
    first = (await site.get(f"/reports/products/periods/{DAY}?count=1")).json()
    rest = (
        await site.get(f"/reports/products/periods/{DAY}?count=1&cursor={first['next']}")
    ).json()
    assert ([row["product"] for row in rest["items"]], rest["next"]) == (["wrap"], None)
    listed = {each["name"]: each for each in (await site.get("/reports")).json()["items"]}
    assert listed["products"]["newest"]["revision"] == 1
    assert listed["orders"]["newest"]["day"] == DAY
    assert (listed["hours"]["newest"], listed["hours"]["zone"]) == (None, "Europe/London")
    described = (await site.get("/reports/products")).json()
    assert (described["key"], described["checks"], described["periods"]) == (
        ["product"], ["row count over 0"], 1
    )  # fmt: skip


async def test_revisions_of_the_order_report(app: Horarium, site: httpx.AsyncClient) -> None:
    row = {"report_at": DAY, "order_id": "A1", "count_product": 3, "total_amount": "1.10"}
    await site.post("/report", json=row)
    path = f"/reports/orders/periods/{DAY}"
    found = (await site.get(f"{path}/revisions")).json()
    assert [(each["revision"], each["reason"]) for each in found["items"]] == [
        (2, "by hand"), (1, "test")
    ]  # fmt: skip
    changes = (await site.get(f"{path}/revisions/2")).json()
    (added,) = changes["items"]
    assert (added["kind"], added["before"]) == ("added", None)
    assert added["after"] == {
        "order_id": "A1", "count_product": 3, "total_amount": "1.10", "currency": "GBP",
        "by_hand": True,
    }  # fmt: skip
    assert {"figure": "total_orders", "before": 2, "after": 3} in changes["figures"]
    former = (await site.get(f"{path}/revisions/1/rows")).json()
    assert [each["order_id"] for each in former["items"]] == ["1001", "1002"]
    current = (await site.get(path)).json()
    assert [each["order_id"] for each in current["items"]] == ["1001", "1002", "A1"]
    periods = (await site.get("/reports/orders/periods")).json()
    assert [each["day"] for each in periods["items"]] == [DAY, "2026-03-28"]


async def test_a_build_that_fails_is_shown(app: Horarium, site: httpx.AsyncClient) -> None:
    await built(app, site, "products/periods/2026-03-28")
    described = (await site.get("/reports/products")).json()
    (failed,) = described["failures"]
    assert failed["day"] == "2026-03-28"
    assert "failed its check 'row count over 0': it is 0" in failed["problem"]
    (shown,) = [
        each for each in (await site.get("/reports")).json()["items"] if each["name"] == "products"
    ]
    assert shown["failed"] == failed
    refused(await site.get("/reports/products/periods/2026-03-28"), 404, says="never built")
    await built(app, site, f"products/periods/{DAY}")
    browser = {"Accept": "text/html"}
    page = (await site.get("/dashboard/reports", headers=browser)).text
    assert 'href="/dashboard/reports/products"' in page
    assert "2026-03-28 failed" in page
    page = (await site.get("/dashboard/reports/products", headers=browser)).text
    assert "row count over 0" in page
    assert "15.30" in page
    assert f"/reports/products/periods/{DAY}T00:00:00Z/revisions" in page
    assert "never built" in (await site.get("/dashboard/reports", headers=browser)).text
    assert (await site.get("/dashboard/reports/hours", headers=browser)).status_code == 200
    assert (await site.get("/dashboard/reports/nothing", headers=browser)).status_code == 404


async def test_a_page_of_rows_is_for_people(site: httpx.AsyncClient) -> None:
    browser = {"Accept": "text/html"}
    page = (await site.get("/dashboard/reports/orders", headers=browser)).text
    assert f"Newest: {DAY}" in page
    assert "<td>no</td>" in page
    assert "False" not in page


async def test_hours_are_named_by_an_instant(app: Horarium, site: httpx.AsyncClient) -> None:
    await built(app, site, "hours/periods/2026-03-29T00:30:00Z")
    page = (await site.get("/reports/hours/periods/2026-03-29T01:15:00+01:00")).status_code
    assert page == 200
    found = (await site.get("/reports/hours/periods/2026-03-29T00:00:00Z")).json()
    assert found["items"] == [{"at": "2026-03-29T00:00:00Z", "ratio": 0.1}]
    refused(await site.get(f"/reports/hours/periods/{DAY}"), 400, field="start")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/reports/nothing", 404),
        ("GET", "/reports/nothing/periods", 404),
        ("GET", "/reports/orders/periods/2010-12-01", 404),
        ("GET", "/reports/orders/periods/2010-12-01/revisions", 404),
        ("GET", f"/reports/orders/periods/{DAY}/revisions/2", 404),
        ("GET", f"/reports/orders/periods/{DAY}/revisions/2/rows", 404),
        ("GET", f"/reports/orders/periods/{DAY}/revisions/0", 400),
        ("GET", f"/reports/orders/periods/{DAY}/revisions/99999999999", 400),
        ("GET", "/reports/orders/periods/2010-13-01", 400),
        ("GET", "/reports/orders/periods/yesterday", 400),
        ("GET", "/reports/orders/periods/1291161600", 400),
        ("GET", "/reports/orders/periods/0001-01-01", 400),
        ("GET", "/reports/orders/periods/2010-12-01T08:00:00", 400),
        ("GET", "/reports/orders/periods/9999-12-31T23:59:59Z", 400),
        ("GET", f"/reports/orders/periods/{DAY}?page=0", 400),
        ("GET", f"/reports/orders/periods/{DAY}?count=1001", 400),
        ("GET", f"/reports/orders/periods/{DAY}?cursor=x", 400),
        ("GET", f"/reports/orders/periods/{DAY}?cursor=WzVd", 400),
        ("GET", f"/reports/orders/periods/{DAY}?cursor=WyJhXHUwMDAwIl0", 400),
        ("GET", f"/reports/orders/periods/{DAY}?cursor=WyIxMDAxIl0&page=2", 400),
        ("GET", "/reports/orders%27%3B--", 404),
        ("POST", "/reports/orders/periods/2199-12-31/builds", 400),
        ("POST", "/reports/orders/periods/tomorrow/builds", 400),
        ("POST", f"/reports/nothing/periods/{DAY}/builds", 404),
        ("POST", f"/reports/orders/periods/{DAY}/builds?reason=", 400),
    ],
)
async def test_what_is_refused(
    refusing: httpx.AsyncClient, method: str, path: str, status: int
) -> None:
    refused(await refusing.request(method, path), status)
