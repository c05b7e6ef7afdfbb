"""What a problem document has to be, for the tests that ask for one."""

from typing import Any

import httpx


def refused(
    answer: httpx.Response, status: int, *, field: str | None = None, says: str = ""
) -> dict[str, Any]:
    """The problem document of a refusal, checked for its form, its field, and a part of it."""
    assert answer.status_code == status, answer.text[:500]
    assert answer.headers["content-type"].startswith("application/problem+json")
    problem: dict[str, Any] = answer.json()
    assert {"type", "title", "status", "detail", "instance"} <= problem.keys()
    assert problem["status"] == status
    assert problem["type"].startswith("urn:problem-type:horarium:")
    assert says in problem["detail"]
    assert len(answer.content) < 4000
    assert "Traceback" not in answer.text
    assert "asyncpg" not in answer.text
    if field is not None:
        assert field in [each["field"] for each in problem["errors"]], problem
    return problem
