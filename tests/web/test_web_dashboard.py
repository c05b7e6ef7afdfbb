"""The page: what it shows, in each state it can be in."""

import re
from datetime import date
from html.parser import HTMLParser

import httpx
import pytest

from horarium import reports, shop
from horarium.application import Horarium
from horarium.builtin_tasks import SCORE_REVIEWS, WRITE_JOURNAL
from horarium.engine import Cron, NewJob, Schedule, Timetable
from horarium.web import asgi
from horarium.web.dashboard.sight import JOBS
from horarium.web.wording import minute

BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
FAILED = """
insert into horarium.job_history (id, task, queue, priority, state, due_at, enqueued_at, attempt,
    started_at, finished_at, error)
select $1, $2, 'default', 0, 'failed', at, at, 1, at, at,
    '{"type": "OSError", "message": "no space left"}'
from (select now() - $3::text::interval as at) then_
"""
VOID = {"meta", "link", "img", "input", "br", "line", "rect"}


class WellFormed(HTMLParser):
    """Checks that what is opened is closed, in order, and collects addresses."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.addresses: list[str] = []
        self.ids: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            self.open.append(tag)
        for name, value in attrs:
            assert name != "style"
            assert not name.startswith("on")
            if name in ("href", "src", "action"):
                self.addresses.append(value or "")
            if name == "id":
                self.ids.append(value or "")

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag


def checked(page: str) -> WellFormed:
    parser = WellFormed()
    parser.feed(page)
    assert parser.open == []
    assert len(parser.ids) == len(set(parser.ids))
    assert "<script" not in page
    assert all(address.startswith(("/", "#")) for address in parser.addresses), parser.addresses
    return parser


async def page(client: httpx.AsyncClient, path: str = "/", status: int = 200) -> str:
    answer = await client.get(path, headers=BROWSER)
    assert answer.status_code == status, answer.text[:2000]
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    checked(answer.text)
    return answer.text


async def lead_somewhere(client: httpx.AsyncClient, pages: set[str]) -> None:
    """Follow every link of these pages once; where a form acts, somebody is led to the page."""
    seen = set(pages)
    for path in pages:
        for address in checked(await page(client, path)).addresses:
            if address.startswith("/") and address not in seen:
                seen.add(address)
                answer = await client.get(address, follow_redirects=True)
                assert answer.status_code == 200, (path, address, answer.text[:300])


async def test_programs_get_name_and_version(refusing: httpx.AsyncClient) -> None:
    for accept in ("*/*", "application/json"):
        answer = await refusing.get("/", headers={"Accept": accept})
        assert answer.json() == {"name": "horarium", "version": "0.1.0"}
        assert answer.headers["vary"] == "Accept"


async def test_the_newest_report(refusing: httpx.AsyncClient) -> None:
    text = await page(refusing)
    assert "Sunday, 29 March 2026" in text
    assert "£15.80" in text
    assert "+£15.80" in text
    assert "Changes are against Sat 28 Mar 2026." in text
    assert "Final" in text
    assert "Revision 1" in text
    assert "Data until 30 Mar 2026, 00:00:00" in text
    assert "/report?date=2026-03-29" in text


async def test_the_chart_links_each_day(refusing: httpx.AsyncClient) -> None:
    text = await page(refusing)
    links = re.findall(r'<a href="/\?date=(2026-03-\d\d)" aria-label="([^"]*)"', text)
    assert ("2026-03-28", "Sat 28 Mar 2026: £0.00, 0 orders") in links
    assert ("2026-03-29", "Sun 29 Mar 2026: £15.80, 2 orders") in links


async def test_a_chosen_day(refusing: httpx.AsyncClient) -> None:
    text = await page(refusing, "/?date=2026-03-28")
    assert "Saturday, 28 March 2026" in text
    assert "No orders on this day." in text
    assert 'rel="next"' in text
    assert 'rel="prev"' not in text
    assert "The day before was not built" in text


async def test_days_that_cannot_be_shown(refusing: httpx.AsyncClient) -> None:
    text = await page(refusing, "/?date=2026-03-01", 404)
    assert "Sunday, 1 March 2026" in text
    assert "was never built" in text
    text = await page(refusing, "/?date=soon", 400)
    assert "No such day" in text
    assert "It takes a date" in text
    text = await page(refusing, "/?date=%3Cscript%3Ealert(1)%3C/script%3E%00", 400)
    assert "Last jobs" in text
    assert "Sunday, 29 March" in await page(refusing, "/?date=&utm_source=mail")


async def test_before_the_first_report(client: httpx.AsyncClient) -> None:
    text = await page(client)
    assert "No report yet" in text
    assert "horarium report build" in text
    assert "No jobs yet." in text
    assert "No schedule is active." in text
    assert "The ledger is empty." in await page(client, "/?jobs=all")


async def test_jobs_and_firings(app: Horarium, client: httpx.AsyncClient) -> None:
    await app.scheduler.synchronise()
    task_id = await app.build_report(date(2010, 12, 1))
    text = await page(client)
    assert f'href="/jobs/{task_id}"' in text
    assert 'class="state queued"' in text
    assert "day=2010-12-01" in text
    assert "Europe/London" in text


async def test_housekeeping_is_left_out_of_the_last_jobs_unless_it_is_asked_for(
    app: Horarium, client: httpx.AsyncClient
) -> None:
    await app.ledger.enqueue(NewJob(id="mine", task="mail"))
    for number in range(JOBS):
        await app.ledger.enqueue(NewJob(id=f"own-{number}", task=WRITE_JOURNAL))
    text = await page(client)
    assert (text.count('href="/jobs/mine"'), text.count('href="/jobs/own-')) == (1, 0)
    assert 'left out. <a href="/?jobs=all#jobs">Show it too</a>' in text
    text = await page(client, "/?jobs=all")
    assert text.count('href="/jobs/own-') == JOBS
    assert '<a href="/?jobs=others#jobs">Leave it out</a>' in text
    await page(client, "/?jobs=mine", 400)


async def test_housekeeping_that_failed_lately_is_told_where_it_is_left_out(
    app: Horarium, client: httpx.AsyncClient
) -> None:
    async with app.database.transaction() as connection:
        for job, ago in (("long ago", "25 hours"), ("newer", "1 hour"), ("newest", "1 minute")):
            await connection.execute(FAILED, job, SCORE_REVIEWS, ago)
    text = await page(client)
    assert f'Of it, <a href="/jobs/newest">{SCORE_REVIEWS}</a>' in text
    assert "OSError: no space left" in text
    assert "/jobs/newer" not in text
    assert text.count("Of it,") == 1


async def test_each_schedule_has_one_line_and_horariums_own_are_last(
    app: Horarium, client: httpx.AsyncClient
) -> None:
    await app.scheduler.synchronise()
    timetable = Timetable(Cron("*/5 * * * *"), "Asia/Tokyo", key="mails")
    await app.book.put(Schedule(id="mails", task="mail", timetable=timetable), "api")
    text = await page(client)
    places = [text.index(f'href="/schedules/{name}">{name}</a>') for name in ("mails", "orders")]
    assert sorted(places) == places
    assert places[-1] < text.index("Horarium's own") < text.index(">journal</a>")
    kept = await app.book.show("mails")
    assert kept.next_due_at is not None
    due = kept.next_due_at.isoformat()
    at = minute(kept.next_due_at, "Asia/Tokyo")
    assert f'<time datetime="{due}">{at}</time> <span class="zone">Asia/Tokyo</span>' in text
    assert all(text.count(f">{name}</a>") == 1 for name in ("mails", "orders", "journal"))
    await app.book.pause("mails", "no mail today", "api")
    assert ">mails</a>" not in await page(client)


async def test_ids_with_slashes_are_led_to(app: Horarium, client: httpx.AsyncClient) -> None:
    timetable = Timetable(Cron("0 9 * * *"), key="a/b")
    await app.book.put(Schedule(id="a/b", task="mail", timetable=timetable), "api")
    await app.ledger.enqueue(NewJob(id="2024/7", task="mail"))
    found = checked(await page(client)).addresses
    assert {"/schedules/a%2Fb", "/jobs/2024%2F7"} <= set(found)


async def test_what_people_entered_is_escaped(client: httpx.AsyncClient) -> None:
    body = {"report_at": "2010-12-01", "order_id": "<script>x</script>", "count_product": 1}
    assert (await client.post("/report", json=body)).status_code == 201
    text = await page(client)
    assert "&lt;script&gt;x&lt;/script&gt;" in text
    assert "by hand" in text


async def test_files_are_kept_by_browsers(refusing: httpx.AsyncClient) -> None:
    parser = checked(await page(refusing))
    files = [address for address in parser.addresses if address.startswith("/assets/")]
    assert len(files) == 3
    for address in files:
        answer = await refusing.get(address)
        assert answer.status_code == 200
        assert answer.headers["content-type"].split(";")[0] in ("text/css", "image/svg+xml")
        assert "immutable" in answer.headers["cache-control"]


@pytest.mark.parametrize("root", ["/horarium", "/a/b"])
async def test_mounted_under_a_path(app: Horarium, root: str) -> None:
    transport = httpx.ASGITransport(asgi(app), root_path=root)
    async with httpx.AsyncClient(transport=transport, base_url="http://parent") as client:
        for path in ("/", "/docs"):
            text = (await client.get(f"{root}{path}", headers=BROWSER)).text
            addresses = [a for a in checked(text).addresses if not a.startswith("#")]
            assert all(address.startswith(f"{root}/") for address in addresses)
        answer = await client.post(f"{root}/report/generate?date=2010-12-01")
        assert (await client.get(answer.headers["location"])).status_code == 200


async def test_figures_lead_to_their_orders(client: httpx.AsyncClient, reported: date) -> None:
    shown = await page(client)
    addresses = [each.replace("&amp;", "&") for each in checked(shown).addresses]
    wanted = [
        f"/report/orders?date={reported}&figure=total",
        f"/report/orders?date={reported}&figure=refunds",
    ]
    assert set(wanted) <= set(addresses)
    assert "WHITE MUG" in shown
    orders = await page(client, f"{wanted[0]}&count=1")
    assert "1001" in orders
    assert "1002" not in orders
    later = next(each for each in checked(orders).addresses if "page=2" in each)
    assert "1002" in await page(client, later.replace("&amp;", "&"))
    assert "No orders make up this figure" in await page(client, wanted[1])
    as_json = await client.get(wanted[0])
    assert (as_json.headers["vary"], as_json.json()["total"]) == ("Accept", 2)


async def test_an_order_that_was_changed_is_told_on_the_page(
    app: Horarium, client: httpx.AsyncClient, reported: date
) -> None:
    async with app.database.transaction() as connection:
        await shop.cancel_order(connection, "1002")
    shown = await page(client, f"/report/orders?date={reported}&figure=sales")
    assert "changed since the day was built" in shown
    assert "£15.80 in 2 orders" in shown
    async with app.database.transaction() as connection:
        period = reports.period_of(reported, "day", "Europe/London")
        await reports.build(connection, "orders", period, reason="test")
    assert "1 order was cancelled, of £5.10" in await page(client)
