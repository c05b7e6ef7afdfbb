"""The pages of schedules: what they show of each, and that programs still get JSON."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from test_web_dashboard import BROWSER, lead_somewhere, page

from horarium.application import Horarium
from horarium.engine import Cron, Every, Firing, Kept, Outcome, Schedule, Timetable, put_many
from horarium.engine.schedules.scheduler import Scheduler
from horarium.web.dashboard.timetable import Condition, health, lines
from horarium.web.site import asgi

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
TASK = "horarium.reports:build"
ODD = 'a/b <"50%"> späte'


def kept(**values: Any) -> Kept:
    schedule = Schedule(id="each", task="t", timetable=Timetable(Cron("0 9 * * 1-5"), "Asia/Tokyo"))
    standing = {
        "schedule": schedule, "origin": "api", "version": 1, "state": "active", "note": None,
        "fired": 1200, "decided_until": NOW, "next_due_at": NOW, "next_fire_at": NOW,
        "created_at": NOW, "updated_at": NOW,
    }  # fmt: skip
    return Kept(**{**standing, **values})


def condition(**values: Any) -> Condition:
    return Condition(**{"now": NOW, "wrong": (), "last": {}, "knows": lambda _: True, **values})


@pytest.mark.parametrize(
    ("values", "seen", "grade", "word"),
    [
        ({}, {}, "good", "active"),
        ({"state": "parked", "note": "zone: no"}, {"wrong": ["each"]}, "bad", "parked"),
        ({"state": "paused"}, {"wrong": ["each"]}, "bad", "unproved"),
        ({"state": "paused", "note": "holidays"}, {}, "warn", "paused"),
        ({"state": "ended"}, {}, "calm", "ended"),
        ({}, {"knows": lambda _: False}, "warn", "task unknown"),
        ({}, {"now": NOW + timedelta(seconds=59)}, "good", "active"),
        ({}, {"now": NOW + timedelta(seconds=61)}, "bad", "late"),
    ],
)
def test_what_has_to_be_looked_at_comes_first(
    values: dict[str, Any], seen: dict[str, Any], grade: str, word: str
) -> None:
    found = health(kept(**values), condition(**seen))
    assert (found.grade, found.word) == (grade, word)
    if "note" in values:
        assert found.why == values["note"]


def test_a_line_is_told_by_the_clock_of_its_zone() -> None:
    row = Firing(
        schedule="each", due_at=NOW - timedelta(days=3), version=1, outcome=Outcome.SKIPPED,
        reason="paused", count=1200, due_until=NOW, covers_from=None, covers_until=None, job=None,
        decided_at=NOW, decided_by="s",
    )  # fmt: skip
    (line,) = lines([kept()], condition(last={"each": row}))
    assert (line.next, line.zone, line.fired) == ("Mon 2 Mar, 21:00", "Asia/Tokyo", "1,200")
    assert (line.last, line.outcome, line.count) == (line.next, "skipped", "1,200 due times")
    (far,) = lines([kept(next_due_at=NOW + timedelta(days=400))], condition())
    assert far.next == "Tue 6 Apr 2027, 21:00"
    assert far.last == ""


@pytest.fixture
async def filled(app: Horarium) -> AsyncIterator[None]:
    """One of each kind: fired, paused, parked, with an odd id."""
    long_ago = datetime(2026, 1, 1, tzinfo=UTC)
    for id in ("nightly", "parked one"):
        timetable = Timetable(Every(days=1, anchor=long_ago), "Europe/Berlin", starts_at=long_ago)
        await app.book.put(Schedule(id=id, task=TASK, timetable=timetable), "api")
    odd = Schedule(id=ODD, task="gone:task", timetable=Timetable(Cron("0 0 1 1 *")))
    await app.book.put(odd, "command line")
    await app.book.pause("nightly", "the <b>warehouse</b> moves", "command line")
    await app.book.resume("nightly", "done")
    async with app.database.connection() as connection:
        await connection.execute(
            "update horarium.schedules set next_fire_at = now(), next_due_at = now(),"
            " decided_until = '2026-10-01' where id <> $1",
            ODD,
        )
        await connection.execute(
            "update horarium.schedules set definition ="
            " jsonb_set(definition, '{timetable,zone}', '\"Mars/Olympus\"') where id = 'parked one'"
        )
    scheduler = Scheduler(app.ledger)
    await scheduler.step()
    yield
    await scheduler.close()


@pytest.mark.usefixtures("filled")
async def test_the_list_as_a_page(app: Horarium, client: httpx.AsyncClient) -> None:
    text = await page(client, "/schedules")
    assert "3 in the timetable" in text
    assert "1 parked" in text
    assert "Mars/Olympus" in text
    assert "task unknown" in text
    assert "every day" in text
    assert f'href="/schedules/{quote(ODD, safe="")}"' in text
    only = await page(client, "/schedules?state=parked&text=&task=")
    assert "parked one" in only
    assert "nightly" not in only
    assert "No schedule is like that" in await page(client, "/schedules?text=nobody")
    first = await page(client, "/schedules?count=2")
    assert 'rel="next"' in first
    assert 'rel="prev"' in await page(client, "/schedules?count=2&page=2")
    assert "state" in await page(client, "/schedules?state=sleeping", 400)
    assert "pages" in await page(client, "/schedules?pages=1", 400)
    answer = await client.get("/schedules")
    assert answer.headers["content-type"] == "application/json"
    assert answer.json()["total"] == 3


@pytest.mark.usefixtures("filled")
async def test_one_schedule_as_a_page(client: httpx.AsyncClient) -> None:
    text = await page(client, "/schedules/nightly")
    assert "Europe/Berlin" in text
    assert "No worker that is alive" in text
    assert "enqueued" in text
    assert "due times" in text  # a row of what was superseded
    assert "&lt;b&gt;warehouse" in text
    assert "/explanation" in text
    assert "It cannot be run as it stands" in await page(client, "/schedules/parked%20one")
    odd = await page(client, f"/schedules/{quote(ODD, safe='')}")
    assert "gone:task" in odd
    assert (await client.get(f"/schedules/{quote(ODD, safe='')}")).json()["id"] == ODD
    await page(client, "/schedules/nobody", 404)


@pytest.mark.usefixtures("filled")
async def test_every_link_of_the_pages_leads_somewhere(client: httpx.AsyncClient) -> None:
    await lead_somewhere(
        client, {"/schedules", "/schedules/nightly", f"/schedules/{quote(ODD, safe='')}"}
    )


async def test_a_page_of_thousands(app: Horarium, client: httpx.AsyncClient) -> None:
    timetable = Timetable(Cron("0 0 1 1 *"))
    many = [Schedule(id=f"s{n}", task=TASK, timetable=timetable) for n in range(3000)]
    await put_many(app.book, many, "api")
    text = await page(client, "/schedules")
    assert "3,000 in the timetable" in text
    assert text.count("<tr>") == 51


async def test_mounted_below_a_path_the_links_stay_there(app: Horarium) -> None:
    transport = httpx.ASGITransport(asgi(app), root_path="/jobs-and-reports")
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        text = (await client.get("/schedules", headers=BROWSER)).text
    assert 'href="/jobs-and-reports/schedules"' in text
