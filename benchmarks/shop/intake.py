"""Orders that wait in RabbitMQ, and one consumer that commits them."""

import asyncio
import json
import time
import uuid

import aio_pika

from benchmarks.shop.place import check
from horarium.database import Database
from horarium.shop.messages.acts import Subject
from horarium.shop.messages.consumer import Consumer


async def rate(url: str, rabbitmq: str, orders: int) -> float:
    """Orders a second, from the first message taken to the last one acknowledged."""
    name = f"horarium_bench_{uuid.uuid4().hex[:12]}"
    async with await aio_pika.connect(rabbitmq) as connection:
        channel = await connection.channel()
        queue = await channel.declare_queue(name, durable=True)
        await _send(channel, name, orders)
        database = Database(url)
        await database.open()
        stop = asyncio.Event()
        began = time.perf_counter()
        running = asyncio.create_task(Consumer(database, rabbitmq, {Subject.ORDER: name}).run(stop))
        await _all_counted(database, orders)
        seconds = time.perf_counter() - began
        stop.set()
        await running
        left = (await queue.declare()).message_count
        await channel.queue_delete(name)
        await channel.queue_delete(f"{name}.dead")
    await check(database)
    await database.close()
    if left:
        raise RuntimeError(f"{left} messages were not acknowledged")
    return orders / seconds


async def _send(channel: aio_pika.abc.AbstractChannel, name: str, orders: int) -> None:
    data = {"items": [{"product_id": "hot", "quantity": 1}]}
    for first in range(0, orders, 1000):
        sent = [
            channel.default_exchange.publish(
                aio_pika.Message(
                    json.dumps({"action": "create", "data": data, "event_id": str(n)}).encode(),
                    delivery_mode=2,
                ),
                name,
            )
            for n in range(first, min(first + 1000, orders))
        ]
        await asyncio.gather(*sent)


async def _all_counted(database: Database, orders: int) -> None:
    sql = "select coalesce(sum(count), 0) from shop.message_counts where outcome = 'done'"
    async with asyncio.timeout(300):
        while True:
            async with database.connection() as connection:
                if await connection.fetchval(sql) >= orders:
                    return
            await asyncio.sleep(0.02)
