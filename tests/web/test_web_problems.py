"""Refusals that have nothing to do with a route's subject, and what is unexpected."""

from typing import Any

import asyncpg
import httpx
import pytest
from problem_documents import refused

from horarium.application import Horarium
from horarium.settings import Settings
from horarium.web import asgi

JSON = {"Content-Type": "application/json"}
NO_OBJECTS = [
    b"", b"  ", b"{", b"}", b"null", b"[]", b"5", b'"text"', b"{'a': 1}", b"\xff\xfe", b"\x00",
    b'{"name": "\xff"}', b'{"name": "\\ud800"}', b"[" * 100_000, b'{"a":' * 10_000,
    b'{"a": ' + b"[" * 100_000, b"NaN", b'{"name": 1}}',
]  # fmt: skip
POSTS = ["/report", "/users", "/products", "/orders"]


@pytest.mark.parametrize("path", POSTS)
async def test_bodies_that_are_no_object(refusing: httpx.AsyncClient, path: str) -> None:
    for content in NO_OBJECTS:
        refused(await refusing.post(path, content=content, headers=JSON), 400)


@pytest.mark.parametrize("path", POSTS)
async def test_bodies_of_another_kind(refusing: httpx.AsyncClient, path: str) -> None:
    for headers in ({}, {"Content-Type": "text/plain"}, {"Content-Type": "nonsense"}):
        refused(await refusing.post(path, content=b"{}", headers=headers), 415)
    refused(await refusing.post(path, data={"name": "Ada"}), 415)


async def test_json_under_a_name_of_its_own(client: httpx.AsyncClient) -> None:
    headers = {"Content-Type": "application/vnd.shop+json; charset=utf-8"}
    answer = await client.post("/users", content=b'{"name": "Ada"}', headers=headers)
    assert answer.status_code == 201


@pytest.mark.parametrize("path", POSTS)
async def test_bodies_over_the_limit(refusing: httpx.AsyncClient, path: str) -> None:
    content = b'{"name": "' + b"x" * 2**20 + b'"}'
    refused(await refusing.post(path, content=content, headers=JSON), 413, says="1048576 bytes")


async def test_a_path_that_is_not_there(refusing: httpx.AsyncClient) -> None:
    for path in ("/nothing", "/report/2010-12-01", "/schema/redoc", "/assets/none.css", "/%00"):
        refused(await refusing.get(path), 404)


async def test_a_path_that_is_not_there_is_a_page_to_people(refusing: httpx.AsyncClient) -> None:
    accept = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
    answer = await refusing.get("/nothing<script>", headers={"Accept": accept})
    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("text/html")
    assert "There is nothing at /nothing&lt;script&gt;" in answer.text
    # What programs ask for stays a problem document, whatever they accept.
    refused(await refusing.get("/users/none", headers={"Accept": accept}), 404)


async def test_a_method_that_is_not_there(refusing: httpx.AsyncClient) -> None:
    answer = await refusing.delete("/report")
    refused(answer, 405, says="/report takes GET, ")
    assert "POST" in answer.headers["allow"]


async def test_options_name_every_method(refusing: httpx.AsyncClient) -> None:
    assert (await refusing.options("/orders")).headers["allow"] == "GET, OPTIONS, POST"
    assert (await refusing.options("/orders/1")).headers["allow"] == "GET, OPTIONS"
    assert (await refusing.options("/health")).headers["allow"] == "GET, OPTIONS"


async def test_head_answers_as_get_without_a_body(refusing: httpx.AsyncClient) -> None:
    answer = await refusing.head("/health")
    assert (answer.status_code, answer.content) == (200, b"")
    assert (await refusing.head("/nothing")).status_code == 404


async def test_problems_name_their_request(refusing: httpx.AsyncClient) -> None:
    assert refused(await refusing.get("/users/a%20b"), 404)["instance"] == "/users/a%20b"


async def test_every_answer_has_security_headers(refusing: httpx.AsyncClient) -> None:
    for path in ("/health", "/docs", "/nothing"):
        headers = (await refusing.get(path)).headers
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert "script" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"
        assert headers["cache-control"] == "no-store"
        assert "access-control-allow-origin" not in headers


async def test_what_is_unexpected_says_nothing_of_itself(
    app: Horarium,
    client: httpx.AsyncClient,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    async def fail(_id: str) -> None:
        raise RuntimeError("a secret of the inside")

    monkeypatch.setattr(app.ledger, "show", fail)
    answer = await client.get("/jobs/1", headers={"Authorization": "Bearer hidden"})
    refused(answer, 500)
    assert "secret" not in answer.text
    logged = capsys.readouterr()
    assert "a secret of the inside" in logged.out + logged.err
    assert "hidden" not in logged.out + logged.err


async def test_a_database_that_does_not_answer(unused_tcp_port: int) -> None:
    url = f"postgresql://postgres:word@127.0.0.1:{unused_tcp_port}/none"
    app = Horarium(Settings(database_url=url))
    transport = httpx.ASGITransport(asgi(app), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        assert (await client.get("/health")).status_code == 200
        answer = await client.get("/report")
        refused(answer, 503)
        assert answer.headers["retry-after"] == "5"
        ready = await client.get("/health/ready")
        assert refused(ready, 503)["database"] is False
        assert "word" not in ready.text
        page = await client.get("/", headers={"Accept": "text/html"})
        assert page.status_code == 503
        assert "does not answer" in page.text


async def test_a_database_that_is_not_migrated(empty_database_url: str) -> None:
    app = Horarium(Settings(database_url=empty_database_url))
    transport = httpx.ASGITransport(asgi(app), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        refused(await client.get("/report"), 503, says="horarium migrate")
        problem = refused(await client.get("/health/ready"), 503, says="horarium migrate")
        assert (problem["database"], problem["migrated"]) == (True, False)


async def test_a_database_that_an_older_version_has_migrated(
    app: Horarium, client: httpx.AsyncClient
) -> None:
    async with app.database.connection() as connection:
        await connection.execute("drop procedure horarium.enqueue")
    refused(await client.post("/report/generate"), 503, says="horarium migrate")
    await app.close()


async def test_ready(client: httpx.AsyncClient) -> None:
    answer = await client.get("/health/ready")
    assert answer.status_code == 200
    assert answer.json() == {
        "status": "ready", "database": True, "migrated": True, "scheduler_lag": None,
        "unproved": 0, "parked": 0, "reports_late": 0, "reports_at_risk": 0,
    }  # fmt: skip


async def test_what_only_the_database_finds_wrong_is_bad_input(
    app: Horarium, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(_id: str) -> None:
        raise asyncpg.CharacterNotInRepertoireError("invalid byte sequence")

    monkeypatch.setattr(app.ledger, "show", fail)
    refused(await client.get("/jobs/1"), 400)


@pytest.mark.parametrize(
    ("method", "path", "body", "says"),
    [
        ("GET", "/report/top/products?by=price", None, "it takes one of value, units"),
        ("GET", "/report/orders?figure=all", None, "one of total, sales, refunds, cancelled"),
        ("POST", "/report/exports", {"format": "doc"}, "none of csv, jsonl, xlsx, parquet, pdf"),
        ("POST", "/report/exports", {"format": "csv", "decimal": "x"}, "one of comma, point"),
        (
            "PATCH",
            "/orders/1",
            {"status": "lost"},
            "none of placed, paid, shipped, delivered, cancelled",
        ),
        ("POST", "/orders", {"items": [], "currency": "pound"}, "it takes a list of at least 1"),
        ("POST", "/products", {"name": "x", "price": "1", "currency": "pound"}, "such as GBP"),
    ],
)
async def test_what_can_be_counted_is_listed(
    refusing: httpx.AsyncClient, method: str, path: str, body: Any, says: str
) -> None:
    headers = {"If-Match": "*"} if method == "PATCH" else {}
    answer = await refusing.request(method, path, json=body, headers=headers)
    refused(answer, 400, says=says)
