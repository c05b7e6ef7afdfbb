"""An export on its way to a client: written as fast as it is taken, and given up with its taker.

Each has a connection of its own, since a slow client would else hold one of the pool's for as long
as it likes; so there are at most so many at once. Some chunks wait between PostgreSQL and the
client, no more: when they are full, PostgreSQL waits. A client that takes nothing for a minute is
given up, and its connection and its snapshot are free again. An error after the first byte cuts the
stream before its proper end, so that nobody takes a part for the whole.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

from horarium.database import Database
from horarium.errors import HorariumError, TooBusy
from horarium.exports.format import CsvStyle, Format
from horarium.exports.selection import SESSION, Selection
from horarium.exports.writing import pour

MOST = 8
"""Exports that one process sends at once."""

STALLED = 60.0
"""Seconds that a client may take nothing."""

_CHUNK = 256 * 1024
_WAITING = 16
"""4 MiB between PostgreSQL and a client: with fewer, one waits for the other on a busy machine."""


class Stalled(HorariumError):
    """A client took nothing for too long."""


class Outflow:
    """The bytes of one export; `begin` it, iterate it once, and `close` it whatever happens."""

    _open = 0

    def __init__(
        self, database: Database, selection: Selection, format: Format, style: CsvStyle
    ) -> None:
        self._database = database
        self._selection = selection
        self._format = format
        self._style = style
        self._chunks: asyncio.Queue[bytes | BaseException | None] = asyncio.Queue(_WAITING)
        self._held = bytearray()
        self._first: bytes | None = None
        self._producer: asyncio.Task[None] | None = None

    async def begin(self) -> None:
        """Wait for the first bytes, so that what is wrong is known before an answer begins.

        Raises:
            TooBusy: so many are being sent already.
        """
        if Outflow._open >= MOST:
            raise TooBusy(f"{MOST} exports are being sent already; try again in a moment")
        Outflow._open += 1
        self._producer = asyncio.create_task(self._produce(), name="export")
        try:
            self._first = await self._next()
        except BaseException:
            await self.close()
            raise

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while self._first is not None:
            yield self._first
            self._first = await self._next()

    async def close(self) -> None:
        """Give up what is not written yet, and the connection; again does nothing."""
        producer, self._producer = self._producer, None
        if producer is None:
            return
        Outflow._open -= 1
        producer.cancel()
        with suppress(asyncio.CancelledError):
            await producer

    async def _next(self) -> bytes | None:
        chunk = await self._chunks.get()
        if isinstance(chunk, BaseException):
            raise chunk
        return chunk

    async def _produce(self) -> None:
        try:
            connection = await self._database.connect("horarium export", SESSION)
            try:
                await pour(connection, self._selection, self._format, self._style, self._hold)
            finally:
                connection.terminate()
            if self._held:
                await self._put(bytes(self._held))
            await self._put(None)
        except Stalled:
            # Nobody takes anything: the next one to be taken, if ever, is the error.
            self._chunks.get_nowait()
            self._chunks.put_nowait(Stalled(_STALLED))
        except Exception as error:  # noqa: BLE001 - it is raised where the bytes are taken
            await self._put(error)

    async def _hold(self, data: bytes) -> None:
        """Gather small pieces: a chunk costs the server a system call."""
        self._held += data
        if len(self._held) >= _CHUNK:
            await self._put(bytes(self._held))
            self._held.clear()

    async def _put(self, chunk: bytes | BaseException | None) -> None:
        try:
            async with asyncio.timeout(STALLED):
                await self._chunks.put(chunk)
        except TimeoutError:
            raise Stalled(_STALLED) from None


_STALLED = f"the client took nothing for {STALLED:.0f} s"
