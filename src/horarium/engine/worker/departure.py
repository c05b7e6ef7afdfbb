"""How long a worker that takes no more jobs waits for those it holds.

It may be told more than once: at leisure (it is recycled: its jobs may take as long as they take),
within a deadline (its process is stopped), at once (told so a second time). The earliest counts.
"""

import asyncio
import math
import time
from collections.abc import Coroutine
from typing import Any


class Departure:
    """The instant at which a worker gives back what has not ended; none before it is ordered."""

    def __init__(self) -> None:
        self._until = math.inf
        self._hastened = asyncio.Event()

    def order(self, seconds: float) -> None:
        """Wait no longer than this from now; infinite: as long as it takes."""
        self._until = min(self._until, time.monotonic() + seconds)
        self._hastened.set()

    async def wait(self, end: Coroutine[Any, Any, None]) -> bool:
        """Wait for an end until time is up; whether it has come."""
        coming = asyncio.create_task(end)
        try:
            while not coming.done() and (left := self._until - time.monotonic()) > 0:
                await self._look(coming, None if left == math.inf else left)
            return coming.done()
        finally:
            coming.cancel()

    async def _look(self, coming: "asyncio.Task[None]", seconds: float | None) -> None:
        self._hastened.clear()
        hastened = asyncio.create_task(self._hastened.wait())
        try:
            await asyncio.wait(
                (coming, hastened), timeout=seconds, return_when=asyncio.FIRST_COMPLETED
            )
        finally:
            hastened.cancel()
