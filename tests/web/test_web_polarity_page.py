"""The calls that docs/reviews.md shows are answered as it says."""

import re
from pathlib import Path

import httpx

PAGE = Path(__file__).parents[2] / "docs" / "reviews.md"
CALL = re.compile(
    r"^(GET|POST|PATCH|DELETE) (\S+)(?: If-Match: (\S+))?(?: (\{.*\}))?$", re.MULTILINE
)


async def test_each_call_of_the_page_succeeds(client: httpx.AsyncClient) -> None:
    calls = CALL.findall(PAGE.read_text("utf-8"))
    assert len(calls) == 10
    task = ""
    for method, path, known, body in calls:
        answer = await client.request(
            method,
            path.replace("TASK_ID", task),
            content=body.encode() or None,
            headers={
                **({"Content-Type": "application/json"} if body else {}),
                **({"If-Match": known} if known else {}),
            },
        )
        assert answer.is_success, (method, path, answer.text)
        if answer.status_code == 202:
            task = answer.json()["task_id"]
    assert task
