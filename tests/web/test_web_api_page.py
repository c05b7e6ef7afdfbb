"""The calls that docs/api.md shows are answered as it says, and no route is left out of it."""

import re
from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest
from streams import serving

from horarium.application import Horarium

PAGE = Path(__file__).parents[2] / "docs" / "api.md"
CALL = re.compile(
    r"^(GET|POST|PUT|PATCH|DELETE) (\S+)(?: If-Match: (\S+))?(?: (\{.*\}))?"
    r" -> (\d{3})(?: ([A-Z]+)=(\w+))?$",
    re.MULTILINE,
)
ELSEWHERE = {
    "GET /exports/{export_id}/file",
    "GET /deliveries/{delivery_id}", "POST /deliveries/{delivery_id}/retries",
    "GET /batches/{batch_id}", "DELETE /batches/{batch_id}", "GET /batches/{batch_id}/jobs",
    "GET /journal/{date}", "GET /journal/{date}/{owner}", "GET /journal/{date}/{owner}/{file}",
}  # fmt: skip
"""Routes of what only a worker makes: their own pages show them, and their own tests ask them."""


class Call(NamedTuple):
    method: str
    path: str
    known: str
    body: str
    status: str
    word: str
    field: str


CALLS = [Call(*found) for found in CALL.findall(PAGE.read_text("utf-8"))]


@pytest.fixture
async def served(app: Horarium, reported: date) -> AsyncIterator[httpx.AsyncClient]:
    """The site that the page begins with, on a socket: some answers have no end."""
    assert reported == date(2026, 3, 29)
    async with serving(app) as client:
        yield client


async def test_each_call_is_answered_as_the_page_says(served: httpx.AsyncClient) -> None:
    words: dict[str, str] = {}
    wrong: list[tuple[Call, int, str]] = []
    for call in CALLS:
        path = re.sub(r"(?<=/)[A-Z]+\b", lambda found: words.get(found[0], found[0]), call.path)
        headers = {"Content-Type": "application/json"} if call.body else {}
        if call.known:
            headers["If-Match"] = call.known
        content = call.body.encode() or None
        async with served.stream(call.method, path, content=content, headers=headers) as answer:
            if answer.headers.get("content-type", "").startswith("text/event-stream"):
                assert (answer.status_code, call.status) == (200, "200"), call
                continue
            await answer.aread()
        if str(answer.status_code) != call.status:
            wrong.append((call, answer.status_code, answer.text))
        elif call.word:
            words[call.word] = answer.json()[call.field]
    assert not wrong, "\n".join(map(str, wrong))


async def test_no_route_is_left_out(served: httpx.AsyncClient) -> None:
    document = (await served.get("/schema")).json()
    routes = {
        f"{method.upper()} {path}" for path, methods in document["paths"].items()
        for method in methods
    }  # fmt: skip
    shown = {_route(call, routes) for call in CALLS}
    assert routes - shown == ELSEWHERE


def _route(call: Call, routes: set[str]) -> str:
    """The route of a call: of several that it fits, such as /jobs/stats, the plainest."""
    asked = f"{call.method} {call.path.partition('?')[0]}"
    fits = [each for each in routes if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", each), asked)]
    return min(fits, key=lambda route: route.count("{"))


def test_every_line_of_a_block_is_a_call() -> None:
    blocks = re.findall(r"^```\n(.*?)^```", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    lines = [line for block in blocks for line in block.splitlines()]
    assert [line for line in lines if not CALL.fullmatch(line)] == []
    assert len(lines) == len(CALLS)
