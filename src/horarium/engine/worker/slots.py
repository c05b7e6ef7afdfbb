"""What a worker holds, and how much more it may take."""

import asyncio

from horarium.engine.worker.run import Run
from horarium.waiting import set_within


class Slots:
    """The runs of one worker, each in a slot until its outcome is handed in.

    Attributes:
        runs: those that are held. A job may be among them twice: its lease was lost, and it was
            claimed again under the next.
        freed: set whenever those who wait for room, or for the end, are to look again.
    """

    def __init__(self, number: int, most_at_once: int) -> None:
        self.runs: set[Run] = set()
        self.freed = asyncio.Event()
        self._number = number
        # Half of the slots: the next claim is on its way while the jobs of the last one run.
        self._batch = min(max(number // 2, 1), most_at_once)
        self._few = number // 8

    @property
    def full(self) -> bool:
        return len(self.runs) >= self._number

    def room(self) -> int:
        """How many jobs may be claimed now."""
        return max(0, min(self._number - len(self.runs), self._batch))

    @property
    def few(self) -> bool:
        """Whether so few are free that a claim had better wait for more."""
        return self.room() < self._few

    async def news(self) -> None:
        """Wait until something has changed."""
        self.freed.clear()
        await self.freed.wait()

    async def news_within(self, seconds: float) -> None:
        """Wait until something has changed, no longer than so many seconds."""
        self.freed.clear()
        await set_within(self.freed, seconds)

    async def idle(self) -> None:
        """Return when nothing is held any more."""
        while self.runs:
            await self.news()
