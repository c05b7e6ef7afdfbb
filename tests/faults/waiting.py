"""Patience of the tests with processes, and where it need not be had."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

from horarium.database import Connection
from horarium.engine.worker.lease import rescue


async def until(
    look: Callable[[], Awaitable[Any]], wanted: Any = True, within: float = 30.0
) -> None:
    """Look again and again until what is seen is what is wanted."""
    end = time.monotonic() + within
    while (seen := await look()) != wanted:
        assert time.monotonic() < end, f"waited {within} s for {wanted!r}; last seen: {seen!r}"
        await asyncio.sleep(0.01)


async def presume_dead(connection: Connection, pid: int) -> None:
    """Have a frozen process's lease lapse, and its jobs rescued, as if that long had gone by.

    What it sent before it was frozen may still be on its way: it is done until it holds.
    """

    async def is_lost() -> bool:
        await connection.execute(
            "update horarium.workers set lease_until = now() - interval '1 s' "
            "where pid = $1 and stopped_at is null",
            pid,
        )
        await rescue(connection, lambda: None)
        live = "select count(*) from horarium.workers where pid = $1 and stopped_at is null"
        return int(await connection.fetchval(live, pid)) == 0

    await until(is_lost)
