"""What PostgreSQL notifies, handed to whoever asked: one connection for a whole process.

A notification is a hint, never the truth: it can be lost with its connection. After a lost
connection the listener connects again and calls each subscriber with `None`, which means "you may
have missed something: look for yourself".
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable

import structlog

from horarium.database import Connection, Database
from horarium.outage import TRANSIENT

Heard = Callable[[str | None], None]
"""Called with the payload, or with `None` after a time of deafness. It must not block."""

_PAUSES = (0.1, 0.5, 1.0, 2.0, 5.0)
_log = structlog.get_logger()


class Listener:
    """Subscriptions to channels, kept through lost connections."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._subscribers: dict[str, list[Heard]] = defaultdict(list)
        self._connection: Connection | None = None

    def subscribe(self, channel: str, heard: Heard) -> None:
        """Call `heard` for each notification on the channel. To be done before `run`."""
        self._subscribers[channel].append(heard)

    async def run(self) -> None:
        """Listen until cancelled."""
        failures = 0
        while True:
            lost = asyncio.Event()
            try:
                await self._connect(lost)
                failures = 0
                await lost.wait()
                _log.warning("listener lost its connection; connecting again")
            except TRANSIENT as error:
                _log.warning("listener cannot connect", error=str(error))
            finally:
                self._close()
            await asyncio.sleep(_PAUSES[min(failures, len(_PAUSES) - 1)])
            failures += 1

    async def _connect(self, lost: asyncio.Event) -> None:
        connection = self._connection = await self._database.connect("horarium listener")
        connection.add_termination_listener(lambda *_: lost.set())
        for channel, subscribers in self._subscribers.items():
            await connection.add_listener(channel, self._hear)
            for heard in subscribers:
                heard(None)

    def _hear(self, _connection: object, _pid: int, channel: str, payload: str) -> None:
        for heard in self._subscribers[channel]:
            heard(payload)

    def _close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None and not connection.is_closed():
            connection.terminate()
