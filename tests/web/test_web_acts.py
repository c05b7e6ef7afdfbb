"""What pages do: cancel a job, run one or many again, run, pause and resume a schedule.

Each act, each refusal, who may, and that looking changes nothing.
"""

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from urllib.parse import quote

import httpx
import pytest
from fastapi import FastAPI
from problem_documents import refused
from test_web_dashboard import BROWSER, checked, page

from engine.workplace import ended, enqueue, eventually, register, working
from horarium.application import Horarium
from horarium.engine import Cron, Filter, Schedule, State, Timetable
from horarium.web import asgi
from horarium.web.entrance import COOKIE
from horarium.web.forms import LONGEST
from web.conftest import HERE, People, visiting

ODD = 'a/b <"50%"> späte'
ODD_PATH = quote(ODD, safe="")
TASK = "horarium.reports:build"
EVERYTHING = """
select (select jsonb_agg(j order by j.id) from (select id, state, attempt from horarium.jobs) j),
    (select jsonb_agg(h order by h.id) from (select id, state from horarium.job_history) h),
    (select jsonb_agg(s order by s.id) from (select id, state, note from horarium.schedules) s),
    (select count(*) from horarium.schedule_acts)
"""


@pytest.fixture
async def filled(app: Horarium) -> None:
    """Two jobs of different tasks that failed, one that succeeded, one that waits, a schedule."""

    @app.broker.task("mine:fall")
    async def fall() -> None:
        raise OSError("no paper")

    @app.broker.task("mine:slip")
    async def slip() -> None:
        raise OSError("no ground")

    @app.broker.task("mine:well")
    async def well() -> None: ...

    async with working(app.broker.worker()):
        for id, name in ((ODD, "mine:fall"), ("slipped", "mine:slip"), ("well", "mine:well")):
            await enqueue(app.ledger, id, task=name)
            await ended(app.ledger, id)
    await enqueue(app.ledger, "waits", task="gone:task")
    await app.book.put(Schedule(id=ODD, task=TASK, timetable=Timetable(Cron("0 0 1 1 *"))), "api")


@pytest.fixture
async def unchanged(app: Horarium, filled: None) -> AsyncIterator[None]:
    """What is done meanwhile changes nothing."""
    async with app.database.connection() as connection:
        before = await connection.fetchrow(EVERYTHING)
        yield
        assert await connection.fetchrow(EVERYTHING) == before


async def press(
    client: httpx.AsyncClient, path: str, status: int = 303, **fields: str
) -> httpx.Response:
    """Send a form of a page as a browser does."""
    answer = await client.post(path, data=fields, headers={**BROWSER, **HERE})
    assert answer.status_code == status, answer.text[:2000]
    if status != 303:
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        checked(answer.text)
    return answer


async def act(client: httpx.AsyncClient, path: str, **fields: str) -> str:
    """Do it, and return the page that the browser is led to."""
    answer = await press(client, f"/dashboard{path}", **fields)
    assert answer.headers["location"].partition("#")[0] == path
    return await page(client, path)


# Jobs


@pytest.mark.usefixtures("filled")
async def test_a_job_is_cancelled(app: Horarium, client: httpx.AsyncClient) -> None:
    before = await page(client, "/jobs/waits")
    assert 'action="/dashboard/jobs/waits"' in before
    assert 'class="grave" name="act" value="cancel"' in before
    assert 'value="retry"' not in before
    after = await act(client, "/jobs/waits", act="cancel")
    assert 'class="state cancelled"' in after
    assert 'value="cancel"' not in after
    job = await app.ledger.show("waits")
    assert job.state is State.CANCELLED
    assert job.error is not None
    assert job.error.message == "cancelled on the page"


async def test_a_running_one_is_asked_to_stop(app: Horarium, client: httpx.AsyncClient) -> None:
    stopped = asyncio.Event()

    @app.broker.task("mine:long")
    async def long() -> None:
        try:
            await asyncio.sleep(600)
        finally:
            stopped.set()

    async def state() -> State:
        return (await app.ledger.show("a")).state

    await enqueue(app.ledger, "a", task="mine:long")
    async with working(app.broker.worker()):
        await eventually(state, State.RUNNING)
        assert 'value="cancel"' in await page(client, "/jobs/a")
        await act(client, "/jobs/a", act="cancel")
        await eventually(state, State.CANCELLED)
    assert stopped.is_set()


async def test_one_that_was_asked_is_not_asked_again(
    app: Horarium, client: httpx.AsyncClient
) -> None:
    await enqueue(app.ledger, "a")
    async with app.database.connection() as connection:
        await connection.execute(
            "update horarium.jobs set state = 'running', attempt = 1, started_at = now(),"
            " worker = $1",
            await register(connection),
        )
    after = await act(client, "/jobs/a", act="cancel")
    assert "and was asked to stop" in after
    assert 'value="cancel"' not in after


@pytest.mark.usefixtures("filled")
async def test_a_job_runs_again(app: Horarium, client: httpx.AsyncClient) -> None:
    for path, id in ((f"/jobs/{ODD_PATH}", ODD), ("/jobs/well", "well")):
        before = await page(client, path)
        assert f'action="/dashboard{path}"' in before
        assert 'value="retry"' in before
        assert 'value="cancel"' not in before
        after = await act(client, path, act="retry")
        assert 'class="state queued"' in after
        assert 'value="cancel"' in after
        assert (await app.ledger.show(id)).state is State.QUEUED


@pytest.mark.usefixtures("unchanged")
async def test_what_is_not_so_any_more_is_refused(client: httpx.AsyncClient) -> None:
    text = (await press(client, "/dashboard/jobs/well", 409, act="cancel")).text
    assert "has ended already; it is succeeded" in text
    assert 'href="/dashboard/jobs/well">Back to the page' in text
    text = (await press(client, "/dashboard/jobs/waits", 409, act="retry")).text
    assert "only a job that has ended can be run again" in text
    for name in ("cancel", "retry"):
        text = (await press(client, "/dashboard/jobs/nobody", 404, act=name)).text
        assert "there is no job" in text.lower()
    # Programs that come here are told in their own way.
    answer = await client.post("/dashboard/jobs/well", data={"act": "cancel"}, headers=HERE)
    refused(answer, 409)


# Schedules


@pytest.mark.usefixtures("filled")
async def test_a_schedule_runs_now(app: Horarium, client: httpx.AsyncClient) -> None:
    path = f"/schedules/{ODD_PATH}"
    assert 'value="trigger"' in await page(client, path)
    answer = await press(client, f"/dashboard{path}", act="trigger")
    assert answer.headers["location"] == f"{path}#acts"
    (job,) = await app.ledger.jobs(Filter(task=TASK))
    after = await page(client, path)
    assert f'href="/jobs/{job.id}">trigger</a>' in after
    assert "on the page" in after


@pytest.mark.usefixtures("filled")
async def test_a_schedule_is_paused_and_resumed(app: Horarium, client: httpx.AsyncClient) -> None:
    path = f"/schedules/{ODD_PATH}"
    before = await page(client, path)
    assert 'value="pause"' in before
    assert 'value="resume"' not in before
    after = await act(client, path, act="pause", note="the <b>stock</b> is taken")
    assert "the &lt;b&gt;stock&lt;/b&gt; is taken (on the page)" in after
    assert 'value="pause"' not in after
    assert 'value="trigger"' in after
    kept = await app.book.show(ODD)
    assert (kept.state, kept.note) == ("paused", "the <b>stock</b> is taken (on the page)")
    after = await act(client, path, act="resume")
    assert 'value="pause"' in after
    assert (await app.book.show(ODD)).state == "active"
    await act(client, path, act="pause", note="")
    assert (await app.book.show(ODD)).note == "on the page"


@pytest.mark.usefixtures("filled")
async def test_a_schedule_that_cannot_be_held(app: Horarium, client: httpx.AsyncClient) -> None:
    await app.book.retire(ODD, "no longer")
    path = f"/dashboard/schedules/{ODD_PATH}"
    text = await page(client, f"/schedules/{ODD_PATH}")
    assert 'value="pause"' not in text
    assert "there is no schedule" in (await press(client, path, 404, act="pause")).text.lower()
    for name in ("trigger", "pause", "resume"):
        await press(client, "/dashboard/schedules/nobody", 404, act=name)


# Many jobs


@pytest.mark.usefixtures("filled")
async def test_all_failed_ones_of_a_filter_run_again(
    app: Horarium, client: httpx.AsyncClient
) -> None:
    text = await page(client, "/jobs?task=mine:fall&state=")
    (link,) = re.findall(r'href="(/dashboard/retries[^"]+)"', text)
    assert link == "/dashboard/retries?count=50&amp;task=mine%3Afall"
    asking = await page(client, link.replace("&amp;", "&"))
    assert "Run 1 failed job again?" in asking
    assert "Task mine:fall" in asking
    (action,) = re.findall(r'action="(/dashboard/retries[^"]+)"', asking)
    (counted_at,) = re.findall(r'name="counted_at" value="([^"]+)"', asking)
    answer = await press(client, action.replace("&amp;", "&"), counted_at=counted_at)
    assert answer.headers["location"] == "/jobs?count=50&task=mine%3Afall"
    assert 'class="state queued"' in await page(client, answer.headers["location"])
    assert (await app.ledger.show(ODD)).state is State.QUEUED
    assert (await app.ledger.show("slipped")).state is State.FAILED
    assert (await app.ledger.show("well")).state is State.SUCCEEDED


@pytest.mark.usefixtures("filled")
async def test_what_ended_after_it_was_counted_stays(
    app: Horarium, client: httpx.AsyncClient
) -> None:
    long_ago = datetime(2020, 1, 1, tzinfo=UTC).isoformat()
    await press(client, "/dashboard/retries", counted_at=long_ago)
    assert (await app.ledger.show(ODD)).state is State.FAILED


@pytest.mark.usefixtures("filled")
async def test_the_list_offers_it_where_there_are_any(client: httpx.AsyncClient) -> None:
    for query, offered in (
        ("", True), ("?state=failed", True), ("?state=succeeded", False), ("?state=queued", False),
        ("?state=cancelled", False), ("?task=mine:well", False),
    ):  # fmt: skip
        assert ("/dashboard/retries" in await page(client, f"/jobs{query}")) is offered, query
    await act(client, "/jobs/waits", act="cancel")
    assert "Run the cancelled ones again" in await page(client, "/jobs?state=cancelled")
    asking = await page(client, "/dashboard/retries?state=cancelled")
    assert "Run 1 cancelled job again?" in asking
    none = await page(client, "/dashboard/retries?task=nobody")
    assert "No failed job can be run again" in none
    assert 'name="counted_at"' not in none


@pytest.mark.usefixtures("unchanged")
async def test_many_of_what_there_cannot_be(client: httpx.AsyncClient) -> None:
    now = datetime.now(UTC).isoformat()
    for query, field in (
        ("state=queued", "state"), ("state=sleeping", "state"), ("since=yesterday", "since"),
        ("pages=1", "pages"), ("arguments=[1]", "arguments"),
    ):  # fmt: skip
        assert field in await page(client, f"/dashboard/retries?{query}", 400)
        path = f"/dashboard/retries?{query}"
        assert field in (await press(client, path, 400, counted_at=now)).text
    await press(client, "/dashboard/retries", 400)
    await press(client, "/dashboard/retries", 400, counted_at="now")
    await press(client, "/dashboard/retries", 400, counted_at="2026-01-01T00:00:00")


# Forms that are none


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("path", ["/dashboard/jobs/waits", f"/dashboard/schedules/{ODD_PATH}"])
async def test_a_form_that_is_none_of_ours(client: httpx.AsyncClient, path: str) -> None:
    for body in (
        b"", b"act", b"act=", b"act=explode", b"act=cancel&act=cancel", b"act=pause&act=pause",
        b"act=cancel&x=1", b"act=pause&x=1", b"act=%FF", b"act=\xff", b'{"act": "cancel"}',
        b"act=pause&note=%00", b"act=pause&note=" + b"x" * 501,
        b"&".join(b"act%d=cancel" % each for each in range(100)),
    ):  # fmt: skip
        headers = {**BROWSER, **HERE, "Content-Type": "application/x-www-form-urlencoded"}
        answer = await client.post(path, content=body, headers=headers)
        assert answer.status_code == 400, body
        checked(answer.text)
    answer = await press(client, path, 413, act="cancel", note="x" * LONGEST)
    assert f"the server takes {LONGEST} bytes at most" in answer.text


# Who may


@pytest.mark.usefixtures("unchanged")
async def test_looking_changes_nothing(client: httpx.AsyncClient) -> None:
    for path, leads in (
        ("/dashboard/jobs/waits", "/jobs/waits"),
        (f"/dashboard/jobs/{ODD_PATH}", f"/jobs/{ODD_PATH}"),
        (f"/dashboard/schedules/{ODD_PATH}", f"/schedules/{ODD_PATH}"),
    ):
        for query in ("", "?act=cancel", "?act=retry", "?act=trigger", "?act=pause"):
            for method in ("GET", "HEAD"):
                answer = await client.request(method, path + query, headers=BROWSER)
                assert (answer.status_code, answer.headers["location"]) == (303, leads)
    await page(client, "/dashboard/retries")
    await page(client, "/dashboard/retries?state=failed")
    await page(client, "/dashboard/retries?counted_at=2030-01-01T00:00:00Z", 400)
    for method in ("PUT", "PATCH", "DELETE"):
        answer = await client.request(method, "/dashboard/jobs/waits", headers=HERE)
        assert answer.status_code == 405


PLACES = [
    ("/dashboard/jobs/waits", {"act": "cancel"}),
    (f"/dashboard/jobs/{ODD_PATH}", {"act": "retry"}),
    (f"/dashboard/schedules/{ODD_PATH}", {"act": "trigger"}),
    (f"/dashboard/schedules/{ODD_PATH}", {"act": "pause"}),
    ("/dashboard/retries", {"counted_at": "2030-01-01T00:00:00Z"}),
]


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize(("path", "fields"), PLACES)
async def test_pages_of_other_sites_do_nothing(
    client: httpx.AsyncClient, path: str, fields: dict[str, str]
) -> None:
    for headers in (
        {"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"},
        {"Origin": "http://localhost:9000", "Sec-Fetch-Site": "same-site"}, {},
    ):  # fmt: skip
        answer = await client.post(path, data=fields, headers={**BROWSER, **headers})
        assert answer.status_code == 403, headers
        checked(answer.text)


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize(("path", "fields"), PLACES)
async def test_a_reader_does_nothing(
    strict: httpx.AsyncClient, people: People, path: str, fields: dict[str, str]
) -> None:
    strict.cookies.set(COOKIE, people.reader["Authorization"].removeprefix("Bearer "))
    text = (await press(strict, path, 403, **fields)).text
    assert "reader one is reader, and this takes operator" in text.lower()


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize(("path", "fields"), PLACES)
async def test_whose_login_has_ended_is_led_to_it_and_back(
    strict: httpx.AsyncClient, people: People, path: str, fields: dict[str, str]
) -> None:
    path = f"{path}?task=a%26b" if path.endswith("retries") else path
    answer = await press(strict, path, **fields)
    assert answer.headers["location"] == f"/login?next={quote(path, safe='')}"
    form = {"token": people.operator["Authorization"].removeprefix("Bearer "), "next": path}
    answer = await strict.post("/login", data=form, headers=HERE)
    assert answer.headers["location"] == path
    answer = await strict.get(path, headers=BROWSER, follow_redirects=True)
    assert answer.status_code == 200
    checked(answer.text)


@pytest.mark.usefixtures("filled")
async def test_a_reader_sees_no_button(strict: httpx.AsyncClient, people: People) -> None:
    pages = ("/jobs", "/jobs/waits", "/jobs/well", f"/schedules/{ODD_PATH}")
    for who, sees in ((people.reader, False), (people.operator, True), (people.admin, True)):
        strict.cookies.set(COOKIE, who["Authorization"].removeprefix("Bearer "))
        for path in pages:
            text = await page(strict, path)
            assert ("/dashboard/retries" in text or 'name="act"' in text) is sees, path
        hint = "horarium job cancel waits" in await page(strict, "/jobs/waits")
        assert hint is not sees
        await page(strict, "/dashboard/retries", 200 if sees else 403)
        strict.cookies.clear()


@pytest.mark.usefixtures("filled")
async def test_who_did_it_is_kept(app: Horarium, strict: httpx.AsyncClient, people: People) -> None:
    strict.cookies.set(COOKIE, people.operator["Authorization"].removeprefix("Bearer "))
    by = "on the page by operator one"
    assert f"cancelled {by}" in await act(strict, "/jobs/waits", act="cancel")
    path = f"/schedules/{ODD_PATH}"
    await act(strict, path, act="trigger")
    (job,) = await app.ledger.jobs(Filter(task=TASK))
    assert job.owner == "operator one"
    await act(strict, path, act="pause", note="holidays")
    await act(strict, path, act="resume")
    acts = (await strict.get(f"{path}/acts")).json()["items"]
    assert [each["note"] for each in acts] == [by, f"holidays ({by})", by]


# Elsewhere


@pytest.mark.usefixtures("filled")
async def test_mounted_below_a_path_they_stay_there(app: Horarium) -> None:
    parent = FastAPI()
    parent.mount("/tools/jobs", asgi(app))
    async with visiting(parent) as client:
        root = "/tools/jobs"
        for path, name in ((f"/jobs/{ODD_PATH}", "retry"), (f"/schedules/{ODD_PATH}", "pause")):
            action = f"{root}/dashboard{path}"
            assert f'action="{action}"' in await page_below(client, root + path)
            answer = await press(client, action, act=name)
            assert answer.headers["location"] == root + path
            answer = await client.get(action)
            assert answer.headers["location"] == root + path
        text = (await press(client, f"{root}/dashboard/jobs/waits", 409, act="retry")).text
        assert f'href="{root}/dashboard/jobs/waits">Back' in text
        asking = await page_below(client, f"{root}/dashboard/retries?task=mine:slip")
        (action,) = re.findall(r'action="([^"]+/retries[^"]*)"', asking)
        (counted_at,) = re.findall(r'name="counted_at" value="([^"]+)"', asking)
        answer = await press(client, action.replace("&amp;", "&"), counted_at=counted_at)
        assert answer.headers["location"] == f"{root}/jobs?count=50&task=mine%3Aslip"
        assert (await app.ledger.show("slipped")).state is State.QUEUED


async def page_below(client: httpx.AsyncClient, path: str) -> str:
    """A page of a mounted site, whose addresses all stay there."""
    text = await page(client, path)
    assert 'href="/jobs' not in text
    assert 'action="/dashboard' not in text
    return text


async def test_programs_are_told_of_none_of_them(client: httpx.AsyncClient) -> None:
    paths = (await client.get("/schema")).json()["paths"]
    assert [path for path in paths if path.startswith("/dashboard")] == []
