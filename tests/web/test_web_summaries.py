"""Summaries, series, rankings and the orders behind a figure, over HTTP."""

from datetime import date, timedelta

import httpx
import pytest
from problem_documents import refused

from horarium import shop
from horarium.application import Horarium

SUMMED = ("orders", "lines", "units", "value", "freight")


async def test_each_figure_leads_to_its_orders(refusing: httpx.AsyncClient) -> None:
    summary = (await refusing.get("/report/summary?date=2026-03-29")).json()
    links = summary["links"]
    for figure in ("sales", "refunds", "cancelled"):
        found = (await refusing.get(links[figure])).json()
        told = {name: summary[figure][name] for name in SUMMED}
        sums = [{**each} for each in found["sums"]]
        assert found["agrees"] is True
        assert sums == ([{"currency": "GBP", **told}] if told["orders"] else [])
    total = (await refusing.get(links["total"])).json()
    assert [each["order_id"] for each in total["items"]] == ["1001", "1002"]
    assert total["sums"][0]["value"] == summary["total_value"]
    assert (await refusing.get(links["previous"])).json()["day"] == "2026-03-28"
    products = (await refusing.get(links["products"])).json()
    assert [(each["rank"], each["product_id"]) for each in products["items"]] == [
        (1, "mug"),
        (2, "wrap"),
    ]
    assert products["items"][0]["sales"] == {
        "orders": 2, "lines": 2, "units": 6, "value": "15.30"
    }  # fmt: skip
    customers = (await refusing.get(links["customers"])).json()
    assert (customers["items"], customers["unranked_sales"]["orders"]) == ([], 2)


async def test_series_of_days_weeks_and_months(refusing: httpx.AsyncClient) -> None:
    span = "from=2026-03-27&to=2026-03-30"
    days = (await refusing.get(f"/report/series?{span}")).json()
    assert [each["built"] for each in days["points"]] == [0, 1, 1, 0]
    assert [each["figures"] and each["figures"]["total_orders"] for each in days["points"]] == [
        None, 0, 2, None
    ]  # fmt: skip
    months = (await refusing.get(f"/report/series?{span}&every=month")).json()
    assert [(each["days"], each["built"]) for each in months["points"]] == [(4, 2)]
    assert months["whole"]["figures"]["total_value"] == "15.80"
    usual = (await refusing.get("/report/series")).json()
    assert (len(usual["points"]), usual["points"][-1]["last"]) == (30, "2026-03-29")


@pytest.mark.parametrize(
    ("path", "status", "says"),
    [
        ("/report/series?from=2026-03-02&to=2026-03-01", 400, "ends before"),
        ("/report/series?from=1999-01-01&to=2026-03-01", 400, "3,660"),
        ("/report/series?from=0001-01-01&to=0001-01-02", 400, "year"),
        ("/report/series?from=2026-3-2", 400, "from"),
        ("/report/series?every=hour", 400, "every"),
        ("/report/top/products?by=name", 400, "by"),
        ("/report/top/products?currency=gbp", 400, "currency"),
        ("/report/top/products?date=2026-03-29&to=2026-03-30", 400, "one day"),
        ("/report/top/customers?count=1001", 400, "count"),
        ("/report/orders?figure=profit", 400, "figure"),
        ("/report/orders?date=2010-12-04", 404, "2010-12-04"),
        ("/report/orders?currency=%27%20or%201%3D1", 400, "currency"),
    ],
)
async def test_what_cannot_be_used_is_refused(
    refusing: httpx.AsyncClient, path: str, status: int, says: str
) -> None:
    refused(await refusing.get(path), status, says=says)


async def test_nothing_was_built_yet(client: httpx.AsyncClient) -> None:
    for path in ("/report/top/products", "/report/top/customers", "/report/orders"):
        refused(await client.get(path), 404, says="built yet")
    refused(await client.get("/report/series"), 400, says="built yet")
    empty = (await client.get("/report/top/products?date=2026-03-29")).json()
    assert (empty["items"], empty["total"], empty["currency"]) == ([], 0, "GBP")


async def test_a_cancelled_order_is_in_the_next_answer(
    app: Horarium, client: httpx.AsyncClient, reported: date
) -> None:
    path = f"/report/orders?date={reported}&figure=sales"
    before = (await client.get(path)).json()
    async with app.database.transaction() as connection:
        await shop.cancel_order(connection, "1002")
    series = (await client.get(f"/report/series?from={reported}&to={reported}")).json()
    assert series["whole"]["stale"] is True
    after = (await client.get(path)).json()
    assert (before["total"], before["agrees"]) == (2, True)
    assert (after["total"], after["agrees"], after["reported"]) == (1, False, before["sums"])
    gone = (await client.get(f"/report/top/products?date={reported}")).json()
    assert gone["items"][0]["sales"]["units"] == 4


async def test_a_kept_summary_follows_reviews_and_the_day_before(
    app: Horarium, client: httpx.AsyncClient, reported: date
) -> None:
    path = f"/report/summary?date={reported}"
    first = (await client.get(path)).json()
    assert (await client.get(path)).json() == first
    review = {
        "order_id": "1001",
        "text": "Awful.",
        "rating": 1,
        "written_at": f"{reported}T12:00:00Z",
    }
    assert (await client.post("/reviews", json=review)).status_code == 201
    second = (await client.get(path)).json()
    assert (first["reviews"]["count"], second["reviews"]["count"]) == (0, 1)
    row = {"report_at": str(reported - timedelta(days=1)), "order_id": "x", "count_product": 5}
    assert (await client.post("/report", json=row)).status_code == 201
    third = (await client.get(path)).json()
    assert third["previous"]["total_products"] == 5
