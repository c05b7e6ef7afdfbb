"""Who sends messages and looks into queues; a line that can be cut; and a consumer to be killed.

`python postbox.py` consumes: it is told by the environment where, and which queues.
"""

import asyncio
import json
import os
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Any
from urllib.parse import urlsplit

import aio_pika

from horarium.database import Database
from horarium.shop.messages.acts import Subject
from horarium.shop.messages.consumer import Consumer


class Postbox:
    """The other end of the queues."""

    def __init__(self, connection: Any, channel: Any, queues: Mapping[Subject, str]) -> None:
        self._connection = connection
        self._channel = channel
        self._queues = queues

    @classmethod
    @asynccontextmanager
    async def opened(cls, url: str, queues: Mapping[Subject, str]) -> AsyncIterator["Postbox"]:
        async with await aio_pika.connect(url) as connection:
            channel = await connection.channel()
            for name in queues.values():
                await channel.declare_queue(name, durable=True)
                await channel.declare_queue(f"{name}.dead", durable=True)
            yield cls(connection, channel, queues)
            for name in queues.values():
                await channel.queue_delete(name)
                await channel.queue_delete(f"{name}.dead")

    async def send(
        self, action: str, data: Any, subject: str = "order", event: str | None = None
    ) -> None:
        envelope = {"action": action, "data": data}
        if event is not None:
            envelope["event_id"] = event
        await self.send_raw(json.dumps(envelope).encode(), subject)

    async def send_raw(self, body: bytes, subject: str = "order", **properties: Any) -> None:
        message = aio_pika.Message(body, delivery_mode=2, **properties)
        await self._channel.default_exchange.publish(message, self._queues[Subject(subject)])

    async def waiting(self, subject: str = "order", end: str = "") -> int:
        """Messages in a queue that no consumer has."""
        name = self._queues[Subject(subject)] + end
        queue = await self._channel.declare_queue(name, durable=True, passive=True)
        return int(queue.declaration_result.message_count)

    async def consumers(self, subject: str = "order") -> int:
        """How many consume from a queue."""
        queue = await self._channel.declare_queue(
            self._queues[Subject(subject)], durable=True, passive=True
        )
        return int(queue.declaration_result.consumer_count)

    async def drop_dead(self, subject: str = "order") -> None:
        """Take a dead queue away."""
        await self._channel.queue_delete(f"{self._queues[Subject(subject)]}.dead")

    async def has_dead(self, subject: str = "order") -> bool:
        """Whether there is a dead queue; looking for one that is not there closes a channel."""
        channel = await self._connection.channel()
        try:
            await channel.declare_queue(f"{self._queues[Subject(subject)]}.dead", passive=True)
        except aio_pika.exceptions.ChannelNotFoundEntity:
            return False
        await channel.close()
        return True

    async def dead(self, subject: str = "order") -> list[tuple[str, str]]:
        """The outcomes and reasons of what lies in a dead queue; it is taken out."""
        queue = await self._channel.get_queue(f"{self._queues[Subject(subject)]}.dead")
        found = []
        while (message := await queue.get(no_ack=True, fail=False)) is not None:
            found.append((message.headers["outcome"], message.headers["reason"]))
        return found


@asynccontextmanager
async def consuming(
    database: Database, url: str, queues: Mapping[Subject, str]
) -> AsyncIterator[Consumer]:
    """A consumer for the time of a block; it must end well."""
    stop = asyncio.Event()
    consumer = Consumer(database, url, queues)
    running = asyncio.create_task(consumer.run(stop))
    try:
        yield consumer
    finally:
        stop.set()
        await asyncio.wait_for(running, 30)


class Line:
    """A way to RabbitMQ that can be cut, as by a restart of the server or of what lies between.

    Args:
        answers: those of RabbitMQ after which the line is cut by itself, once.
    """

    def __init__(self, url: str, answers: int | None = None) -> None:
        self._target = urlsplit(url)
        self._ends: set[asyncio.StreamWriter] = set()
        self._answers = answers
        self.connections = 0

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[str]:
        """The address to connect to instead."""
        server = await asyncio.start_server(self._join, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        login = self._target.netloc.rpartition("@")[0]
        try:
            yield self._target._replace(netloc=f"{login}@127.0.0.1:{port}").geturl()
        finally:
            server.close()
            self.cut()

    def cut(self) -> None:
        for end in self._ends:
            end.transport.abort()
        self._ends.clear()

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        there = await asyncio.open_connection(
            self._target.hostname or "127.0.0.1", self._target.port or 5672
        )
        self._ends |= {writer, there[1]}
        await asyncio.gather(
            _copy(reader, there[1], lambda: None), _copy(there[0], writer, self._count)
        )

    def _count(self) -> None:
        if self._answers is not None:
            self._answers -= 1
            if self._answers < 0:
                self._answers = None
                self.cut()


async def _copy(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, passes: Callable[[], None]
) -> None:
    with suppress(OSError):
        while data := await reader.read(65536):
            passes()
            writer.write(data)
            await writer.drain()
    writer.transport.abort()


if __name__ == "__main__":
    named = {Subject(k): v for k, v in json.loads(os.environ["QUEUES"]).items()}
    works = Consumer(Database(os.environ["DATABASE_URL"]), os.environ["RABBITMQ_URL"], named)
    asyncio.run(works.run(asyncio.Event()))
