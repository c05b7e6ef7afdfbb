"""Freshness and promises on the command line."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import asyncpg
import pytest


def execute(url: str, *statements: str) -> None:
    async def act() -> None:
        connection = await asyncpg.connect(url)
        for each in statements:
            await connection.execute(each)
        await connection.close()

    asyncio.run(act())


def test_a_day_whose_orders_changed_is_stale(horarium: Any, url: str) -> None:
    assert horarium("report", "build", "2026-03-02").status == 0
    (day,) = horarium("report", "periods", "--json").json["items"]
    assert (day["stale"], day["provisional"]) == (False, False)
    execute(
        url,
        "insert into shop.orders (id, currency, placed_at) "
        "values ('1', 'EUR', '2026-03-02 12:00Z')",
    )
    assert horarium("report", "periods", "--json").json["items"][0]["stale"]
    assert "final, stale" in horarium("report", "periods").out
    shown = horarium("report", "show", "2026-03-02").out
    assert "Orders of this period were changed since it was built" in shown
    assert horarium("report", "show", "--json").json["summary"]["freshness"]["stale"] is True
    promises = horarium("report", "promises")
    assert (promises.status, "No report promises" in promises.out) == (0, True)


def test_promises(horarium: Any, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # A schedule of a day ago, whose due time of this midnight nobody has decided.
    execute(
        url,
        "insert into horarium.schedules (id, origin, task, definition, state, created_at,"
        " decided_until) values ('orders', 'code', 't', '{}', 'active', now() - interval '2 days',"
        " now())",
    )
    monkeypatch.setenv("HORARIUM_READY_BY", "+00:00")
    done = horarium("report", "promises")
    assert done.status == 1
    assert "late" in done.out
    (promise,) = horarium("report", "promises", "--json").json
    midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    assert datetime.fromisoformat(promise["deadline"]) == midnight
    checked = horarium("check", "--json")
    assert checked.status == 0
    assert checked.json["promises"] == [promise]
    assert checked.json["health"]["reports_late"] == 1
    assert "promise to be ready" in horarium("check").out


@pytest.mark.parametrize("wrong", ["6", "25:00", "06:00 CET", "+6"])
def test_what_is_no_promise(horarium: Any, monkeypatch: pytest.MonkeyPatch, wrong: str) -> None:
    monkeypatch.setenv("HORARIUM_READY_BY", wrong)
    done = horarium("check")
    assert done.status == 2
    assert "HORARIUM_READY_BY" in done.error
