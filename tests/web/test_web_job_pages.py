"""The pages of jobs: what they show of each, and that programs still get JSON."""

import json
from urllib.parse import quote

import httpx
import pytest
from test_web_dashboard import BROWSER, lead_somewhere, page

from engine.workplace import ended, enqueue, working
from horarium.application import Horarium
from horarium.engine import Progress
from horarium.engine.jobs.job import arguments
from horarium.web.site import asgi

ODD = 'a/b <"50%"> späte'


@pytest.fixture
async def filled(app: Horarium) -> None:
    """One that failed twice, one that succeeded, one that nobody takes."""

    @app.broker.task("mine:fall", max_retries=1, retry_delay=0.0)
    async def fall(order: int, progress: Progress) -> None:
        await progress(0.5, "half <done>")
        raise OSError(f"no <b>paper</b> for {order}")

    @app.broker.task("mine:long")
    async def long() -> list[str]:
        return ["x" * 50] * 200

    async with working(app.broker.worker(queues=["default", "other"])):
        call = {"task": "mine:fall", "arguments": arguments(42)}
        await enqueue(app.ledger, ODD, owner="ada & co", queue="other", **call)
        await ended(app.ledger, ODD)
        await enqueue(app.ledger, "long", task="mine:long", arguments=arguments())
        await ended(app.ledger, "long")
    await enqueue(app.ledger, "waits", task="gone:task")


@pytest.mark.usefixtures("filled")
async def test_the_list_as_a_page(client: httpx.AsyncClient) -> None:
    text = await page(client, "/jobs")
    assert "3 in the ledger" in text
    assert f'href="/jobs/{quote(ODD, safe="")}"' in text
    assert "OSError: no &lt;b&gt;paper" in text
    only = await page(client, "/jobs?state=failed&task=&queue=")
    assert "1 failed" in only
    assert "mine:long" not in only
    assert "Owner ada &amp; co" in await page(client, "/jobs?owner=ada+%26+co")
    assert "No job is like that" in await page(client, "/jobs?task=nobody")
    wanted = quote('{"order": 42}')
    assert "1 in the ledger" in await page(client, "/jobs?task=mine:fall&arguments=" + wanted)
    first = await page(client, "/jobs?count=2&without=a,b")
    assert 'href="/jobs?page=2&amp;count=2&amp;without=a%2Cb" rel="next"' in first
    assert 'rel="prev"' in await page(client, "/jobs?count=2&page=2")


@pytest.mark.usefixtures("filled")
async def test_what_is_not_understood_is_refused(client: httpx.AsyncClient) -> None:
    for wrong in ("state=sleeping", "pages=1", "page=0", "since=yesterday", "arguments=[1]"):
        name = wrong.partition("=")[0]
        assert name in await page(client, f"/jobs?{wrong}", 400)
    await page(client, "/jobs/nobody", 404)


@pytest.mark.usefixtures("filled")
async def test_programs_get_json(client: httpx.AsyncClient) -> None:
    for path in ("/jobs", f"/jobs/{quote(ODD, safe='')}"):
        answer = await client.get(path)
        assert answer.headers["content-type"] == "application/json"
    assert answer.json()["id"] == ODD


@pytest.mark.usefixtures("filled")
async def test_one_job_as_a_page(client: httpx.AsyncClient) -> None:
    text = await page(client, f"/jobs/{quote(ODD, safe='')}")
    assert text.count("<summary>Traceback</summary>") == 2
    assert text.count('class="state failed"') == 3  # its own, and of both attempts
    assert "no &lt;b&gt;paper&lt;/b&gt; for 42" in text
    assert "What became of it" in text
    assert "horarium job retry" in text
    assert 'href="/jobs?owner=ada%20%26%20co"' in text
    long = await page(client, "/jobs/long")
    assert "…</pre>" in long  # a result of ten thousand characters
    assert len(long) < 20_000
    waits = await page(client, "/jobs/waits")
    assert "It has not been started" in waits


async def test_where_a_job_came_from(app: Horarium, client: httpx.AsyncClient) -> None:
    await enqueue(app.ledger, "a", schedule="nightly")
    async with app.database.connection() as connection:
        await connection.execute("update horarium.jobs set batch = 'b 1'")
    text = await page(client, "/jobs/a")
    assert 'href="/schedules/nightly"' in text
    assert 'href="/jobs?batch=b%201"' in text
    assert "Where it stands" in text


@pytest.mark.usefixtures("filled")
async def test_every_link_of_the_pages_leads_somewhere(client: httpx.AsyncClient) -> None:
    await lead_somewhere(client, {"/jobs", "/jobs/long", f"/jobs/{quote(ODD, safe='')}"})


async def test_mounted_below_a_path_the_links_stay_there(app: Horarium) -> None:
    await enqueue(app.ledger, "a")
    transport = httpx.ASGITransport(asgi(app), root_path="/below")
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        for path in ("/jobs", "/jobs/a"):
            text = (await client.get(path, headers=BROWSER)).text
            assert 'href="/below/jobs"' in text
            assert 'href="/jobs' not in text


async def test_what_cannot_be_read_as_a_call_is_shown_as_it_is(
    app: Horarium, client: httpx.AsyncClient
) -> None:
    await enqueue(app.ledger, "a", labels=json.dumps({"owner": "x"}).encode())
    assert "&#34;owner&#34;" in await page(client, "/jobs/a")
