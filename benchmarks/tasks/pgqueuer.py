"""PgQueuer's tasks, and its worker: `python -m benchmarks.tasks.pgqueuer`.

The worker is what `pgq run` runs; it is started from here because the command line cannot turn
off the aggregation of the log.
"""

# mypy: disable-error-code="import-not-found,import-untyped,untyped-decorator"

import asyncio
import logging
import os
import signal
from datetime import timedelta

import asyncpg
from pgqueuer import PgQueuer
from pgqueuer.models import Job
from pgqueuer.queries import Queries

from benchmarks.tasks import Plain, record

_URL = os.environ.get("BENCH_DATABASE_URL", "")
_BATCH = 500
_AT_ONCE = 10_000


async def work() -> None:
    """Run until told to stop."""
    logging.getLogger("pgqueuer").setLevel(logging.WARNING)
    pool = await asyncpg.create_pool(_URL, min_size=2, max_size=4)
    queuer = PgQueuer.from_asyncpg_pool(pool)

    @queuer.entrypoint("noop")
    async def noop(_: Job) -> None:
        return

    @queuer.entrypoint("stamped")
    async def stamped(job: Job) -> None:
        record(float(job.payload or b"0"))

    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, queuer.shutdown.set)
    await queuer.run(batch_size=_BATCH, log_aggregation_interval=timedelta(0))


class PgQueuerSender(Plain):
    async def install(self) -> None:
        await self.open(0)
        await self._queries.install()
        await self.close()

    async def open(self, _: int, /) -> None:
        self._connection = await asyncpg.connect(_URL)
        self._queries = Queries.from_asyncpg_connection(self._connection)

    async def many(self, count: int) -> None:
        for first in range(0, count, _AT_ONCE):
            n = min(_AT_ONCE, count - first)
            await self._queries.enqueue(["noop"] * n, [None] * n, [0] * n)

    async def one(self) -> None:
        await self._queries.enqueue("noop", None)

    async def stamped(self, sent: float) -> None:
        await self._queries.enqueue("stamped", repr(sent).encode())

    async def close(self) -> None:
        await self._connection.close()


sender = PgQueuerSender()

if __name__ == "__main__":
    import uvloop

    uvloop.run(work())
