"""Batches over HTTP: progress, their jobs, cancelling, and what is refused."""

from datetime import date

import httpx
from problem_documents import refused

from horarium import chord, group
from horarium.application import Horarium
from horarium.engine import BatchHandle


async def sent(app: Horarium) -> BatchHandle:
    """Two jobs, and one that waits for both."""

    @app.broker.task("score")
    async def score(n: int) -> int:
        return n

    return await chord(group(score.s(1), score.s(2)), score.s()).kiq(name="scores", owner="ada")


async def test_a_batch_and_its_progress(app: Horarium, client: httpx.AsyncClient) -> None:
    assert (await client.get("/batches")).json() == {
        "items": [], "total": 0, "page": 1, "count": 10,
    }  # fmt: skip
    batch = await sent(app)
    answer = await client.get(f"/batches/{batch.id}")
    assert answer.status_code == 200
    shown = answer.json()
    assert shown.pop("created_at")
    assert shown == {
        "id": batch.id, "kind": "chord", "name": "scores", "owner": "ada", "total": 3, "done": 0,
        "share": 0.0, "states": {"queued": 2, "waiting": 1}, "ended_at": None,
    }  # fmt: skip
    page = (await client.get("/batches?owner=ada")).json()
    assert ([each["name"] for each in page["items"]], page["total"]) == (["scores"], 1)
    assert (await client.get("/batches?owner=bob")).json()["total"] == 0


async def test_the_jobs_of_a_batch(app: Horarium, client: httpx.AsyncClient) -> None:
    batch = await sent(app)
    await app.build_report(date(2026, 3, 29))
    for route in (f"/batches/{batch.id}/jobs", f"/jobs?batch={batch.id}"):
        page = (await client.get(route)).json()
        assert (page["total"], {job["batch"] for job in page["items"]}) == (3, {batch.id})
    page = (await client.get(f"/batches/{batch.id}/jobs?state=waiting")).json()
    assert [job["id"] for job in page["items"]] == list(batch.ends)
    answer = await client.get(f"/jobs/{batch.ends[0]}/explanation")
    assert "waits for 2 jobs to end" in answer.json()["findings"][0]["why"]


async def test_a_batch_is_cancelled(app: Horarium, client: httpx.AsyncClient) -> None:
    batch = await sent(app)
    answer = await client.delete(f"/batches/{batch.id}?reason=enough")
    assert (answer.status_code, answer.json()) == (200, {"cancelled": 3, "asked_to_stop": 0})
    shown = (await client.get(f"/batches/{batch.id}")).json()
    assert (shown["done"], shown["states"]) == (3, {"cancelled": 3})
    assert shown["ended_at"]
    answer = await client.delete(f"/batches/{batch.id}?running=true")
    assert answer.json() == {"cancelled": 0, "asked_to_stop": 0}
    jobs = (await client.get(f"/batches/{batch.id}/jobs")).json()["items"]
    assert {job["error"]["message"] for job in jobs} == {"enough"}
    answer = await client.post("/jobs/retries", json={"batch": batch.id, "state": "cancelled"})
    assert answer.json()["count"] == 3


async def test_batches_that_are_not_there(refusing: httpx.AsyncClient) -> None:
    for method, route in (
        ("GET", "/batches/never"), ("GET", "/batches/never/jobs"), ("DELETE", "/batches/never"),
    ):  # fmt: skip
        refused(await refusing.request(method, route), 404, says="never")
    refused(await refusing.get("/batches?page=0"), 400, field="page")
    refused(await refusing.get("/batches/never/jobs?state=odd"), 400, field="state")


async def test_batches_are_described(client: httpx.AsyncClient) -> None:
    paths = (await client.get("/schema")).json()["paths"]
    assert set(paths["/batches/{batch_id}"]) == {"get", "delete"}
    assert "get" in paths["/batches/{batch_id}/jobs"]
    names = {each["name"] for each in paths["/jobs"]["get"]["parameters"]}
    assert "batch" in names
