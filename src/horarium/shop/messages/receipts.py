"""Acknowledgements, many as one: those of a transaction become known at the same moment.

RabbitMQ takes one acknowledgement for all messages of a channel up to a number. So that none is
acknowledged too early, it goes only as far as every message before it is settled.
"""

import asyncio
from typing import Any


class Receipts:
    """The acknowledgements of one channel of `aiormq`."""

    def __init__(self, channel: Any) -> None:
        self.channel = channel
        self._settled: set[int] = set()
        self._acknowledged = 0
        self._is_going = False

    async def give(self, tag: int) -> None:
        """Say that the message with this delivery tag is settled.

        Raises:
            AMQPError, RuntimeError, OSError: the channel is gone; what was not acknowledged yet
                comes again on another.
        """
        self._settled.add(tag)
        if self._is_going:
            return
        self._is_going = True
        # One turn of the loop: whoever else was settled in this moment comes along.
        await asyncio.sleep(0)
        self._is_going = False
        if (last := self._last()) > self._acknowledged:
            self._acknowledged = last
            await self.channel.basic_ack(last, multiple=True)

    def _last(self) -> int:
        """The last message before which every one is settled; the channel counts from 1."""
        last = self._acknowledged
        while last + 1 in self._settled:
            last += 1
            self._settled.discard(last)
        return last
