"""The proof over HTTP, and what health and metrics say of it."""

from typing import Any

import httpx
import pytest
from problem_documents import refused

from horarium.application import Horarium
from horarium.engine import Cron, Schedule, Timetable
from horarium.engine.schedules.standing import prove_decided


@pytest.fixture
async def gap(app: Horarium) -> None:
    """A schedule that was due on three days of January; of the second there is no record."""
    rule = Timetable(Cron("0 0 * * *"), key="daily")
    await app.book.put(Schedule(id="daily", task="none", timetable=rule), "api")
    async with app.database.connection() as connection:
        await connection.execute(
            "update horarium.schedule_versions set effective_from = '2026-01-01 12:00Z';"
            "update horarium.schedules set decided_until = '2026-01-04 12:00Z';"
            "insert into horarium.firings (schedule, due_at, version, outcome, reason, job,"
            " decided_by) values ('daily', '2026-01-02 00:00Z', 1, 'enqueued', 'due', 'a', 'x'),"
            " ('daily', '2026-01-04 00:00Z', 1, 'enqueued', 'due', 'b', 'x')"
        )


SPAN = {"since": "2026-01-01T00:00:00Z", "until": "2026-01-05T00:00:00Z"}


@pytest.mark.usefixtures("gap")
async def test_the_timetable_is_proved(client: httpx.AsyncClient) -> None:
    found = (await client.get("/schedules/proof", params=SPAN)).json()
    assert (found["holds"], found["expected"], found["enqueued"], found["unexplained"]) == (
        False, 4, 2, 1
    )  # fmt: skip
    assert found["wrong"][0]["details"] == ["2026-01-03 00:00:00 UTC was due, and has no outcome"]
    one = (await client.get("/schedules/proof", params={**SPAN, "schedule": "daily"})).json()
    assert one["schedules"] == 1
    refused(await client.get("/schedules/proof", params={"schedule": "nobody"}), 404)
    for wrong, field in (
        ({"since": "2025-01-01T00:00:00Z"}, "since"),
        ({"since": SPAN["until"]}, "until"),
        ({"until": "tomorrow"}, "until"),
    ):
        refused(await client.get("/schedules/proof", params={**SPAN, **wrong}), 400, field=field)


@pytest.mark.usefixtures("gap")
async def test_the_standing_proof_alarms_until_it_is_accepted(
    app: Horarium, client: httpx.AsyncClient
) -> None:
    async def measure(name: str) -> list[str]:
        text = (await client.get("/metrics")).text
        return [line for line in text.splitlines() if line.startswith(name)]

    async def health() -> Any:
        return (await client.get("/health/ready")).json()

    before = (await client.get("/schedules/proof/standing")).json()
    assert (before["proved_at"], before["wrong"]) == (None, [])
    assert await measure("horarium_proof_age_seconds") == []
    await app.book.pause("daily", "so that no scheduler is missed")
    async with app.database.connection() as connection:
        await connection.execute(
            "delete from horarium.firings where decided_by <> 'x';"
            "update horarium.schedules set decided_until = '2026-01-04 12:00Z'"
        )
    await prove_decided(app.book)
    found = (await client.get("/schedules/proof/standing")).json()
    assert (found["schedules"], found["unexplained"], found["doubled"]) == (1, 1, 0)
    assert found["wrong"][0]["schedule"] == "daily"
    assert (await health())["status"] == "degraded"
    assert (await health())["unproved"] == 1
    assert await measure("horarium_due_times_wrong") == [
        'horarium_due_times_wrong{kind="unexplained"} 1',
        'horarium_due_times_wrong{kind="doubled"} 0',
    ]
    assert len(await measure("horarium_proof_age_seconds")) == 1
    answer = await client.post("/schedules/daily/acceptance", json={"note": "restored"})
    assert answer.json()["wrong"] == []
    assert (await health())["status"] == "ready"
    again = await client.post("/schedules/daily/acceptance", json={"note": "restored"})
    refused(again, 404, says="has nothing against")
