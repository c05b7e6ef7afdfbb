"""TaskIQ's tasks on RabbitMQ."""

# mypy: disable-error-code="import-not-found,import-untyped,untyped-decorator"

import asyncio
import os

import aio_pika
from taskiq_aio_pika import AioPikaBroker, Exchange, Queue, QueueType
from taskiq_redis import RedisAsyncResultBackend

from benchmarks.tasks import Plain, record

_QUEUE = "horarium_bench_taskiq"
_DEAD = "horarium_bench_taskiq_dead"
_URL = os.environ.get("BENCH_RABBITMQ_URL", "")
_IN_FLIGHT = 500

broker = AioPikaBroker(
    _URL,
    qos=500,
    exchange=Exchange(name=_QUEUE, durable=True),
    task_queues=[Queue(name=_QUEUE, type=QueueType.CLASSIC, durable=True)],
    dead_letter_queue=Queue(name=_DEAD, type=QueueType.CLASSIC, durable=True),
).with_result_backend(RedisAsyncResultBackend(os.environ.get("BENCH_RESULTS_URL", "")))


@broker.task("noop")
async def noop() -> int:
    return 1


@broker.task("stamped")
async def stamped(sent: float) -> int:
    record(sent)
    return 1


class TaskiqSender(Plain):
    async def empty(self) -> None:
        await broker.startup()
        connection = await aio_pika.connect(_URL)
        channel = await connection.channel()
        await (await channel.get_queue(_QUEUE)).purge()
        await connection.close()
        await broker.shutdown()

    async def remove(self) -> None:
        connection = await aio_pika.connect(_URL)
        channel = await connection.channel()
        await channel.queue_delete(_QUEUE)
        await channel.queue_delete(_DEAD)
        await channel.exchange_delete(_QUEUE)
        await connection.close()

    async def open(self, _: int, /) -> None:
        await broker.startup()

    async def many(self, count: int) -> None:
        for first in range(0, count, _IN_FLIGHT):
            n = min(_IN_FLIGHT, count - first)
            await asyncio.gather(*(noop.kiq() for _ in range(n)))

    async def one(self) -> None:
        await noop.kiq()

    async def stamped(self, sent: float) -> None:
        await stamped.kiq(sent)

    async def close(self) -> None:
        await broker.shutdown()


sender = TaskiqSender()
