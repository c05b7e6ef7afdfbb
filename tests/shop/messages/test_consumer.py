"""Messages on the real RabbitMQ: each is done once, whatever is killed or cut."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from postbox import Line, Postbox, consuming

from engine.workplace import eventually
from horarium.database import Connection, Database
from horarium.shop import read_order, read_product
from horarium.shop.messages import consumer, message_counts
from horarium.shop.messages.acts import Subject

Queues = Mapping[Subject, str]
CUPS = {"items": [{"product_id": "cup", "quantity": 1}]}


async def counted(database: Database) -> dict[tuple[str, str], int]:
    async with database.connection() as connection:
        counts = await message_counts(connection)
    return {(each.queue, each.outcome.value): each.count for each in counts}


async def ended(database: Database) -> int:
    return sum((await counted(database)).values())


async def orders(database: Database) -> int:
    async with database.connection() as connection:
        return int(await connection.fetchval("select count(*) from shop.orders"))


async def stuck(database: Database) -> bool:
    """Whether a transaction waits for another's lock."""
    async with database.connection() as connection:
        sql = (
            "select exists (select from pg_stat_activity "
            "where wait_event_type = 'Lock' and datname = current_database())"
        )
        return bool(await connection.fetchval(sql))


async def stock(connection: Connection) -> int | None:
    return (await read_product(connection, "cup")).stock


@asynccontextmanager
async def hired(script: str, environment: Mapping[str, str]) -> AsyncIterator[Any]:
    """A consumer in a process of its own, which is killed at the end, if it was not before."""
    process = subprocess.Popen([sys.executable, script], env=environment)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


async def test_the_acts_of_both_queues(
    database: Database, rabbitmq_url: str, queues: Queues, postbox: Postbox
) -> None:
    new = {"id": "pin", "name": "PIN", "price": "0.10", "currency": "EUR", "stock": 5}
    await postbox.send("create", {**CUPS, "id": "a"})
    await postbox.send("create", {**CUPS, "id": "b"})
    await postbox.send("update_status", {"order_id": "a", "status": "paid"})
    await postbox.send("cancel", {"id": "b"})
    await postbox.send("create", new, "product")
    await postbox.send("update", {"product_id": "pin", "price": "0.20"}, "product")
    await postbox.send("mark_out_of_stock", {"id": "pin"}, "product")
    async with consuming(database, rabbitmq_url, queues):
        await eventually(lambda: ended(database), 7)
    async with database.connection() as connection:
        assert (await read_order(connection, "a")).status == "paid"
        assert (await read_order(connection, "b")).status == "cancelled"
        assert await stock(connection) == 1999
        pin = await read_product(connection, "pin")
        assert (str(pin.price), pin.stock) == ("0.20", 0)
    assert await counted(database) == {("order", "done"): 4, ("product", "done"): 3}
    assert await postbox.waiting() == 0
    assert await postbox.waiting("product") == 0


async def test_repeats_do_nothing(
    database: Database, rabbitmq_url: str, queues: Queues, postbox: Postbox
) -> None:
    body = json.dumps({"action": "create", "data": CUPS}).encode()
    for _ in range(3):
        await postbox.send("create", CUPS, event="e 1")
        await postbox.send_raw(body, message_id="m 1")
        # The event's own id goes before the one of its envelope.
    async with consuming(database, rabbitmq_url, queues):
        await eventually(lambda: ended(database), 6)
        await postbox.send("create", CUPS, event="e 1")
        await eventually(lambda: ended(database), 7)
    assert await counted(database) == {("order", "done"): 2, ("order", "repeated"): 5}
    assert await orders(database) == 2


async def test_what_is_refused_or_not_understood_goes_to_the_dead_queue(
    database: Database, rabbitmq_url: str, queues: Queues, postbox: Postbox
) -> None:
    unreadable: list[Any] = [
        b"", b"\xff\x00", b"[" * 100_000, b"{", b"[]", b'{"action": "create"}',
        b'{"action": 5, "data": {}}', b'{"action": "explode", "data": {}}',
        b'{"action": "create", "data": {"items": [{"product_id": "cup", "quantiy": 1}]}}',
        b'{"action": "create", "data": {"items": [{"product_id": "cup", "quantity": 1.5}]}}',
        b'{"action": "update_status", "data": {"id": "x", "status": "lost"}}',
        b'{"action": "create", "data": {}, "event_id": ""}',
    ]  # fmt: skip
    refused: list[tuple[str, Any]] = [
        ("create", {"items": [{"product_id": "cup", "quantity": 2001}]}),
        ("create", {"items": [{"product_id": "mug", "quantity": 1}]}),
        ("create", {"items": [{"product_id": "cup", "quantity": -1}]}),
        ("create", {}),
        ("cancel", {"id": "nobody\u0000s"}),
        ("cancel", {}),
        ("update_status", {"id": "x", "order_id": "y", "status": "paid"}),
    ]
    for body in unreadable:
        await postbox.send_raw(body)
    for number, (action, data) in enumerate(refused):
        await postbox.send(action, data, event=str(number))
    await postbox.send("create", CUPS)
    async with consuming(database, rabbitmq_url, queues):
        await eventually(lambda: postbox.waiting(end=".dead"), 19)
        await eventually(lambda: ended(database), 20)
        found = await postbox.dead()
        assert [outcome for outcome, _ in found].count("unreadable") == len(unreadable)
        said = "\n".join(reason for _, reason in found)
        for words in (
            "insufficient stock of cup: 2001 wanted, 2000 left", "no product with the id 'mug'",
            "order has no action 'explode'; it has create, update_status, cancel", "valid JSON",
            "unknown field `quantiy`", "items[0].quantity: -1 is no quantity", "there is no order",
        ):  # fmt: skip
            assert words in said
        # What was refused may be sent again, and is tried again.
        async with database.transaction() as connection:
            await connection.execute("update shop.products set stock = 5000 where id = 'cup'")
        await postbox.send(*refused[0], event="0")
        await eventually(lambda: orders(database), 2)
    async with database.connection() as connection:
        assert await stock(connection) == 5000 - 2001


async def test_a_dead_queue_that_is_away_loses_nothing(
    database: Database, rabbitmq_url: str, queues: Queues, postbox: Postbox
) -> None:
    async with consuming(database, rabbitmq_url, queues):
        await postbox.send("create", CUPS)
        await eventually(lambda: orders(database), 1)
        await postbox.drop_dead()
        await postbox.send("explode", {})
        for _ in range(5):
            await postbox.send("create", CUPS)
        # It is made again, and those behind are not held up for good.
        await eventually(postbox.has_dead)
        await eventually(lambda: postbox.waiting(end=".dead"), 1)
        await eventually(lambda: orders(database), 6)
    assert await postbox.waiting() == 0


async def test_one_that_the_database_refuses_takes_no_other_along(
    database: Database, rabbitmq_url: str, queues: Queues, postbox: Postbox
) -> None:
    async with database.transaction() as connection:
        await connection.execute(
            "create function shop.refuse() returns trigger language plpgsql as "
            "'begin raise exception ''no thirteen''; end';"
            "create trigger thirteen before insert on shop.orders for each row "
            "when (new.id = '13') execute function shop.refuse()"
        )
    for number in range(30):
        await postbox.send("create", {**CUPS, "id": str(number)})
    async with consuming(database, rabbitmq_url, queues):
        await eventually(lambda: postbox.waiting(end=".dead"), 1)
        await eventually(lambda: orders(database), 29)


async def test_a_consumer_that_is_killed_loses_and_doubles_nothing(
    database: Database, database_url: str, rabbitmq_url: str, queues: Queues, postbox: Postbox
) -> None:
    sent = [postbox.send("create", CUPS, event=str(number)) for number in range(1000)]
    await asyncio.gather(*sent)
    environment = {
        **os.environ, "DATABASE_URL": database_url, "RABBITMQ_URL": rabbitmq_url,
        "QUEUES": json.dumps(queues),
    }  # fmt: skip
    script = str(Path(__file__).with_name("postbox.py"))
    holder = await database.connect("holder")
    async with hired(script, environment) as process, holder.transaction():
        # The first transaction of the consumer waits here, and dies half done.
        await holder.execute("select 1 from shop.products for update")
        await eventually(lambda: stuck(database))
        process.kill()
        process.wait()
    await holder.close()

    async def begun() -> bool:
        return await orders(database) > 0

    async with hired(script, environment):
        await eventually(begun)
    async with consuming(database, rabbitmq_url, queues):
        await eventually(lambda: orders(database), 1000)
        await eventually(lambda: postbox.waiting(), 0)
    async with database.connection() as connection:
        assert await stock(connection) == 1000
    assert (await counted(database))["order", "done"] == 1000


async def test_a_connection_that_is_cut_is_opened_again(
    database: Database, rabbitmq_url: str, queues: Queues, postbox: Postbox
) -> None:
    line = Line(rabbitmq_url)
    async with line.opened() as url, consuming(database, url, queues):
        for part in range(3):
            sent = [postbox.send("create", CUPS, event=f"{part} {n}") for n in range(100)]
            await asyncio.gather(*sent)
            if part < 2:

                async def some(part: int = part) -> bool:
                    return await orders(database) > part * 100

                await eventually(some)
                line.cut()
        await eventually(lambda: orders(database), 300)
        assert line.connections >= 2
    async with database.connection() as connection:
        assert await stock(connection) == 1700


async def test_a_connection_may_be_cut_at_any_step_of_its_beginning(
    database: Database,
    rabbitmq_url: str,
    queues: Queues,
    postbox: Postbox,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What was half begun does not consume beside what is begun anew, and nothing of it is left."""
    monkeypatch.setattr(consumer, "RECONNECT", 0.05)
    await orders(database)
    before = asyncio.all_tasks()
    was_cut = True
    answers = 0
    while was_cut:
        line = Line(rabbitmq_url, answers)
        async with line.opened() as url, consuming(database, url, queues):
            await postbox.send("create", CUPS, event=f"{answers}")
            await eventually(lambda: orders(database), answers + 1)
            await eventually(postbox.consumers, 1)
            was_cut = line.connections > 1
        await eventually(lambda: asyncio.sleep(0, asyncio.all_tasks() - before), set())
        answers += 1
    # Shaking hands takes four of them; then each queue and each channel is one or two.
    assert answers > 10


async def test_a_database_that_is_away_is_waited_for(
    database: Database, database_url: str, rabbitmq_url: str, queues: Queues, postbox: Postbox
) -> None:
    async with consuming(Database(database_url, name="consumer"), rabbitmq_url, queues):
        await postbox.send("create", CUPS, event="1")
        await eventually(lambda: orders(database), 1)
        async with database.connection() as connection:
            await connection.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity "
                "where application_name = 'consumer' and datname = current_database()"
            )
        await postbox.send("create", CUPS, event="2")
        await eventually(lambda: orders(database), 2)
    assert await counted(database) == {("order", "done"): 2}


async def test_it_stops_while_rabbitmq_is_away(
    database: Database, queues: Queues, unused_tcp_port: int
) -> None:
    async with consuming(database, f"amqp://guest:guest@127.0.0.1:{unused_tcp_port}/", queues):
        await asyncio.sleep(0)
