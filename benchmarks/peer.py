"""One peer, as the measures see it: jobs queued, a worker's command, a count of what is done."""

import asyncio
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import asyncpg

from benchmarks import process
from benchmarks.environment import ROOT
from benchmarks.process import Meter, Workers
from benchmarks.servers import QUEUES, RESULTS, Redis, Servers

_MOST_SECONDS_TO_SEND = 600


class Peer(Protocol):
    """What a measure needs of a peer.

    Attributes:
        name: as `--peers` and the tables have it.
        stamps: where its stamped jobs write when they began.
    """

    name: str
    stamps: Path

    async def open(self) -> None:
        """Make what it needs on the servers."""

    async def prepare(self, count: int) -> None:
        """Empty its queue and results, then queue so many no-ops."""

    def work(self, processes: int = 1) -> Workers:
        """Start its workers."""

    async def done(self) -> int:
        """How many jobs since `prepare` are done and recorded."""

    async def span(self) -> float | None:
        """Seconds from the first completion to the last, where it keeps their times."""

    def cpu(self) -> float:
        """CPU seconds that its servers have used."""

    async def statements(self) -> int | None:
        """Statements sent to PostgreSQL so far; `None`: it has no database there."""

    async def send(self, what: str, *numbers: float) -> float:
        """Run its `benchmarks.sending`; returns the seconds that it took."""

    async def clean(self) -> None:
        """Remove what `open` made."""


Kind = Callable[[Servers, Callable[[], Path]], Peer]
"""Makes a peer; it is told where the servers are, and whom to ask for the peers' Python."""


class Common:
    """What peers have in common: their Python, their environment, their sender."""

    name = ""

    def __init__(self, servers: Servers, python: Callable[[], Path]) -> None:
        self._servers = servers
        self._python = str(python())
        self._meter = Meter()
        self.stamps = servers.folder / f"{self.name}.stamps"

    def commands(self, processes: int) -> list[list[str]]:
        """The commands that start its workers."""
        raise NotImplementedError

    @property
    def module(self) -> str:
        """Its module in `benchmarks.tasks`."""
        return self.name

    def environment(self) -> dict[str, str]:
        """What its processes find in their environment."""
        # Whatever Python compiles it keeps, as for those who have installed it.
        dropped = ("HORARIUM_", "PG", "PYTHONDONTWRITEBYTECODE")
        kept = {n: v for n, v in os.environ.items() if not n.startswith(dropped)}
        return {
            **kept,
            "PYTHONPATH": str(ROOT),
            "BENCH_STAMPS": str(self.stamps),
            "BENCH_RABBITMQ_URL": self._servers.rabbitmq,
            "BENCH_QUEUES_URL": f"{self._servers.redis}/{QUEUES}",
            "BENCH_RESULTS_URL": f"{self._servers.redis}/{RESULTS}",
        }

    def work(self, processes: int = 1) -> Workers:
        log = self._servers.folder / f"{self.name}.log"
        return Workers(self.commands(processes), self.environment(), log)

    async def send(self, what: str, *numbers: float) -> float:
        command = [self._python, "-m", "benchmarks.sending", self.module, what, *map(str, numbers)]
        sending = await asyncio.create_subprocess_exec(
            *command,
            env=self.environment(),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            async with asyncio.timeout(_MOST_SECONDS_TO_SEND):
                said, complaints = await sending.communicate()
        except TimeoutError:
            sending.kill()
            raise RuntimeError(f"sending took over {_MOST_SECONDS_TO_SEND} s") from None
        if sending.returncode != 0:
            lines = complaints.decode("utf-8", "replace").strip().splitlines()
            raise RuntimeError(lines[-1] if lines else f"sending ended with {sending.returncode}")
        return float(said.split()[-1])

    def _script(self, name: str) -> str:
        return str(Path(self._python).with_name(name))


class OnPostgres(Common):
    """A peer whose queue is a table."""

    done_sql = ""
    span_sql: str | None = None
    empty_sql = ""

    def __init__(self, servers: Servers, python: Callable[[], Path]) -> None:
        super().__init__(servers, python)
        self._database = servers.database_name(self.name)
        self.url = servers.database_url(self._database)
        self._connection: Any = None
        self._own_backend = 0

    def environment(self) -> dict[str, str]:
        # DATABASE_URL is Horarium's own name for it
        return {**super().environment(), "BENCH_DATABASE_URL": self.url, "DATABASE_URL": self.url}

    async def open(self) -> None:
        await self._servers.create_database(self._database)
        await self.install()
        self._connection = await asyncpg.connect(self.url, timeout=10)
        self._own_backend = self._connection.get_server_pid()

    async def install(self) -> None:
        """Make its tables."""
        await self.send("install")

    async def prepare(self, count: int) -> None:
        await self._connection.execute(self.empty_sql)
        if count:
            await self.send("many", count)
        await self.settle()

    async def settle(self) -> None:
        """Let the database come to rest, so that no run pays for what was before it."""
        await self._connection.execute("vacuum (analyze)")
        await self._connection.execute("checkpoint")

    async def done(self) -> int:
        return int(await self._connection.fetchval(self.done_sql))

    async def span(self) -> float | None:
        if self.span_sql is None:
            return None
        return float(await self._connection.fetchval(self.span_sql))

    def cpu(self) -> float:
        return self._meter.read(process.backends(self._database, self._own_backend))

    async def statements(self) -> int | None:
        return await self._servers.statements(self._database)

    async def clean(self) -> None:
        if self._connection is not None:
            await self._connection.close()
        await self._servers.drop_database(self._database)


class WithRedis(Common):
    """A peer whose results are keys in Redis."""

    def __init__(self, servers: Servers, python: Callable[[], Path]) -> None:
        super().__init__(servers, python)
        self._queues = Redis(servers.redis, QUEUES)
        self._results = Redis(servers.redis, RESULTS)

    async def open(self) -> None:
        await self.send("install")

    async def prepare(self, count: int) -> None:
        await self._queues.flush()
        await self._results.flush()
        await self.send("empty")
        if count:
            await self.send("many", count)

    async def done(self) -> int:
        return await self._results.size()

    async def span(self) -> float | None:
        return None

    def cpu(self) -> float:
        redis = self._servers.redis_process
        return self._meter.read([] if redis is None else [redis.pid])

    async def statements(self) -> int | None:
        return None

    async def clean(self) -> None:
        await self.send("remove")
        await self._queues.flush()
        await self._results.flush()
        self._queues.close()
        self._results.close()


class WithRabbitMQ(WithRedis):
    """A peer whose queue is RabbitMQ's and whose results are in Redis."""

    def cpu(self) -> float:
        self._meter.read(process.rabbitmq())
        return super().cpu()


def product_python() -> Path:
    """The Python that Horarium is installed for."""
    return Path(sys.executable)


async def read_stamps(peer_stamps: Path, wanted: int, seconds: float) -> list[tuple[float, float]]:
    """(sent, started) of each stamped job, once so many have run or the time is over."""
    deadline = time.monotonic() + seconds
    while True:
        lines = _lines(peer_stamps)
        if len(lines) >= wanted or time.monotonic() > deadline:
            pairs = [line.split() for line in lines]
            return [(float(sent), float(started)) for sent, started in pairs]
        await asyncio.sleep(0.05)


def _lines(file: Path) -> list[str]:
    return file.read_text("ascii").splitlines() if file.exists() else []
