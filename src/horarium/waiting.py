"""Waiting for what another coroutine says, but not for ever."""

import asyncio


async def set_within(event: asyncio.Event, seconds: float | None) -> bool:
    """Whether the event is set before so many seconds are over; `None`: wait for it."""
    try:
        async with asyncio.timeout(seconds):
            return await event.wait()
    except TimeoutError:
        return False
