"""Jobs over HTTP: lists, attempts, running again, cancelling, and what is refused."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from problem_documents import refused

from horarium.application import Horarium
from horarium.database import Connection
from horarium.engine import NewJob

END = """
with ended as (delete from horarium.jobs where id = $1 returning *)
insert into horarium.job_history (id, task, queue, priority, state, due_at, enqueued_at, attempt,
    started_at, finished_at, owner, schedule, arguments, labels, error, result)
select id, task, queue, priority, $2, due_at, enqueued_at, 1, now() - interval '2 s', now(),
    owner, schedule, arguments, labels,
    case $2 when 'failed' then '{"type": "ValueError", "message": "no such order"}'::jsonb end,
    case $2 when 'succeeded' then '1'::jsonb end
from ended
"""


async def enqueue(app: Horarium, *ids: str, **fields: Any) -> None:
    for id in ids:
        assert await app.ledger.enqueue(NewJob(**{"id": id, "task": "send", **fields}))


async def end(app: Horarium, state: str, *ids: str) -> None:
    """Let jobs have ended."""
    async with app.database.connection() as connection:
        for id in ids:
            await connection.execute(END, id, state)


async def claim(app: Horarium) -> Connection:
    """Let a worker hold one queued job."""
    async with app.database.connection() as connection:
        worker = await connection.fetchval(
            "insert into horarium.workers (name, host, pid, queues, slots, started_at, lease_until)"
            " values ('w', 'h', 1, '{}', 5, now(), now() + interval '1 hour') returning id"
        )
        (claimed,) = await app.ledger.claim(connection, worker, None, 1)
    return claimed


@pytest.fixture
async def some(app: Horarium) -> None:
    await enqueue(app, "f1", "f2", arguments=b'{"args":[],"kwargs":{"order_id":42}}')
    await enqueue(app, "s1", task="other", owner="ada")
    await end(app, "failed", "f1", "f2")
    await end(app, "succeeded", "s1")
    await enqueue(app, "q1", queue="mail")


async def ids(client: httpx.AsyncClient, **query: Any) -> list[str]:
    answer = await client.get("/jobs", params=query)
    assert answer.status_code == 200, answer.text
    page = answer.json()
    assert page["total"] >= len(page["items"])
    return [job["id"] for job in page["items"]]


@pytest.mark.usefixtures("some")
async def test_lists_by_every_filter(app: Horarium, client: httpx.AsyncClient) -> None:
    assert sorted(await ids(client)) == ["f1", "f2", "q1", "s1"]
    assert (await ids(client))[0] == "q1"
    assert sorted(await ids(client, state="failed")) == ["f1", "f2"]
    assert await ids(client, task="other") == ["s1"]
    assert await ids(client, without="send") == ["s1"]
    assert sorted(await ids(client, without="none,other")) == ["f1", "f2", "q1"]
    assert await ids(client, owner="ada") == ["s1"]
    assert await ids(client, queue="mail") == ["q1"]
    assert await ids(client, schedule="orders") == []
    assert sorted(await ids(client, arguments='{"order_id": 42}')) == ["f1", "f2"]
    assert await ids(client, arguments='{"order_id": 43}') == []
    future = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    assert await ids(client, since=future) == []
    assert len(await ids(client, until=future)) == 4
    page = (await client.get("/jobs", params={"count": 1, "page": 2})).json()
    assert (page["total"], page["page"], page["count"], len(page["items"])) == (4, 2, 1, 1)


async def test_an_argument_is_found_by_its_place_too(
    app: Horarium, client: httpx.AsyncClient
) -> None:
    @app.broker.task("receipt")
    async def receipt(order_id: int, note: str = "") -> None: ...

    await receipt.kiq(42)
    asked = {"arguments": '{"order_id": 42}'}
    assert len(await ids(client, task="receipt", **asked)) == 1
    assert await ids(client, **asked) == []
    assert len(await ids(client, arguments='{"0": 42}')) == 1


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"state": "sleeping"}, "state"),
        ({"since": "yesterday"}, "since"),
        ({"since": "2026-01-01T00:00:00"}, "since"),
        ({"since": "2026-01-02T00:00:00Z", "until": "2026-01-01T00:00:00Z"}, "until"),
        ({"arguments": "order_id=42"}, "arguments"),
        ({"arguments": "[42]"}, "arguments"),
        ({"arguments": '{"a": "\\u0000"}'}, "a"),
        ({"arguments": "[" * 5000}, "arguments"),
        ({"page": "0"}, "page"),
        ({"count": "1001"}, "count"),
        ({"quue": "mail"}, "quue"),
    ],
)
async def test_filters_that_cannot_be_used(
    refusing: httpx.AsyncClient, query: dict[str, str], field: str
) -> None:
    refused(await refusing.get("/jobs", params=query), 400, field=field)


@pytest.mark.usefixtures("some")
async def test_a_job_is_run_again(client: httpx.AsyncClient) -> None:
    answer = await client.post("/jobs/f1/retries")
    assert answer.status_code == 202
    job = answer.json()
    assert (job["id"], job["state"], job["attempt"], job["error"]) == ("f1", "queued", 0, None)
    refused(await client.post("/jobs/f1/retries"), 409, says="'f1' is queued")
    refused(await client.post("/jobs/never/retries"), 404, says="never")
    runs = (await client.get("/jobs/f1/attempts")).json()
    assert runs["total"] == 1
    assert runs["items"][0]["outcome"] == "failed"
    assert runs["items"][0]["error"]["message"] == "no such order"
    refused(await client.get("/jobs/never/attempts"), 404)


async def test_what_is_no_text_is_not_guessed_at(client: httpx.AsyncClient) -> None:
    refused(await client.get("/jobs?task=%ED%A0%80"), 400, field="query", says="UTF-8")
    refused(await client.get("/jobs/%FF"), 404)
    refused(await client.post("/queues/%ED%A0%80/pause", json={"note": "x"}), 404)
    assert await ids(client, task="\N{REPLACEMENT CHARACTER}") == []


@pytest.mark.usefixtures("some")
async def test_many_jobs_are_run_again(client: httpx.AsyncClient) -> None:
    async def retry(**body: Any) -> Any:
        answer = await client.post("/jobs/retries", json=body)
        assert answer.status_code == 202, answer.text
        return answer.json()

    assert await retry(dry_run=True) == {"count": 2, "dry_run": True}
    assert await retry(dry_run=True, state=None) == {"count": 3, "dry_run": True}
    assert await retry(dry_run=True, state=None, without=["send"]) == {"count": 1, "dry_run": True}
    assert await retry(task="nobody") == {"count": 0, "dry_run": False}
    assert await retry(arguments={"order_id": 42}) == {"count": 2, "dry_run": False}
    assert sorted(await ids(client, state="queued")) == ["f1", "f2", "q1"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"state": "queued"}, "state"),
        ({"state": "sleeping"}, "state"),
        ({"since": "2026-01-01"}, "since"),
        ({"since": 5}, "since"),
        ({"until": "2026-01-01T00:00:00"}, "until"),
        ({"task": 5}, "task"),
        ({"task": "a\0"}, "task"),
        ({"arguments": [42]}, "arguments"),
        ({"tsk": "a"}, "tsk"),
        ({"dry_run": "yes"}, "dry_run"),
    ],
)
async def test_retries_that_cannot_be_used(
    refusing: httpx.AsyncClient, body: dict[str, Any], field: str
) -> None:
    refused(await refusing.post("/jobs/retries", json=body), 400, field=field)


async def test_cancelling(app: Horarium, client: httpx.AsyncClient) -> None:
    await enqueue(app, "a", "b")
    held = await claim(app)
    waiting = "b" if held.id == "a" else "a"
    answer = await client.delete(f"/jobs/{waiting}", params={"reason": "the order was withdrawn"})
    assert answer.status_code == 200
    assert answer.json()["state"] == "cancelled"
    assert answer.json()["error"]["message"] == "the order was withdrawn"
    answer = await client.delete(f"/jobs/{held.id}")
    assert (answer.status_code, answer.json()["state"]) == (202, "running")
    refused(await client.delete(f"/jobs/{waiting}"), 409, says="cancelled")
    refused(await client.delete("/jobs/never"), 404)
    refused(await client.delete("/jobs/a", params={"reason": "x" * 1001}), 400, field="reason")
    refused(await client.delete("/jobs/a", params={"why": "x"}), 400, field="why")


@pytest.mark.usefixtures("some")
async def test_figures(client: httpx.AsyncClient) -> None:
    figures = (await client.get("/jobs/stats")).json()
    assert (figures["span"], figures["states"]["failed"], figures["states"]["queued"]) == (
        3600,
        2,
        1,
    )
    other, send = figures["tasks"]
    assert (other["task"], other["states"], other["p50"]) == ("other", {"succeeded": 1}, 2.0)
    assert send["states"] == {"queued": 1, "failed": 2}
    assert (await client.get("/jobs/stats?span=day")).json()["span"] == 86400
    refused(await client.get("/jobs/stats?span=year"), 400, field="span")


async def test_every_status_is_documented(client: httpx.AsyncClient) -> None:
    paths = (await client.get("/schema")).json()["paths"]
    said = {
        (path, method): set(operation["responses"])
        for path, methods in paths.items()
        if path.startswith("/jobs")
        for method, operation in methods.items()
    }
    assert {"200", "202", "404", "409"} <= said["/jobs/{job_id}", "delete"]
    assert {"202", "404", "409"} <= said["/jobs/{job_id}/retries", "post"]
    assert {"202", "400", "409", "413", "415"} <= said["/jobs/retries", "post"]
    assert {"200", "400"} <= said["/jobs", "get"]


async def test_why_a_job_has_not_run(app: Horarium, client: httpx.AsyncClient) -> None:
    await enqueue(app, "a", queue="mail")
    await app.queues.pause("mail", "the server is down")
    answer = (await client.get("/jobs/a/explanation")).json()
    assert [each["reason"] for each in answer["findings"]] == ["queue paused", "no worker"]
    assert "the server is down" in answer["findings"][0]["why"]
    assert answer["findings"][0]["remedy"] == "horarium queue resume mail"
    refused(await client.get("/jobs/never/explanation"), 404)
