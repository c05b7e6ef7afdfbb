"""Kept answers: a committed change is in the very next one, whichever process is asked."""

import asyncio
import socket
import uuid
from collections.abc import AsyncIterator
from datetime import date
from typing import Any

import httpx
import pytest

from horarium import reports, shop
from horarium.application import Horarium
from horarium.settings import Settings
from horarium.web import answers

DAY = date(2026, 3, 29)
REDIS = "redis://127.0.0.1:6379/"
Pair = tuple[Horarium, list[httpx.AsyncClient]]


@pytest.fixture
def redis_url() -> str:
    """A Redis that answers."""
    pytest.importorskip("redis")
    try:
        with socket.create_connection(("127.0.0.1", 6379), timeout=2) as line:
            line.sendall(b"PING\r\n")
            answer = line.recv(5)
    except OSError:
        answer = b""
    if answer != b"+PONG":
        pytest.skip("no Redis answered at 127.0.0.1:6379")
    return REDIS


@pytest.fixture(params=["memory", "redis"])
async def processes(request: pytest.FixtureRequest, reporting: Any) -> AsyncIterator[Pair]:
    redis = request.getfixturevalue("redis_url") if request.param == "redis" else None
    async with reporting(redis) as pair:
        yield pair


async def build(app: Horarium, day: date = DAY) -> None:
    async with app.database.transaction() as connection:
        period = reports.period_of(day, "day", "Europe/London")
        await reports.build(connection, "orders", period, reason="test")


async def test_a_committed_change_is_seen_at_once(
    processes: Pair,
) -> None:
    app, clients = processes
    path = f"/report?date={DAY}"
    first = [(await client.get(path)).json() for client in clients * 2]
    assert all(each == first[0] for each in first)
    assert first[0]["total"] == 2
    for number in range(5):
        row = {"report_at": str(DAY), "order_id": f"by hand {number}", "count_product": number}
        assert (await clients[number % 2].post("/report", json=row)).status_code == 201
        for client in clients:
            shown = (await client.get(path)).json()
            assert f"by hand {number}" in [each["order_id"] for each in shown["items"]]
    async with app.database.transaction() as connection:
        change = shop.OrderChange(items=[shop.NewItem("mug", 1)])
        await shop.change_order(connection, "1002", change)
    await build(app)
    for client in clients:
        items = (await client.get(path)).json()["items"]
        assert next(i for i in items if i["order_id"] == "1002")["total_amount"] == "2.55"
    async with app.database.connection() as connection:
        await connection.execute("update shop.reports set count_product = 77")
        await connection.execute("delete from shop.reports where order_id = 'by hand 1'")
    for client in clients:
        items = (await client.get(path)).json()["items"]
        assert {each["count_product"] for each in items} == {77}
        assert len(items) == 6


async def test_what_is_not_committed_is_not_seen_and_then_is(
    processes: Pair,
) -> None:
    """The older of two transactions commits last: its change is not lost behind the newer one."""
    app, (here, there) = processes
    path = f"/report?date={DAY}"
    add = (
        "insert into shop.reports (report_at, order_id, count_product, currency, by_hand) "
        "values ($1, $2, 1, 'GBP', true)"
    )
    late = await app.database.connect("late")
    async with late.transaction():
        await late.execute(add, DAY, "late")
        async with app.database.connection() as connection:
            await connection.execute(add, DAY, "early")
        for client in (here, there):
            assert len((await client.get(path)).json()["items"]) == 3
    await late.close()
    for client in (here, there):
        assert len((await client.get(path)).json()["items"]) == 4


async def test_many_who_ask_while_it_changes_never_go_back(
    processes: Pair,
) -> None:
    _, clients = processes
    path = f"/report?date={DAY}"
    done = asyncio.Event()

    async def ask(client: httpx.AsyncClient) -> None:
        seen = 0
        while not done.is_set():
            count = len((await client.get(path)).json()["items"])
            assert count >= seen
            seen = count

    asking = [asyncio.create_task(ask(client)) for client in clients * 2]
    for number in range(20):
        row = {"report_at": str(DAY), "order_id": f"h{number}", "count_product": number}
        await clients[number % 2].post("/report", json=row)
    done.set()
    await asyncio.gather(*asking)


async def test_a_redis_that_is_away_is_done_without(reporting: Any, unused_tcp_port: int) -> None:
    pytest.importorskip("redis")
    async with reporting(f"redis://127.0.0.1:{unused_tcp_port}/") as (_, (client, _)):
        assert (await client.get(f"/report?date={DAY}")).json()["total"] == 2


async def test_memory_is_bounded() -> None:
    kept = answers.store(Settings())
    for _ in range(answers.MOST + 1):
        await kept.set(uuid.uuid4().hex, b"x")
    assert isinstance(kept, answers.Bounded)
    assert len(kept._store) == 1


def test_two_databases_on_one_redis_do_not_share() -> None:
    names = {
        answers._namespace(Settings(database_url=f"postgresql://localhost/{name}"))
        for name in ("one", "other")
    }
    assert len(names) == 2
