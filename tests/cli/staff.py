"""The application of the workers that tests start as processes of their own."""

import asyncio
import os
import time

from horarium import Horarium, JobConnection

app = Horarium(builtin=False)
broker = app.broker
VERSION = 1
hoard: list[bytes] = []


@broker.task("pid")
async def pid() -> int:
    return os.getpid()


@broker.task("version")
async def version() -> int:
    return VERSION


@broker.task("hold")
async def hold() -> None:
    await asyncio.Event().wait()


@broker.task("stuck")
def stuck() -> None:
    time.sleep(600)


@broker.task("stuck elsewhere")
async def stuck_elsewhere() -> None:
    await asyncio.to_thread(time.sleep, 600)


@broker.task("stuck process", executor="process")
def stuck_process() -> None:
    time.sleep(600)


@broker.task("write")
async def write(n: int, connection: JobConnection) -> int:
    await connection.execute("insert into public.written (n) values ($1)", n)
    return os.getpid()


@broker.task("swell")
async def swell(megabytes: int) -> int:
    hoard.append(os.urandom(1024) * 1024 * megabytes)
    return os.getpid()


@broker.task("gated")
async def gated() -> int:
    """Wait until somebody opens the gate, and say which process it was."""
    while True:
        async with app.database.connection() as connection:
            if await connection.fetchval("select exists (select from public.gate)"):
                return os.getpid()
        await asyncio.sleep(0.02)
