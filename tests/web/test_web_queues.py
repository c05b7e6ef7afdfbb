"""Queues over HTTP, and what is refused."""

from typing import Any

import httpx
import pytest
from problem_documents import refused

from horarium.application import Horarium
from horarium.engine import NewJob


async def test_a_queue_is_paused_and_resumed(app: Horarium, client: httpx.AsyncClient) -> None:
    assert (await client.get("/queues")).json() == {
        "items": [], "total": 0, "page": 1, "count": 100,
    }  # fmt: skip
    await app.ledger.enqueue(NewJob(task="t", queue="mail"))
    (queue,) = (await client.get("/queues")).json()["items"]
    assert (queue["name"], queue["states"]["queued"], queue["paused_at"]) == ("mail", 1, None)
    answer = await client.post("/queues/mail/pause", json={"note": "the server is down"})
    assert answer.status_code == 200
    assert answer.json()["note"] == "the server is down"
    assert (await client.get("/queues/mail")).json() == answer.json()
    assert (await client.post("/queues/other/pause", json={})).status_code == 200
    page = (await client.get("/queues?page=2&count=1")).json()
    assert ([each["name"] for each in page["items"]], page["total"]) == (["other"], 2)
    answer = await client.post("/queues/mail/resume")
    assert (answer.status_code, answer.json()["paused_at"]) == (200, None)
    assert (await client.post("/queues/mail/resume")).status_code == 200


async def test_queues_that_are_not_there(refusing: httpx.AsyncClient) -> None:
    refused(await refusing.get("/queues/never"), 404, says="never")
    refused(await refusing.post("/queues/never/resume"), 404, says="never")
    long = "x" * 256
    refused(await refusing.post(f"/queues/{long}/pause", json={}), 400, field="queue")


@pytest.mark.parametrize("body", [{"note": 5}, {"note": "x" * 1001}, {"note": "a\0"}])
async def test_notes_that_cannot_be_used(refusing: httpx.AsyncClient, body: dict[str, Any]) -> None:
    refused(await refusing.post("/queues/mail/pause", json=body), 400, field="note")


async def test_bodies_that_cannot_be_used(refusing: httpx.AsyncClient) -> None:
    refused(await refusing.post("/queues/mail/pause", json={"nte": ""}), 400, field="nte")
    refused(await refusing.post("/queues/mail/pause"), 415)
