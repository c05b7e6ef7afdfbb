"""Reviews over HTTP."""

from typing import Any

import httpx
import pytest
from problem_documents import refused

from engine.workplace import eventually, working
from horarium.application import Horarium

GREAT: dict[str, Any] = {"rating": 5, "text": "Отличная кружка!", "product_id": "mug"}
NEW_TEXT = {"text": "It broke. Useless!"}
ANY = {"If-Match": "*"}


async def test_a_review_is_created_scored_changed_and_deleted(
    client: httpx.AsyncClient, app: Horarium, shelf: None
) -> None:
    answer = await client.post("/reviews", json={**GREAT, "written_at": "2026-03-29T09:30:00Z"})
    assert answer.status_code == 201
    review = answer.json()
    assert (review["rating"], review["text"], review["polarity"]) == (5, GREAT["text"], None)
    place = f"/reviews/{review['id']}"
    assert (await client.get(place)).json() == review
    jobs = (await client.get("/jobs?queue=polarity")).json()
    assert [job["task"] for job in jobs["items"]] == ["horarium.polarity:score_reviews"]

    async def language() -> Any:
        return (await client.get(place)).json()["language"]

    async with working(app.broker.worker()):
        await eventually(language, "ru")
        scored = (await client.get(place)).json()
        assert scored["polarity"] > 0.5
        changed = (await client.patch(place, json=NEW_TEXT, headers=ANY)).json()
        assert (changed["polarity"], changed["scored_at"], changed["rating"]) == (None, None, 5)
        await eventually(language, "en")
    assert (await client.get(place)).json()["polarity"] < -0.5
    rated = (await client.patch(place, json={"rating": 1}, headers=ANY)).json()
    assert (rated["rating"], rated["language"]) == (1, "en")
    assert (await client.delete(place)).status_code == 204
    refused(await client.get(place), 404)
    refused(await client.delete(place), 404)


async def test_an_edit_names_what_it_was_made_from(
    client: httpx.AsyncClient, app: Horarium, shelf: None
) -> None:
    made = await client.post("/reviews", json=GREAT)
    place, tag = f"/reviews/{made.json()['id']}", {"If-Match": made.headers["etag"]}
    refused(await client.patch(place, json={"rating": 4}), 428, says="If-Match is needed")

    async def language() -> Any:
        return (await client.get(place)).json()["language"]

    async with working(app.broker.worker()):
        await eventually(language, "ru")
    # Scoring is no edit: whoever has just written it can change it.
    assert (await client.get(place)).headers["etag"] == made.headers["etag"]
    changed = await client.patch(place, json={"rating": 4}, headers=tag)
    assert (changed.status_code, changed.json()["rating"]) == (200, 4)
    assert changed.headers["etag"] == f'"{changed.json()["version"]}"' != made.headers["etag"]
    refused(await client.patch(place, json={"rating": 1}, headers=tag), 412, says="meanwhile")
    refused(await client.delete(place, headers=tag), 412, says="meanwhile")
    assert (await client.get(place)).json() == changed.json()
    newest = {"If-Match": changed.headers["etag"]}
    assert (await client.delete(place, headers=newest)).status_code == 204


async def test_reviews_are_listed(client: httpx.AsyncClient, shelf: None) -> None:
    for identity, at in (("1", "2026-03-28T12:00:00Z"), ("2", "2026-03-29T12:00:00Z")):
        await client.post("/reviews", json={**GREAT, "id": identity, "written_at": at})

    async def found(query: str) -> list[str]:
        return [each["id"] for each in (await client.get(f"/reviews?{query}")).json()["items"]]

    assert await found("") == ["2", "1"]
    assert await found("order=oldest") == ["1", "2"]
    assert await found("from=2026-03-29") == ["2"]
    assert await found("to=2026-03-28&product_id=mug") == ["1"]
    assert await found("unscored=true&count=1&page=2") == ["1"]
    assert await found("lowest=-1&highest=0.5") == []
    assert await found("user_id='%20or%20true--") == []
    assert (await client.get("/reviews?count=1")).json()["total"] == 2


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "rating"),
        ({"rating": 0}, "rating"),
        ({"rating": 6}, "rating"),
        ({"rating": 4.5}, "rating"),
        ({"rating": "5"}, "rating"),
        ({"rating": 5, "text": ""}, "text"),
        ({"rating": 5, "text": "a\0b"}, "text"),
        ({"rating": 5, "text": "x" * 1_000_000}, "text"),
        ({"rating": 5, "product_id": "cup"}, "product_id"),
        ({"rating": 5, "order_id": "'; --"}, "order_id"),
        ({"rating": 5, "user_id": "nobody"}, "user_id"),
        ({"rating": 5, "written_at": "2026-01-01"}, "written_at"),
        ({"rating": 5, "polarity": 1}, "polarity"),
        ({"rating": 5, "id": "x" * 256}, "id"),
    ],
)
async def test_reviews_that_are_refused(
    refusing: httpx.AsyncClient, body: dict[str, Any], field: str
) -> None:
    refused(await refusing.post("/reviews", json=body), 400, field=field)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("from=2026-13-01", "from"),
        ("from=0001-01-01", "from"),
        ("from=2026-01-02&to=2026-01-01", "to"),
        ("lowest=-2", "lowest"),
        ("lowest=nan", "lowest"),
        ("highest=much", "highest"),
        ("lowest=0.5&highest=0.1", "highest"),
        ("unscored=perhaps", "unscored"),
        ("order=best%20first", "order"),
        ("page=0", "page"),
        ("product=mug", "product"),
    ],
)
async def test_filters_that_are_refused(
    refusing: httpx.AsyncClient, query: str, field: str
) -> None:
    refused(await refusing.get(f"/reviews?{query}"), 400, field=field)


async def test_unknown_reviews(refusing: httpx.AsyncClient) -> None:
    for identity in ("nothing", "%00", "%F0%9F%A6%8A", "x" * 300, "'--"):
        refused(await refusing.get(f"/reviews/{identity}"), 404)
        refused(await refusing.patch(f"/reviews/{identity}", json={"rating": 1}, headers=ANY), 404)
        refused(await refusing.delete(f"/reviews/{identity}"), 404)
    refused(await refusing.patch("/reviews/1", json={"id": "2"}, headers=ANY), 400, field="id")
    refused(
        await refusing.patch("/reviews/1", json={"rating": None}, headers=ANY), 400, field="rating"
    )


async def test_a_review_that_is_there_already(client: httpx.AsyncClient) -> None:
    await client.post("/reviews", json={"rating": 5, "id": "1"})
    refused(await client.post("/reviews", json={"rating": 5, "id": "1"}), 409, says="already")


async def test_the_summary_of_a_day_has_its_worst_reviews(
    client: httpx.AsyncClient, app: Horarium, reported: Any
) -> None:
    for text, at in (("Broken. Terrible!", "12:00"), ("I love it", "13:00")):
        body = {"rating": 1, "text": text, "order_id": "1001"}
        await client.post("/reviews", json={**body, "written_at": f"2026-03-29T{at}:00Z"})

    async def reviews() -> dict[str, Any]:
        found: dict[str, Any] = (await client.get("/report/summary?date=2026-03-29")).json()
        return dict(found["reviews"])

    assert (await reviews())["unscored"] == 2

    async def unscored() -> int:
        return int((await reviews())["unscored"])

    async with working(app.broker.worker()):
        await eventually(unscored, 0)
    found = await reviews()
    assert (found["count"], found["scored"]) == (2, 2)
    assert -1 < found["mean_polarity"] < 1
    assert [(each["order_id"], each["text"]) for each in found["worst"]] == [
        ("1001", "Broken. Terrible!")
    ]
    page = await client.get("/", headers={"Accept": "text/html"})
    assert "2 reviews, mean polarity" in page.text
    assert "order 1001" in page.text
