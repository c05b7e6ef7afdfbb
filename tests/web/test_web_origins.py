"""Pages of other sites: a browser carries their requests here, and they may change nothing."""

import httpx
import pytest
from problem_documents import refused

from horarium.application import Horarium
from horarium.web import asgi

GENERATE = "/report/generate?report_date=2010-12-01"
"""It takes no body, so that a form of any page can send it without asking first."""

FOREIGN = [
    {"Origin": "https://evil.example"},
    {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"},
    {"Origin": "http://localhost:3000", "Sec-Fetch-Site": "same-site"},
    {"Origin": "http://localhost:3000"},
    {"Origin": "null"},
    {"Origin": "http://[", "Host": "localhost:8000"},
    {"Origin": "http://localhost:8000@evil.example"},
    {"Sec-Fetch-Site": "cross-site"},
]
OWN = [
    {},
    {"Origin": "http://localhost:8000"},
    {"Origin": "HTTP://LOCALHOST:8000"},
    {"Origin": "http://localhost:8000", "Sec-Fetch-Site": "same-origin"},
    {"Origin": "https://shop.example", "X-Forwarded-Host": "shop.example"},
    {"Origin": "https://shop.example", "Sec-Fetch-Site": "same-origin"},
    {"Sec-Fetch-Site": "none"},
]


@pytest.mark.parametrize("headers", FOREIGN)
async def test_a_page_of_another_site_changes_nothing(
    refusing: httpx.AsyncClient, headers: dict[str, str]
) -> None:
    refused(await refusing.post(GENERATE, headers=headers), 403, says="may not change")
    refused(await refusing.delete("/jobs/1", headers=headers), 403)
    form = {"Content-Type": "text/plain", **headers}
    refused(await refusing.post("/users", content=b'{"name": "Eve"}', headers=form), 403)


async def test_it_may_be_linked_from_there(refusing: httpx.AsyncClient) -> None:
    headers = {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}
    assert (await refusing.get("/health", headers=headers)).status_code == 200
    assert (await refusing.head("/health", headers=headers)).status_code == 200


@pytest.mark.parametrize("headers", OWN)
async def test_programs_and_pages_of_this_server_may_change_something(
    client: httpx.AsyncClient, headers: dict[str, str]
) -> None:
    assert (await client.post(GENERATE, headers=headers)).status_code == 202


async def test_a_named_site_may_too(app: Horarium) -> None:
    transport = httpx.ASGITransport(asgi(app, origins=["https://shop.example"]))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        for site in ({}, {"Sec-Fetch-Site": "cross-site"}):
            headers = {"Origin": "https://shop.example", **site}
            assert (await client.post(GENERATE, headers=headers)).status_code == 202
        refused(await client.post(GENERATE, headers={"Origin": "https://eve.example"}), 403)
