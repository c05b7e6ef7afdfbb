"""The servers that the peers stand on: PostgreSQL, Redis, RabbitMQ.

PostgreSQL and RabbitMQ are those that are there (`DATABASE_URL`, `RABBITMQ_URL`); each peer gets a
scratch database or queues of its own, removed at the end. Redis is a server of our own where
`redis-server` is installed, because a shared one seldom keeps what it is told: it runs with an
append-only file, synchronised every second. That is what Redis recommends, and kinder to the peers
than what PostgreSQL does, which synchronises before it answers; `--redis-fsync always` makes them
equal. `BENCH_REDIS_URL` names another server, of which databases 9 (queues) and 10 (results) are
emptied.
"""

import asyncio
import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Collection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import asyncpg

POSTGRES = "postgresql://postgres@127.0.0.1:5432/"
REDIS = "redis://127.0.0.1:6379"
RABBITMQ = "amqp://guest:guest@127.0.0.1:5672/"

QUEUES, RESULTS = 9, 10
"""Databases in Redis."""


class Servers:
    """Where everything is; made by `opened`."""

    def __init__(self, redis_fsync: str = "everysec") -> None:
        self._redis_fsync = redis_fsync
        self.folder = Path(tempfile.mkdtemp(prefix="horarium-bench-"))
        self.postgres = os.environ.get("DATABASE_URL") or POSTGRES
        self.rabbitmq = os.environ.get("RABBITMQ_URL") or RABBITMQ
        self.redis = os.environ.get("BENCH_REDIS_URL") or REDIS
        self.redis_process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start what is ours."""
        if "BENCH_REDIS_URL" not in os.environ and shutil.which("redis-server"):
            self._start_redis()

    def stop(self) -> None:
        """Stop what is ours, and remove its folder."""
        if self.redis_process is not None:
            self.redis_process.send_signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.redis_process.wait(10)
            self.redis_process.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _start_redis(self) -> None:
        port = _free_port()
        self.redis_process = subprocess.Popen(
            ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--dir", self.folder,
             "--save", "", "--appendonly", "yes", "--appendfsync", self._redis_fsync],
            stdout=subprocess.DEVNULL,
        )  # fmt: skip
        self.redis = f"redis://127.0.0.1:{port}"

    def database_name(self, peer: str) -> str:
        return f"horarium_bench_{os.getpid()}_{peer.replace('-', '_')}"

    def database_url(self, name: str) -> str:
        return urlunsplit(urlsplit(self.postgres)._replace(path=f"/{name}"))

    async def create_database(self, name: str) -> None:
        await self._administer(f'drop database if exists "{name}" with (force)')
        await self._administer(f'create database "{name}"')
        # Only a database that was connected to is counted in, and kept house for.
        await (await asyncpg.connect(self.database_url(name), timeout=10)).close()

    async def drop_database(self, name: str) -> None:
        await self._administer(f'drop database if exists "{name}" with (force)')

    async def statements(self, database: str) -> int:
        """Transactions of a database so far; of an idle worker, each is one statement."""
        return int(
            await self._administer(
                "select xact_commit + xact_rollback from pg_stat_database where datname = $1",
                database,
            )
        )

    async def backends(self, database: str, ports: Collection[int]) -> list[int]:
        """PostgreSQL's processes that serve the clients at these ports, parallel workers too."""
        found: list[int] = await self._administer(
            "with served as (select pid from pg_stat_activity where datname = $1 and"
            " client_port = any ($2)) select array(select pid from served union all"
            " select pid from pg_stat_activity where leader_pid in (select pid from served)"
            " and pid <> leader_pid)",
            database,
            sorted(ports),
        )
        return found

    async def sessions(self, database: str) -> int:
        """Connections that clients have opened to a database so far."""
        return int(
            await self._administer(
                "select sessions from pg_stat_database where datname = $1", database
            )
        )

    async def facts(self) -> dict[str, str]:
        """What the figures depend on."""
        names = ("server_version", "fsync", "synchronous_commit", "shared_buffers")
        facts = {f"postgres {n}": await self._administer(f"show {n}") for n in names}
        ours = f"append-only file, fsync {self._redis_fsync}"
        return {**facts, "redis": ours if self.redis_process else "as it is configured"}

    async def _administer(self, sql: str, *arguments: Any) -> Any:
        connection = await asyncpg.connect(self.database_url("postgres"), timeout=10)
        try:
            return await connection.fetchval(sql, *arguments)
        finally:
            await connection.close()


class Redis:
    """As much of a Redis client as counting takes."""

    def __init__(self, url: str, database: int) -> None:
        place = urlsplit(url)
        self._address = (place.hostname or "127.0.0.1", place.port or 6379)
        self._database = database
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def size(self) -> int:
        """Keys in the database."""
        return int(await self._command("DBSIZE"))

    async def flush(self) -> None:
        """Empty the database."""
        await self._command("FLUSHDB")

    def close(self) -> None:
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None

    async def _command(self, *words: str) -> str:
        if self._streams is None:
            async with asyncio.timeout(10):
                self._streams = await asyncio.open_connection(*self._address)
            await self._command("SELECT", str(self._database))
        reader, writer = self._streams
        writer.write(f"*{len(words)}\r\n".encode())
        writer.writelines(f"${len(word)}\r\n{word}\r\n".encode() for word in words)
        async with asyncio.timeout(30):
            answer = (await reader.readline()).decode().strip()
        if answer.startswith("-"):
            raise RuntimeError(f"Redis: {answer[1:]}")
        return answer[1:]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
