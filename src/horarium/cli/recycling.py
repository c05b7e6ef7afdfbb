"""When a worker process is to be succeeded by another: after so many jobs, or so much memory."""

import asyncio

import structlog

from horarium.cli.work import Recycling
from horarium.events import Events, JobEnded

_LOOK_EVERY = 1.0
_log = structlog.get_logger()


async def due(recycling: Recycling, events: Events) -> str:
    """Wait until this process is to be succeeded; why, in words."""
    waits = []
    if recycling.jobs is not None:
        waits.append(asyncio.create_task(_jobs_have_run(recycling.jobs, events)))
    if recycling.memory is not None and _is_sensible(recycling.memory):
        waits.append(asyncio.create_task(_memory_is_occupied(recycling.memory)))
    if not waits:
        await asyncio.Event().wait()
    try:
        done, _ = await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        return done.pop().result()
    finally:
        for wait in waits:
            wait.cancel()


async def _jobs_have_run(most: int, events: Events) -> str:
    enough, run = asyncio.Event(), 0

    def count(event: object) -> None:
        nonlocal run
        if isinstance(event, JobEnded):
            run += 1
            if run >= most:
                enough.set()

    events.subscribe(count)
    await enough.wait()
    return f"it has run {run} jobs"


async def _memory_is_occupied(most: int) -> str:
    while (occupied := _occupied()) < most:  # noqa: ASYNC110 - nothing tells of it
        await asyncio.sleep(_LOOK_EVERY)
    return f"it occupies {occupied:,} bytes"


def _is_sensible(most: int) -> bool:
    """A successor that would have to go as soon as it came helps nobody."""
    occupied = _occupied()
    if occupied >= most:
        _log.error(
            "a worker process occupies that much as soon as it starts; it is not recycled for it",
            recycle_after_memory=most,
            occupied=occupied,
        )
    return occupied < most


def _occupied() -> int:
    import psutil

    return int(psutil.Process().memory_info().rss)
