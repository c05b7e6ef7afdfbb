"""Patience of the tests with processes."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any


async def until(
    look: Callable[[], Awaitable[Any]], wanted: Any = True, within: float = 30.0
) -> None:
    """Look again and again until what is seen is what is wanted."""
    end = time.monotonic() + within
    while (seen := await look()) != wanted:
        assert time.monotonic() < end, f"waited {within} s for {wanted!r}; last seen: {seen!r}"
        await asyncio.sleep(0.01)
