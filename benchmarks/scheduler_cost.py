"""What schedulers cost: their own CPU and that of the PostgreSQL processes that serve them.

Those processes are told by the sockets: a backend serves a scheduler if the port of its client is a
port of the scheduler's. So neither autovacuum, nor the connections of the benchmark itself, nor
those of anybody else who works in the same database are counted.
"""

import asyncio
import contextlib
import time
from collections.abc import Iterable
from pathlib import Path

from benchmarks.process import Meter, Workers
from benchmarks.servers import Servers

_OFTEN = 5.0
"""Seconds between looks at which connections there are."""


async def cpu_of(servers: Servers, database: str, schedulers: Workers, seconds: float) -> float:
    """CPU seconds that schedulers and their connections use in so many seconds.

    Raises:
        RuntimeError: a scheduler has ended, or a connection of theirs came and went unseen.
    """
    meter = Meter()
    seen: set[int] = set()

    async def read() -> float:
        pids = schedulers.pids()
        serving = await servers.backends(database, ports_of(pids))
        if not serving:
            raise RuntimeError("no connection of the schedulers is known; take a TCP address")
        seen.update(serving)
        return meter.read([*pids, *serving])

    before, sessions, known = await read(), await servers.sessions(database), len(seen)
    end = time.monotonic() + seconds
    used = before
    while (left := end - time.monotonic()) > 0:
        await asyncio.sleep(min(_OFTEN, left))
        used = await read()
    opened = await servers.sessions(database) - sessions
    if opened > len(seen) - known:
        raise RuntimeError(f"{opened} connections were opened, {len(seen) - known} were seen")
    schedulers.require_alive()
    return used - before


def ports_of(pids: Iterable[int]) -> set[int]:
    """The local ports of the TCP connections that processes have."""
    inodes = {inode for pid in pids for inode in _sockets(pid)}
    ports = set()
    for table in ("tcp", "tcp6"):
        with contextlib.suppress(OSError):
            for line in Path("/proc/net", table).read_text("ascii").splitlines()[1:]:
                fields = line.split()
                if fields[9] in inodes:
                    ports.add(int(fields[1].rpartition(":")[2], 16))
    return ports


def _sockets(pid: int) -> Iterable[str]:
    with contextlib.suppress(OSError):
        for each in Path("/proc", str(pid), "fd").iterdir():
            with contextlib.suppress(OSError):
                target = str(each.readlink())
                if target.startswith("socket:["):
                    yield target[8:-1]
