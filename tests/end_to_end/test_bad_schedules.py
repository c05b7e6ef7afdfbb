"""Schedules that cannot be kept are refused with the field and the reason, by whichever way.

In code, over the API and from a file on the command line alike, and nothing is changed.
"""

import json
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest

from databases import Databases
from horarium.application import Horarium
from horarium.cli.run import run
from horarium.engine.broker.schedule_label import declared_schedules
from horarium.errors import InvalidInput
from horarium.settings import Settings
from horarium.web import asgi

MEGABYTES = "x" * 10 * 2**20


class Bad(NamedTuple):
    """What is wrong: fields as the API and files have them, and as the label has them."""

    fields: dict[str, Any]
    label: dict[str, Any]
    field: str
    says: str


SPAN = {"starts_at": "2026-02-01T00:00:00Z", "ends_at": "2026-01-01T00:00:00Z"}
BAD = {
    "malformed cron": Bad({"cron": "61 * * * *"}, {"cron": "61 * * * *"}, "minute", "61"),
    "a day that never comes": Bad(
        {"cron": "0 0 30 2 *"}, {"cron": "0 0 30 2 *"}, "day-of-month", "never"
    ),
    "unknown zone": Bad(
        {"zone": "Europe/Moskow"}, {"cron_offset": "Europe/Moskow"}, "zone", "Europe/Moscow"
    ),
    "contradictory bounds": Bad(SPAN, SPAN, "ends_at", ""),
    "a calendar that excludes everything": Bad(
        {"calendar": {"weekdays": []}}, {"calendar": {"weekdays": []}}, "calendar", "every day"
    ),
    "a calendar that leaves the rule nothing": Bad(
        {"cron": "0 9 * * sun", "calendar": {"weekdays": ["mon"]}},
        {"cron": "0 9 * * sun", "calendar": {"weekdays": ["mon"]}},
        "calendar",
        "",
    ),
    "10 MB of arguments": Bad(
        {"args": [MEGABYTES]}, {"args": [MEGABYTES]}, "arguments", "1,048,576"
    ),
}
GONE = Bad({"task": "shop:gone"}, {}, "task", "shop:gone")
GOOD = {"id": "each", "task": "horarium.reports:build", "cron": "0 1 * * *", "args": ["orders"]}


@pytest.fixture(scope="module")
def url(databases: Databases, template: str) -> Iterator[str]:
    """One database for all: nothing is ever written into it."""
    name = databases.create(template)
    yield databases.address(name)
    databases.drop(name)


@pytest.fixture
async def app(url: str) -> AsyncIterator[Horarium]:
    app = Horarium(Settings(database_url=url))
    async with app.running():
        yield app
        async with app.database.connection() as connection:
            assert await connection.fetchval("select count(*) from horarium.schedules") == 0


@pytest.fixture
def command_line(url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("DATABASE_URL", url)
    monkeypatch.delitem(sys.modules, "horarium.app", raising=False)
    yield
    sys.modules.pop("horarium.app", None)


@pytest.mark.parametrize("bad", BAD.values(), ids=BAD)
async def test_in_code(app: Horarium, bad: Bad) -> None:
    label = {"cron": "0 1 * * *", "schedule_id": "each", **bad.label}

    @app.broker.task("shop:task", schedule=[label])
    async def task(*args: Any) -> None: ...

    with pytest.raises(InvalidInput) as refused:
        declared_schedules(app.broker)
        await app.scheduler.synchronise()
    assert refused.value.field == f"schedule of shop:task, {bad.field}"
    assert bad.says in refused.value.reason


@pytest.mark.parametrize("bad", [*BAD.values(), GONE], ids=[*BAD, "a task that no longer exists"])
async def test_over_the_api(app: Horarium, bad: Bad) -> None:
    site = asgi(app, body_limit=32 * 2**20)  # the usual limit answers 10 MB with 413 already
    transport = httpx.ASGITransport(site, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        answer = await client.post("/schedules", json={**GOOD, **bad.fields})
        assert_problem(answer, bad.field, bad.says)
        drafts = {"schedules": [{**GOOD, "id": "other"}, {**GOOD, **bad.fields}]}
        for act in ("plan", "apply"):
            answer = await client.post(f"/schedules/{act}", json=drafts)
            assert_problem(answer, f"schedules[1].{bad.field}", bad.says)


def assert_problem(answer: httpx.Response, field: str, says: str) -> None:
    assert answer.status_code == 400, answer.text[:500]
    assert answer.headers["content-type"] == "application/problem+json"
    (error,) = answer.json()["errors"]
    assert error["field"] == field
    assert says in error["reason"]


@pytest.mark.parametrize("bad", [*BAD.values(), GONE], ids=[*BAD, "a task that no longer exists"])
@pytest.mark.usefixtures("command_line")
def test_on_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str], bad: Bad) -> None:
    file = tmp_path / "timetable.json"
    drafts = {"schedules": [{**GOOD, "id": "other"}, {**GOOD, **bad.fields}]}
    file.write_text(json.dumps(drafts), "utf-8")
    for act in (["plan"], ["apply", "--yes"]):
        assert run(["schedule", *act, str(file)]) == 2
        error = " ".join(capsys.readouterr().err.split())
        assert f"schedules[1].{bad.field}: " in error
        assert bad.says in error
    assert run(["schedule", "list", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == []
