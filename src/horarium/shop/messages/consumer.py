"""From RabbitMQ to the shop, by FastStream.

Queues are durable, dead ones too. A message is acknowledged when what it asked for is committed, or
when the dead queue has confirmed it; until then it is RabbitMQ's, and comes again to whoever
consumes next. A connection that is cut is opened again; acknowledgements that were on their way on
the former one fail, and those messages come again as repeats.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Any

import structlog
from aio_pika import RobustConnection
from aio_pika.exceptions import AMQPError
from aio_pika.message import IncomingMessage
from faststream import AckPolicy
from faststream.message import StreamMessage
from faststream.rabbit import Channel, RabbitBroker, RabbitQueue

from horarium.addresses import mask
from horarium.database import Database, statement
from horarium.outage import TRANSIENT
from horarium.shop.messages.acts import Subject
from horarium.shop.messages.intake import Intake, message
from horarium.shop.messages.outcome import Ending
from horarium.shop.messages.receipts import Receipts
from horarium.waiting import set_within

PREFETCH = 1000
"""Messages that are here and not yet acknowledged: two transactions' worth."""
KEPT_DAYS = 30
"""For how long a repeat is known as one."""
RECONNECT = 1.0
TIDY = 3600.0

QUEUES: Mapping[Subject, str] = {subject: subject.value for subject in Subject}

_CUT = (AMQPError, OSError, RuntimeError, asyncio.InvalidStateError)
"""What acknowledging raises when the connection that brought the message is gone."""
_log = structlog.get_logger()


class _Broker(RabbitBroker):
    """FastStream's, that closes each connection it has begun.

    FastStream knows a connection when all is set up on it. One that is cut before is opened again
    and again by its own library, and nobody could close it.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._begun: list[RobustConnection] = []

    async def _connect(self) -> RobustConnection:
        begun = self._begun

        class Known(RobustConnection):
            def __init__(self, *args: Any, **kwargs: Any) -> None:
                super().__init__(*args, **kwargs)
                begun.append(self)

        self._connection_kwargs["connection_class"] = Known
        return await super()._connect()

    async def stop(self, *error: Any) -> None:
        try:
            await super().stop(*error)
        finally:
            for connection in self._begun:
                with suppress(Exception):  # it has been cut: what is closed is its library's task
                    await connection.close()


class Consumer:
    """Consumes the shop's queues until told to stop.

    Args:
        queues: what the queues are called here; a dead queue is called after its own.
    """

    def __init__(
        self, database: Database, url: str, queues: Mapping[Subject, str] = QUEUES
    ) -> None:
        self._database = database
        self._url = url
        self._queues = queues
        self._receipts: dict[str, Receipts] = {}
        self._intakes = {subject: Intake(database, subject.value) for subject in queues}
        self._broker = self._new_broker()

    async def run(self, stop: asyncio.Event) -> None:
        """Consume until told to stop; what has begun is finished first."""
        async with self._working():
            if await self._connected(stop):
                _log.info("messages are consumed", queues=sorted(self._queues.values()))
                await stop.wait()
            await self._close()

    @asynccontextmanager
    async def _working(self) -> AsyncIterator[None]:
        works = [asyncio.create_task(intake.run()) for intake in self._intakes.values()]
        works.append(asyncio.create_task(self._tidy()))
        try:
            yield
        finally:
            for work in works:
                work.cancel()
            await asyncio.gather(*works, return_exceptions=True)

    async def _connected(self, stop: asyncio.Event) -> bool:
        """Whether RabbitMQ answered before it was told to stop."""
        while not stop.is_set():
            try:
                for name in self._queues.values():
                    await self._declare_dead(name)
                await self._broker.start()
            # Where a connection is cut while it is being set up, its library raises whatever it
            # has at hand: a bare Exception, or a cancellation that nobody ordered.
            except (Exception, asyncio.CancelledError) as error:
                if _is_cancelled():
                    raise
                reason = str(error) or type(error).__name__
                _log.warning("RabbitMQ does not answer", url=mask(self._url), error=reason)
                # What had begun to consume must not go on beside what is begun next.
                await self._close()
                self._broker = self._new_broker()
                await set_within(stop, RECONNECT)
            else:
                return True
        return False

    async def _close(self) -> None:
        try:
            await self._broker.stop()
        except (Exception, asyncio.CancelledError) as error:
            if _is_cancelled():
                raise
            _log.info("the connection to RabbitMQ was cut", error=str(error))

    def _new_broker(self) -> RabbitBroker:
        broker = _Broker(
            self._url,
            reconnect_interval=RECONNECT,
            apply_types=False,
            logger=None,
            graceful_timeout=10,
            # What no queue takes is an error, or the dead queue would lose without a word.
            default_channel=Channel(on_return_raises=True),
        )
        for subject, name in self._queues.items():
            self._subscribe(broker, subject, name)
        return broker

    def _subscribe(self, broker: RabbitBroker, subject: Subject, name: str) -> None:
        subscriber = broker.subscriber(
            RabbitQueue(name, durable=True),
            channel=Channel(prefetch_count=PREFETCH),
            ack_policy=AckPolicy.MANUAL,
            decoder=_as_it_is,
            no_reply=True,
        )

        async def consume(received: StreamMessage[IncomingMessage]) -> None:
            raw = received.raw_message
            ending = await self._intakes[subject].take(message(subject, raw.body, raw.message_id))
            try:
                if ending.outcome.dead:
                    await self._bury(name, raw, ending)
                await self._settled(name, raw)
            except _CUT as error:
                _log.info("messages will come again", queue=name, error=str(error))

        subscriber(consume)

    async def _settled(self, name: str, raw: IncomingMessage) -> None:
        """Acknowledge a message, together with others of its channel."""
        if raw.channel.is_closed:
            return  # it comes again on the next
        receipts = self._receipts.get(name)
        if receipts is None or receipts.channel is not raw.channel:
            receipts = self._receipts[name] = Receipts(raw.channel)
        await receipts.give(raw.delivery_tag or 0)

    async def _bury(self, name: str, raw: IncomingMessage, ending: Ending) -> None:
        """Put a message into the dead queue, with the reason; returns when that is confirmed.

        Where the connection that brought the message is gone it gives up: the message comes again.
        """
        _log.warning("a message goes to the dead queue", queue=name, reason=ending.reason)
        while not raw.channel.is_closed:
            try:
                await self._publish(name, raw, ending)
            except _CUT as error:
                _log.error("the dead queue takes nothing", queue=f"{name}.dead", error=str(error))
            else:
                return
            await asyncio.sleep(RECONNECT)
            with suppress(*_CUT):
                await self._declare_dead(name)

    async def _declare_dead(self, name: str) -> None:
        # Not by FastStream, which declares a queue once: somebody may have taken it away since.
        async with (await self._broker.connect()).channel() as channel:
            await channel.declare_queue(f"{name}.dead", durable=True)

    async def _publish(self, name: str, raw: IncomingMessage, ending: Ending) -> None:
        await self._broker.publish(
            raw.body,
            queue=RabbitQueue(f"{name}.dead", durable=True),
            headers={"reason": ending.reason[:1000], "outcome": ending.outcome.value},
            message_id=raw.message_id,
            content_type=raw.content_type,
            persist=True,
        )

    async def _tidy(self) -> None:
        """Forget old messages, a part at a time."""
        while True:
            try:
                async with self._database.connection() as connection:
                    done = await connection.execute(statement(__package__, "tidy"), KEPT_DAYS)
            except TRANSIENT as error:
                _log.info("old messages are forgotten later", error=str(error))
                done = ""
            if not done.endswith(" 10000"):
                await asyncio.sleep(TIDY)


def _is_cancelled() -> bool:
    """Whether it was this task that somebody cancelled."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


async def _as_it_is(received: StreamMessage[IncomingMessage]) -> StreamMessage[IncomingMessage]:
    """FastStream hands on the message itself: its body is decoded into what each action takes."""
    return received
