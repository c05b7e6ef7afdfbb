"""Schedules over HTTP: made, replaced, held, retired; their firings, and what is refused."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from problem_documents import refused

from horarium.application import Horarium
from horarium.engine import Cron, Schedule, Timetable
from horarium.engine.schedules.scheduler import Scheduler

TASK = "horarium.reports:build"
NIGHTLY = {
    "id": "nightly", "task": TASK, "cron": "0 1 * * *", "zone": "Europe/Moscow",
    "args": ["orders"],
}  # fmt: skip

LONG_AGO = "2026-01-01T00:00:00Z"


@pytest.fixture
async def scheduler(app: Horarium) -> AsyncIterator[Scheduler]:
    scheduler = Scheduler(app.ledger)
    yield scheduler
    await scheduler._link.close()


async def create(client: httpx.AsyncClient, **fields: Any) -> Any:
    answer = await client.post("/schedules", json={**NIGHTLY, **fields})
    assert answer.status_code == 201, answer.text
    return answer.json()


async def ids(client: httpx.AsyncClient, **query: Any) -> list[str]:
    answer = await client.get("/schedules", params=query)
    assert answer.status_code == 200, answer.text
    return [each["id"] for each in answer.json()["items"]]


async def test_a_schedule_is_made_read_replaced_and_retired(client: httpx.AsyncClient) -> None:
    made = await create(client, labels={"queue": "night", "priority": 3}, jitter=60)
    assert (made["cron"], made["every"], made["at"]) == ("0 1 * * *", None, None)
    assert (made["queue"], made["priority"], made["jitter"], made["args"]) == (
        "night", 3, 60.0, ["orders"]
    )  # fmt: skip
    assert (made["origin"], made["version"], made["state"]) == ("api", 1, "active")
    assert (await client.get("/schedules/nightly")).json() == made
    again = await client.put("/schedules/nightly", json={**NIGHTLY, "cron": "0 2 * * *"})
    assert (again.json()["version"], again.json()["cron"]) == (2, "0 2 * * *")
    same = await client.put("/schedules/nightly", json={**NIGHTLY, "cron": "0 2 * * *"})
    assert same.json()["version"] == 2
    stale = await client.put("/schedules/nightly?version=1", json=NIGHTLY)
    refused(stale, 409, says="at version 2")
    gone = await client.delete("/schedules/nightly", params={"note": "done otherwise"})
    assert (gone.json()["state"], gone.json()["note"]) == ("retired", "done otherwise")
    assert await ids(client) == []
    assert await ids(client, retired=True) == ["nightly"]
    refused(await client.put("/schedules/nightly", json=NIGHTLY), 404, says="retired")
    refused(await client.delete("/schedules/nightly"), 404)
    assert (await create(client))["version"] == 3


async def test_an_id_that_is_taken_is_a_conflict(client: httpx.AsyncClient) -> None:
    await create(client)
    refused(await client.post("/schedules", json=NIGHTLY), 409, says="'nightly' already")
    made = await create(client, id=None)
    assert len(made["id"]) == 36


async def test_the_rule_comes_back_as_it_was_given(client: httpx.AsyncClient) -> None:
    at = (datetime.now(UTC) + timedelta(days=1)).replace(microsecond=0)
    made = await create(client, id="at", cron=None, at=at.isoformat())
    assert datetime.fromisoformat(made["at"]) == at
    every = {"days": 1, "anchor": "2026-01-01T09:00:00Z"}
    made = await create(client, id="every", cron=None, every=every)
    assert made["every"] == every
    calendar = {"leave_out": ["2026-12-25"], "weekdays": ["mon"], "on_excluded": "next"}
    made = await create(
        client, id="more", calendar=calendar, starts_at="2026-01-01T00:00:00Z", max_firings=10,
        overlap="buffer_one", catch_up="none", catch_up_window=60, on_gap="skip", on_fold="both",
    )  # fmt: skip
    assert made["calendar"]["on_excluded"] == "next"
    assert (made["max_firings"], made["overlap"], made["on_fold"]) == (10, "buffer_one", "both")
    sent = {name: made[name] for name in (
        "task", "cron", "zone", "starts_at", "ends_at", "max_firings", "jitter", "on_gap",
        "on_fold", "calendar", "args", "kwargs", "labels", "overlap", "catch_up",
        "catch_up_window",
    )}  # fmt: skip
    answer = await client.put("/schedules/more", json=sent)
    assert (answer.status_code, answer.json()["version"]) == (200, 1)


@pytest.mark.parametrize(
    ("fields", "field", "says"),
    [
        ({"cron": "61 * * * *"}, "minute", ""),
        ({"cron": "0 0 30 2 *"}, "day-of-month", ""),
        ({"cron": None}, "cron", "exactly one"),
        ({"every": {"days": 1}}, "cron", "cron and every"),
        ({"zone": "Europe/Moskow"}, "zone", "Europe/Moscow"),
        ({"task": "horarium.reports:bild"}, "task", "did you mean horarium.reports:build"),
        ({"task": ""}, "task", ""),
        ({"id": "forecast"}, "id", "a meaning of its own"),
        ({"id": "x" * 256}, "id", ""),
        ({"id": "a\0b"}, "schedule_id", "NUL"),
        ({"labels": {"priority": "high"}}, "priority", ""),
        ({"labels": {"timeout": -1}}, "timeout", ""),
        ({"kwargs": {"text": "x" * 1_100_000}}, None, "too large"),
        ({"overlap": "sometimes"}, "overlap", ""),
        ({"at": "2026-01-01T00:00:00", "cron": None}, "at", ""),
        ({"cron": None, "every": {"days": -1}}, "every.days", ""),
        ({"cron": None, "every": {"days": 1, "hours": 1}}, None, ""),
        ({"starts_at": "2026-01-02T00:00:00Z", "ends_at": "2026-01-01T00:00:00Z"}, None, ""),
        ({"calendar": {"weekdays": []}}, None, ""),
        ({"calendar": {"leav_out": ["2026-12-25"]}}, "calendar.leav_out", ""),
        ({"jitter": -1}, "jitter", ""),
        ({"catch_up_window": -1}, "catch_up_window", ""),
        ({"crom": "0 0 * * *"}, "crom", ""),
        ({"max_firings": 0}, "max_firings", ""),
    ],
)
async def test_what_cannot_be_kept_is_refused_with_its_field(
    refusing: httpx.AsyncClient, fields: dict[str, Any], field: str | None, says: str
) -> None:
    answer = await refusing.post("/schedules", json={**NIGHTLY, **fields})
    refused(answer, 413 if says == "too large" else 400, field=field, says=says)


async def test_a_body_does_not_name_another_schedule_than_its_address(
    client: httpx.AsyncClient,
) -> None:
    body = {**NIGHTLY, "id": "here"}
    assert (await client.post("/schedules", json=body)).status_code == 201
    other = {**body, "id": "there", "cron": "5 5 * * *"}
    refused(await client.put("/schedules/here", json=other), 400, field="id", says="'here'")
    assert (await client.get("/schedules/here")).json()["version"] == 1
    unnamed = {name: value for name, value in other.items() if name != "id"}
    for named in ({}, {"id": None}, {"id": "here"}):
        answer = await client.put("/schedules/here", json={**unnamed, **named})
        assert (answer.status_code, answer.json()["version"]) == (200, 2)


ODD = ["shop:tick#2", "a/b", "50% off?", "späte & früh", "a b", "100%2F", "..a", "тест/日本", "//"]


@pytest.mark.parametrize("id", ODD)
async def test_ids_with_odd_characters(client: httpx.AsyncClient, id: str) -> None:
    await create(client, id=id)
    path = f"/schedules/{quote(id, safe='')}"
    assert (await client.get(path)).json()["id"] == id
    assert (await client.get(f"{path}/firings")).json()["items"] == []
    assert (await client.post(f"{path}/pause", json={"note": "x"})).json()["state"] == "paused"
    assert await ids(client, text=id) == [id]
    problem = refused(await client.get(f"/schedules/{quote(id + '/x', safe='')}"), 404)
    assert problem["instance"].lower() == f"/schedules/{quote(id + '/x', safe='')}".lower()
    assert id in problem["detail"]


async def test_filters_and_pages(app: Horarium, client: httpx.AsyncClient) -> None:
    for number in range(5):
        await create(client, id=f"s{number}")
    rule = Timetable(Cron("0 0 * * *"), key="coded")
    await app.book.put(Schedule(id="coded", task="other", timetable=rule), "code", "app")
    await client.post("/schedules/s3/pause", json={"note": "x"})
    assert await ids(client, state="paused") == ["s3"]
    assert await ids(client, task="other") == await ids(client, origin="code") == ["coded"]
    page = (await client.get("/schedules", params={"count": 2, "page": 3})).json()
    assert (len(page["items"]), page["total"], page["page"]) == (2, 6, 3)
    refused(await client.get("/schedules?state=sleeping"), 400, field="state")
    refused(await client.get("/schedules?stat=paused"), 400, field="stat")
    refused(await client.get("/schedules?origin=me"), 400, field="origin")


async def test_holding_and_triggering_with_a_note(app: Horarium, client: httpx.AsyncClient) -> None:
    await create(client)
    paused = await client.post("/schedules/nightly/pause", json={"note": "stocktaking"})
    assert (paused.json()["state"], paused.json()["note"]) == ("paused", "stocktaking")
    refused(await client.post("/schedules/nightly/pause", json={}), 400, field="note")
    why = (await client.get("/schedules/nightly/explanation")).json()["reasons"]
    assert "stocktaking" in why[0]["why"]
    resumed = await client.post("/schedules/nightly/resume", json={"note": "it is done"})
    assert resumed.json()["state"] == "active"
    started = await client.post("/schedules/nightly/trigger", json={"note": "wanted now"})
    assert started.status_code == 202
    assert (await app.ledger.show(started.json()["job"])).schedule == "nightly"
    acts = (await client.get("/schedules/nightly/acts")).json()["items"]
    assert [(each["act"], each["note"], each["origin"]) for each in acts] == [
        ("trigger", "wanted now", "api"), ("resume", "it is done", "api"),
        ("pause", "stocktaking", "api"),
    ]  # fmt: skip
    for act in ("pause", "resume", "trigger"):
        refused(await client.post(f"/schedules/nobody/{act}", json={"note": "x"}), 404)
    for part in ("", "/acts", "/firings", "/explanation", "/preview", "/backfills"):
        refused(await client.get(f"/schedules/nobody{part}"), 404, says="'nobody'")


async def test_firings_go_on_from_page_to_page(
    app: Horarium, client: httpx.AsyncClient, scheduler: Scheduler
) -> None:
    anchor = datetime.now(UTC).replace(microsecond=0)
    await create(
        client, id="e", cron=None, overlap="allow", every={"seconds": 1, "anchor": LONG_AGO},
    )  # fmt: skip
    async with app.database.connection() as connection:
        await connection.execute(
            "update horarium.schedules set decided_until = $1, next_due_at = $1, next_fire_at = $1",
            anchor - timedelta(seconds=5),
        )
        await connection.execute(
            "update horarium.schedule_versions set effective_from = $1",
            anchor - timedelta(seconds=5),
        )
    while await scheduler.step():
        pass
    dues: list[str] = []
    query: dict[str, Any] = {"count": 2}
    while True:
        page = (await client.get("/schedules/e/firings", params=query)).json()
        dues += [each["due_at"] for each in page["items"]]
        if page["next"] is None:
            break
        query["before"] = page["next"]
    assert len(dues) == len(set(dues)) >= 5
    assert dues == sorted(dues, reverse=True)
    found = (await client.get("/schedules/e/firings?outcome=missed")).json()
    assert found == {"items": [], "count": 100, "next": None}
    for name in ("before", "since"):
        refused(await client.get(f"/schedules/e/firings?{name}=today"), 400, field=name)
    account = (await client.get(f"/schedules/e/firings/{quote(dues[0])}/explanation")).json()
    assert account["reasons"][0]["why"] == "it was enqueued: due"
    assert (account["due"], account["job"]["state"]) == (True, "queued")
    refused(await client.get("/schedules/e/firings/today/explanation"), 400, field="due")
    refused(await client.get(f"/schedules/nobody/firings/{quote(dues[0])}/explanation"), 404)


async def test_what_comes_is_previewed(client: httpx.AsyncClient) -> None:
    await create(client, cron="30 2 * * *", zone="Europe/Berlin")
    query = {"count": 2, "from": "2026-03-28T12:00:00Z"}
    saved = (await client.get("/schedules/nightly/preview", params=query)).json()
    assert [each["due"] for each in saved["due_times"]] == [
        "2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"
    ]  # fmt: skip
    assert "the clock is set forward" in saved["due_times"][0]["notes"][0]
    assert (saved["zone"], saved["zone_data"][:2]) == ("Europe/Berlin", "20")
    body = {
        "cron": "30 2 * * *", "zone": "Europe/Berlin", "count": 2, "start": query["from"],
        "jitter": 0,
    }  # fmt: skip
    assert (await client.post("/schedules/preview", json=body)).json() == saved
    assert await ids(client) == ["nightly"]
    refused(await client.post("/schedules/preview", json={"cron": "x"}), 400)
    refused(await client.post("/schedules/preview", json={}), 400, field="cron")
    refused(await client.get("/schedules/nightly/preview?count=1001"), 400, field="count")
    refused(await client.get("/schedules/nightly/preview?from=today"), 400, field="from")


async def test_rules_of_all_kinds_are_previewed(client: httpx.AsyncClient) -> None:
    async def dues(**rule: Any) -> list[str]:
        body = {"start": "2026-03-28T00:00:00Z", "count": 2, **rule}
        found = (await client.post("/schedules/preview", json=body)).json()
        return [each["due"] for each in found["due_times"]]

    anchor = "2026-03-27T08:00:00Z"
    assert await dues(every={"days": 1, "anchor": anchor}, zone="Europe/Berlin") == [
        "2026-03-28T08:00:00Z", "2026-03-29T07:00:00Z"
    ]  # fmt: skip
    assert await dues(at="2026-03-30T12:00:00+02:00") == ["2026-03-30T10:00:00Z"]
    weekdays = {"weekdays": ["mon", "tue", "wed", "thu", "fri"], "leave_out": ["2026-03-30"]}
    assert await dues(cron="0 9 28 3 *", calendar={**weekdays, "on_excluded": "next"}) == [
        "2026-03-31T09:00:00Z", "2027-03-29T09:00:00Z"
    ]  # fmt: skip
    assert await dues(cron="@hourly", starts_at="2026-03-29T00:00:00Z", max_firings=1) == [
        "2026-03-29T00:00:00Z"
    ]
    fresh = await dues(every={"hours": 2}, start=None)
    first, second = map(datetime.fromisoformat, fresh)
    assert abs(datetime.now(UTC) - first) < timedelta(minutes=1)  # it would begin now
    assert second - first == timedelta(hours=2)


async def test_the_crowd_of_all_is_forecast(client: httpx.AsyncClient) -> None:
    for number in range(3):
        await create(client, id=f"s{number}")
    await create(client, id="hourly", cron="0 * * * *")
    query = {"from": "2030-01-01T12:00:00Z", "hours": 24}
    found = (await client.get("/schedules/forecast", params=query)).json()
    assert (found["jobs"], len(found["minutes"])) == (27, 24)
    assert found["fullest"] == {"minute": "2030-01-01T22:00:00Z", "jobs": 4}
    refused(await client.get("/schedules/forecast?hours=745"), 400, field="hours")
    refused(await client.get("/schedules/forecast?from=now"), 400, field="from")


async def test_backfills(app: Horarium, client: httpx.AsyncClient, scheduler: Scheduler) -> None:
    await create(client)
    span = {"since": "2026-01-01T00:00:00Z", "until": "2026-01-11T00:00:00Z"}
    dry = await client.post("/schedules/nightly/backfills", json={**span, "dry_run": True})
    assert dry.status_code == 200
    assert dry.json() == {"due": 10, "enqueued": 10, "kept": 0, "id": None}
    begun = await client.post(
        "/schedules/nightly/backfills",
        json={**span, "concurrency": 2, "order": "newest first", "note": "new prices"},
    )
    assert begun.status_code == 202
    assert (begun.json()["state"], begun.json()["due"]) == ("filling", 10)
    place = f"/backfills/{begun.json()['id']}"
    await scheduler.step()
    found = (await client.get(place)).json()
    assert (found["enqueued"], found["jobs"], found["reached"]) == (
        2, {"queued": 2}, "2026-01-09T22:00:00Z"
    )  # fmt: skip
    listed = (await client.get("/schedules/nightly/backfills")).json()["items"]
    assert listed == [found]
    ended = (await client.delete(place, params={"note": "wrong prices"})).json()
    assert (ended["state"], ended["note"], ended["jobs"]) == (
        "cancelled", "wrong prices", {"cancelled": 2}
    )  # fmt: skip
    refused(await client.delete(place), 409, says="is cancelled")
    refused(await client.get("/backfills/none"), 404)
    refused(await client.delete("/backfills/none"), 404)
    for wrong, field in (
        ({"until": "2999-01-01T00:00:00Z"}, "until"),
        ({"since": "2026-02-01T00:00:00Z"}, "until"),
        ({"concurrency": 0}, "concurrency"),
        ({"order": "random"}, "order"),
        ({"until": None}, "until"),
    ):
        answer = await client.post("/schedules/nightly/backfills", json={**span, **wrong})
        refused(answer, 400, field=field)
    refused(await client.post("/schedules/nobody/backfills", json=span), 404)


async def test_an_edition_is_planned_and_applied(client: httpx.AsyncClient) -> None:
    body: dict[str, Any] = {
        "schedules": [NIGHTLY, {**NIGHTLY, "id": "weekly", "cron": "0 1 * * mon"}],
        "set": "reports",
        "prune": True,
    }
    plan = (await client.post("/schedules/plan", json=body)).json()
    assert [(each["id"], each["change"]) for each in plan["changes"]] == [
        ("nightly", "add"), ("weekly", "add")
    ]  # fmt: skip
    assert plan["changes"][0]["appearing"] == len(plan["changes"][0]["appear"]) == 7
    assert plan["versions"] == {"nightly": None, "weekly": None}
    done = await client.post("/schedules/apply", json={**body, "versions": plan["versions"]})
    assert done.json() == {"added": 2, "changed": 0, "kept": 0, "removed": 0}
    body["schedules"] = [{**NIGHTLY, "cron": "0 2 * * *"}]
    stale = await client.post("/schedules/apply", json={**body, "versions": plan["versions"]})
    refused(stale, 409, says="plan again")
    plan = (await client.post("/schedules/plan", json=body)).json()
    assert [(each["id"], each["change"]) for each in plan["changes"]] == [
        ("nightly", "change"), ("weekly", "remove")
    ]  # fmt: skip
    done = await client.post("/schedules/apply", json={**body, "versions": plan["versions"]})
    assert done.json() == {"added": 0, "changed": 1, "kept": 0, "removed": 1}
    assert await ids(client) == ["nightly"]
    wrong = {"schedules": [NIGHTLY, {**NIGHTLY, "id": "b", "cron": "0 0 30 2 *"}]}
    for act in ("plan", "apply"):
        answer = await client.post(f"/schedules/{act}", json=wrong)
        refused(answer, 400, field="schedules[1].day-of-month")
        twice = await client.post(f"/schedules/{act}", json={"schedules": [NIGHTLY, NIGHTLY]})
        refused(twice, 400, field="nightly")
        nameless = {"schedules": [{**NIGHTLY, "id": None}]}
        answer = await client.post(f"/schedules/{act}", json=nameless)
        refused(answer, 400, field="schedules[0].id")
        alone = await client.post(f"/schedules/{act}", json={"schedules": [], "prune": True})
        refused(alone, 400, field="prune")


async def test_one_that_cannot_be_read_is_shown_all_the_same(
    app: Horarium, client: httpx.AsyncClient
) -> None:
    await create(client)
    async with app.database.connection() as connection:
        await connection.execute("update horarium.schedules set definition = '{}'")
    assert (await client.get("/schedules/nightly")).json()["cron"] == "(unreadable)"
    assert await ids(client) == ["nightly"]
    refused(await client.get("/schedules/nightly/preview"), 400)


async def test_every_status_is_documented(client: httpx.AsyncClient) -> None:
    paths = (await client.get("/schema")).json()["paths"]
    said = {
        (path, method): set(operation["responses"])
        for path, methods in paths.items()
        if path.startswith(("/schedules", "/backfills"))
        for method, operation in methods.items()
    }
    assert len(said) >= 21
    assert {"201", "400", "409", "413", "415"} <= said["/schedules", "post"]
    assert {"200", "404", "409"} <= said["/schedules/{id}", "put"]
    assert {"200", "202", "404"} <= said["/schedules/{id}/backfills", "post"]
    assert {"200", "404", "409"} <= said["/backfills/{id}", "delete"]
    assert all(statuses >= {"400", "500", "503"} for statuses in said.values())


async def test_a_schedule_that_became_invalid_is_shown_and_alarms_until_it_is_mended(
    app: Horarium, client: httpx.AsyncClient, scheduler: Scheduler
) -> None:
    for id in ("bad", "good"):
        await create(client, id=id, cron=None, at=LONG_AGO, catch_up_window=3e9)
    async with app.database.connection() as connection:
        await connection.execute(
            "update horarium.schedules set definition ="
            " jsonb_set(definition, '{timetable,zone}', '\"Mars/Olympus\"') where id = 'bad'"
        )
    await scheduler.step()
    ready = (await client.get("/health/ready")).json()
    assert (ready["status"], ready["parked"]) == ("degraded", 1)
    assert "horarium_schedules_parked 1\n" in (await client.get("/metrics")).text
    assert await ids(client, state="parked") == ["bad"]
    assert "Mars/Olympus" in (await client.get("/schedules/bad")).json()["note"]
    (why,) = (await client.get("/schedules/bad/explanation")).json()["reasons"][:1]
    assert why["why"].startswith("it cannot be run as it stands")
    refused(await client.post("/schedules/bad/resume", json={}), 400, field="zone")
    assert len((await client.get("/schedules/good/firings")).json()["items"]) == 1
    mended = {**NIGHTLY, "id": "bad"}
    assert (await client.put("/schedules/bad", json=mended)).json()["state"] == "active"
    assert (await client.get("/health/ready")).json()["status"] == "ready"
