"""Scoring texts over HTTP."""

import threading
from collections.abc import Sequence
from typing import Any

import httpx
import pytest
from problem_documents import refused

from engine.workplace import eventually, working
from horarium.application import Horarium
from horarium.polarity import LEXICON, Polarity, Scorer


class Halting:
    """Scores as another does, and halts before the third chunk of texts."""

    def __init__(self, scorer: Scorer) -> None:
        self.go_on = threading.Event()
        self._scorer = scorer
        self._calls = 0

    def score(self, texts: Sequence[str]) -> list[Polarity]:
        self._calls += 1
        if self._calls == 3:
            self.go_on.wait(60)
        return self._scorer.score(texts)


async def test_a_running_job_shows_how_many_texts_are_scored(
    client: httpx.AsyncClient, app: Horarium
) -> None:
    assert app.polarities is not None
    halting = app.polarities._scorer = Halting(app.polarities.scorer)
    queued = (await client.post("/polarities", json={"texts": ["good"] * 500})).json()
    place = f"/polarities/task/{queued['task_id']}"

    async def done() -> int:
        return int((await client.get(place)).json()["progress"]["done"])

    async with working(app.broker.worker()):
        await eventually(done, 400)
        assert (await client.get(place)).json()["state"] == "running"
        halting.go_on.set()
        await eventually(done, 500)
    job = (await client.get(f"/jobs/{queued['task_id']}")).json()
    assert job["progress"]["note"] == "500 of 500 texts"


async def test_one_text_is_scored_at_once(client: httpx.AsyncClient) -> None:
    answer = await client.post("/polarities", json={"text": "I love it"})
    assert answer.status_code == 200
    found = answer.json()
    assert found["polarity"] > 0.5
    assert (found["language"], found["model"]) == ("en", LEXICON)
    bad = (await client.post("/polarities", json={"text": "Ужасно, сломался сразу"})).json()
    assert (bad["polarity"] < -0.5, bad["language"]) == (True, "ru")
    assert (await client.get("/jobs")).json()["total"] == 0


@pytest.mark.parametrize("text", ["", " ", "非常好", "Sehr gut und schnell", "\u0007", "12"])
async def test_what_cannot_be_judged_has_no_polarity(client: httpx.AsyncClient, text: str) -> None:
    found = (await client.post("/polarities", json={"text": text})).json()
    assert found["polarity"] is None
    assert found["language"] in ("none", "unknown")


async def test_a_few_texts_are_scored_at_once(client: httpx.AsyncClient) -> None:
    answer = await client.post("/polarities", json={"texts": ["good", "bad", ""]})
    found = answer.json()
    assert (answer.status_code, found["total"]) == (200, 3)
    good, bad, nothing = [each["polarity"] for each in found["items"]]
    assert bad < 0 < good
    assert nothing is None


@pytest.mark.parametrize(
    "body",
    [
        {"texts": ["good", "плохо"] * 30},
        {"texts": ["good", "плохо"], "background": True},
        {"text": "good " * 20_000},
    ],
)
async def test_many_texts_are_scored_in_the_background(
    client: httpx.AsyncClient, app: Horarium, body: dict[str, Any]
) -> None:
    answer = await client.post("/polarities", json=body)
    assert answer.status_code == 202
    queued = answer.json()
    total = len(body.get("texts", [1]))
    assert (queued["status"], queued["total"]) == ("queued", total)
    place = answer.headers["location"]
    assert place == f"/polarities/task/{queued['task_id']}"
    before = (await client.get(place)).json()
    assert (before["state"], before["items"]) == ("queued", None)
    assert before["progress"] == {"done": 0, "total": total}

    async def state() -> Any:
        return (await client.get(place)).json()["state"]

    async with working(app.broker.worker()):
        await eventually(state, "succeeded")
    after = (await client.get(place)).json()
    assert after["progress"] == {"done": total, "total": total}
    assert [(each["polarity"] > 0, each["language"]) for each in after["items"]][:2] == [
        (True, "en"),
        (False, "ru"),
    ][:total]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "text"),
        ({"text": "a", "texts": ["b"]}, "texts"),
        ({"text": 5}, "text"),
        ({"text": "a\0b"}, "text"),
        ({"texts": []}, "texts"),
        ({"texts": "good"}, "texts"),
        ({"texts": ["good", None]}, "texts[1]"),
        ({"texts": ["good", "a\0b"]}, "texts[1]"),
        ({"texts": ["x"] * 10_001}, "texts"),
        ({"text": "a", "background": "yes"}, "background"),
        ({"text": "a", "language": "en"}, "language"),
    ],
)
async def test_bodies_that_are_refused(
    refusing: httpx.AsyncClient, body: dict[str, Any], field: str
) -> None:
    problem = refused(await refusing.post("/polarities", json=body), 400)
    assert field.split("[")[0] in problem["errors"][0]["field"]


async def test_half_a_character_is_refused(refusing: httpx.AsyncClient) -> None:
    headers = {"Content-Type": "application/json"}
    content = b'{"texts": ["\\ud800"], "background": true}'
    refused(await refusing.post("/polarities", content=content, headers=headers), 400)


async def test_a_megabyte_and_more_is_refused(refusing: httpx.AsyncClient) -> None:
    refused(await refusing.post("/polarities", json={"text": "x" * 2**20}), 413)


async def test_tasks_that_are_not_there(client: httpx.AsyncClient) -> None:
    for identity in ("nothing", "%00", "x" * 300, "'--"):
        refused(await client.get(f"/polarities/task/{identity}"), 404)
    other = (await client.post("/report/generate?date=2010-12-01")).json()["task_id"]
    refused(await client.get(f"/polarities/task/{other}"), 404, says="scores no texts")
