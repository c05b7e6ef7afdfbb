"""A worker in a process of its own, for tests that kill, freeze and stop it.

`python labourer.py` runs Horarium's worker, `taskiq worker labourer:broker` TaskIQ's. Settings come
from the environment, as those of any process do.
"""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from horarium.database import Database
from horarium.engine import JobConnection, Ledger, LedgerBroker
from horarium.events import Events
from horarium.settings import SETTINGS, Settings, load

LABOURER = "LABOURER"
"""Says that a process is one: its module makes its broker."""


def process_id() -> int:
    """Run in a process of the pool."""
    return os.getpid()


def hang_about() -> None:
    """The same; until it is killed."""
    time.sleep(600)


def make_broker(settings: Settings) -> LedgerBroker:
    """A broker with the labourers' tasks."""
    assert settings.database_url is not None
    broker = LedgerBroker(Ledger(Database(settings.database_url)), settings, Events())

    @broker.task("hold")
    async def hold() -> None:
        await asyncio.Event().wait()

    @broker.task("gated")
    async def gated() -> int:
        """Wait until somebody opens the gate, and say which process it was."""
        while not await is_open(broker.ledger):
            await asyncio.sleep(0.02)
        return os.getpid()

    @broker.task("entered")
    async def entered() -> None:
        """Say that it has begun, and wait until somebody opens the gate."""
        async with broker.ledger.database.connection() as connection:
            await connection.execute("insert into public.begun default values")
        while not await is_open(broker.ledger):
            await asyncio.sleep(0.02)

    @broker.task("write")
    async def write(n: int, connection: JobConnection) -> None:
        await connection.execute("insert into public.written (n) values ($1)", n)

    @broker.task("pid")
    async def pid() -> int:
        return os.getpid()

    @broker.task("pause")
    async def pause(seconds: float) -> int:
        await asyncio.sleep(seconds)
        return os.getpid()

    if __name__ != "__main__":  # no process could find the functions of a mere script
        broker.task("process id", executor="process")(process_id)
        broker.task("hang about", executor="process", timeout=0.5)(hang_about)
    return broker


async def is_open(ledger: Ledger) -> bool:
    async with ledger.database.connection() as connection:
        return bool(await connection.fetchval("select exists (select from public.gate)"))


if LABOURER in os.environ:
    broker = make_broker(load())


def start(settings: Settings, *command: str) -> "subprocess.Popen[bytes]":
    """Start a labourer; without a command Horarium's own worker."""
    given = {each.variable: getattr(settings, name) for name, each in SETTINGS.items()}
    given = {name: str(value) for name, value in given.items() if value is not None}
    environment = {**os.environ, **given, LABOURER: "yes"}
    here = Path(__file__)
    return subprocess.Popen(
        command or (sys.executable, str(here)), env=environment, cwd=here.parent
    )


@contextmanager
def labouring(settings: Settings, *command: str) -> Iterator["subprocess.Popen[bytes]"]:
    """A labourer for the time of a block; it is killed at its end, if it still lives."""
    process = start(settings, *command)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


async def labour() -> None:
    worker = broker.worker()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, worker.stop)
    await worker.run()
    await broker.shutdown()


def main() -> Any:
    return asyncio.run(labour())


if __name__ == "__main__":
    main()
