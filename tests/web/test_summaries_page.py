"""The routes in docs/summaries.md are asked as they stand there."""

import re
from pathlib import Path

import httpx

PAGE = Path(__file__).parents[2] / "docs" / "summaries.md"


async def test_the_routes_of_the_page_answer(refusing: httpx.AsyncClient) -> None:
    addresses = re.findall(r"^    GET (\S+)$", PAGE.read_text("utf-8"), re.MULTILINE)
    assert len(addresses) >= 8
    for address in addresses:
        answer = await refusing.get(address)
        assert answer.status_code == 200, (address, answer.text)
