"""Freshness of answers, and promises, over HTTP."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx

from horarium import reports
from horarium.application import Horarium
from horarium.clock import SetClock
from horarium.reports.dirt import look
from horarium.testing import run_jobs

BROWSER = {"Accept": "text/html"}


async def change(app: Horarium, at: str = "2026-03-29T10:00Z") -> None:
    """An order of the day, as an import would write it."""
    async with app.transaction() as connection:
        await connection.execute(
            "insert into shop.orders (id, currency, placed_at) values ('late', 'GBP', $1)",
            datetime.fromisoformat(at),
        )


async def rebuild(app: Horarium) -> None:
    assert app.reports is not None
    async with app.database.connection() as connection:
        now = await connection.fetchval("select clock_timestamp()")
    await look(app.database, app.reports, 60.0, now=now + timedelta(minutes=1))
    await run_jobs(app)


async def test_every_answer_says_how_fresh_it_is(
    client: httpx.AsyncClient, app: Horarium, reported: date
) -> None:
    await rebuild(app)  # what the day's orders noted before they were reported
    fresh = (await client.get("/report")).json()["freshness"]
    assert fresh["built_at"].endswith("Z")
    assert fresh["data_until"] == "2026-03-29T23:00:00Z"
    assert (fresh["provisional"], fresh["revision"], fresh["reason"]) == (False, 1, "test")
    assert (fresh["stale"], fresh["stale_since"], fresh["stale_reason"]) == (False, None, None)
    assert (await client.get("/report/summary")).json()["freshness"] == fresh
    page = (await client.get("/report/all")).json()
    assert page["freshness"] == [{**fresh, "day": str(reported)}]

    await change(app)
    stale = (await client.get("/report")).json()["freshness"]
    assert stale["stale"] is True
    assert stale["stale_reason"].startswith("orders of this period were changed")
    assert (await client.get("/report/summary")).json()["freshness"] == stale
    (listed,) = (await client.get("/report/all")).json()["freshness"]
    assert listed["stale_since"] == stale["stale_since"]
    # The day before has not changed.
    before = {"date": str(reported - timedelta(days=1))}
    assert (await client.get("/report", params=before)).json()["freshness"]["stale"] is False

    await rebuild(app)
    report = (await client.get("/report")).json()
    assert report["total"] == 3
    assert (report["freshness"]["revision"], report["freshness"]["reason"]) == (2, "dirty")
    assert report["freshness"]["stale"] is False


async def test_kept_answers_of_all_processes_turn_stale_at_once(reporting: Any) -> None:
    async with reporting(None) as (app, clients):
        await rebuild(app)

        async def seen() -> list[Any]:
            answers = [(await client.get("/report")).json() for client in clients * 2]
            return [(each["freshness"]["stale"], each["total"]) for each in answers]

        assert await seen() == [(False, 2)] * 4
        await change(app)
        assert await seen() == [(True, 2)] * 4
        await rebuild(app)
        assert await seen() == [(False, 3)] * 4


async def test_the_page_says_that_a_day_is_being_rebuilt(
    client: httpx.AsyncClient, app: Horarium, reported: date
) -> None:
    await rebuild(app)
    assert "Being rebuilt" not in (await client.get("/", headers=BROWSER)).text
    await change(app)
    assert "Being rebuilt" in (await client.get("/", headers=BROWSER)).text


async def test_no_report_promises_anything_by_itself(client: httpx.AsyncClient) -> None:
    nothing = {"items": [], "total": 0, "page": 1, "count": 100}
    assert (await client.get("/reports/promises")).json() == nothing


async def test_a_promise_that_is_not_kept_is_seen_everywhere(
    client: httpx.AsyncClient, app: Horarium
) -> None:
    await app.scheduler.synchronise()
    period = reports.period_at(datetime.now(UTC) + timedelta(days=1), "day", "Europe/London")
    definition = app.reports.definition("orders")  # type: ignore[union-attr]
    promising = type(definition)("orders", reads=definition.reads, ready_by="06:00")
    app.reports._definitions["orders"] = promising  # type: ignore[union-attr]

    async def at(**after: int) -> tuple[dict[str, Any], dict[str, Any]]:
        app.ledger.clock = SetClock(period.ends_at + timedelta(**after))
        (promise,) = (await client.get("/reports/promises")).json()["items"]
        return promise, (await client.get("/health/ready")).json()

    promise, health = await at(minutes=1)
    assert (promise["report"], promise["day"]) == ("orders", str(period.day))
    assert (promise["state"], promise["late"]) == ("on time", False)
    assert health["reports_late"] == health["reports_at_risk"] == 0
    promise, health = await at(hours=2)
    assert promise["state"] == "at risk"
    assert health["reports_at_risk"] == 1
    promise, health = await at(hours=7)
    assert (promise["state"], promise["late"]) == ("late", True)
    assert "no scheduler has made its job" in promise["reason"]
    assert (health["status"], health["reports_late"]) == ("degraded", 1)

    page = (await client.get("/", headers=BROWSER)).text
    assert "is late" in page
    metrics = (await client.get("/metrics")).text
    assert 'horarium_report_promises{report="orders",state="late"} 1' in metrics
    assert 'horarium_report_deadline_seconds{report="orders"} -3600' in metrics


async def test_marked_periods_are_metrics(
    client: httpx.AsyncClient, app: Horarium, reported: date
) -> None:
    await rebuild(app)
    assert "horarium_report_periods_stale{" not in (await client.get("/metrics")).text
    await change(app)
    assert app.reports is not None
    await look(app.database, app.reports, 60.0)
    metrics = (await client.get("/metrics")).text
    assert 'horarium_report_periods_stale{report="orders"} 1' in metrics
    assert 'horarium_report_stale_seconds{report="orders"}' in metrics
