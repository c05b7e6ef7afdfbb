"""Workers that are killed, and the account that the ledger gives of it afterwards.

`python crew.py` is one worker; it is told by the environment where the database is.
"""

import asyncio
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

from horarium.database import Connection, Database
from horarium.engine import JobConnection, Ledger, LedgerBroker
from horarium.events import Events
from horarium.settings import Settings, load

URL = "DATABASE_URL"


def make_broker(settings: Settings) -> LedgerBroker:
    """A broker with the crew's task."""
    assert settings.database_url is not None
    broker = LedgerBroker(Ledger(Database(settings.database_url)), settings, Events())

    @broker.task("write")
    async def write(n: int, connection: JobConnection) -> int:
        await connection.execute("insert into public.written (n) values ($1)", n)
        await asyncio.sleep(0.02)  # so that a kill finds jobs half done
        return n

    return broker


def hire(url: str, lease: float) -> "subprocess.Popen[bytes]":
    """Start a worker's process."""
    environment = {
        **os.environ,
        URL: url,
        "HORARIUM_LEASE": str(lease),
        "HORARIUM_CONCURRENCY": "20",
    }
    return subprocess.Popen([sys.executable, str(Path(__file__))], env=environment)


async def account(connection: Connection, jobs: int) -> None:
    """Every job has one final outcome and every row is there exactly once."""
    assert await connection.fetchval("select count(*) from horarium.jobs") == 0
    ended = await connection.fetch("select id, state from horarium.job_history")
    assert Counter(row["state"] for row in ended) == {"succeeded": jobs}
    assert len({row["id"] for row in ended}) == jobs
    written = await connection.fetch("select n from public.written")
    assert Counter(row["n"] for row in written) == Counter(range(jobs))
    # Each lost attempt was followed by one that succeeded.
    assert await connection.fetchval(
        "select bool_and(h.attempt = 1 + (select count(*) from horarium.attempts a "
        "where a.job = h.id and a.outcome = 'lost')) from horarium.job_history h"
    )


async def work() -> None:
    await make_broker(load()).worker().run()


if __name__ == "__main__":
    asyncio.run(work())
