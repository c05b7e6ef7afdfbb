"""The no-op and the stamped task of each peer, and its way to send them.

Each module is imported by its peer's worker and by `benchmarks.sending`, with the peer's own
Python: it may import nothing of Horarium's (but `horarium` and the bare loops) or of the other
peers'.
"""

import os
import time
from typing import Protocol

_SCHEDULES = int(os.environ.get("BENCH_SCHEDULES", "0"))
_STAMPS = os.environ.get("BENCH_STAMPS", "")


class Sender(Protocol):
    """A peer's sending side; it is used in one process, from `open` to `close`."""

    async def install(self) -> None:
        """Make its tables or queues."""

    async def empty(self) -> None:
        """Empty its queue."""

    async def remove(self) -> None:
        """Remove what `install` made outside a scratch database."""

    async def open(self, count: int, /) -> None:
        """Connect; so many jobs will be sent."""

    async def many(self, count: int, /) -> None:
        """Queue so many no-ops, as fast as it goes."""

    async def one(self) -> None:
        """Queue one no-op, and return when that is durable."""

    async def stamped(self, sent: float) -> None:
        """Queue one job that records when it was sent and when it began."""

    async def close(self) -> None:
        """Disconnect."""


class Plain:
    """A sender that needs no installing, emptying or closing."""

    async def install(self) -> None:
        return

    async def empty(self) -> None:
        return

    async def remove(self) -> None:
        return

    async def open(self, _: int, /) -> None:
        return

    async def close(self) -> None:
        return


def record(sent: float) -> None:
    """Write down that a job has begun: its sending and now, by this machine's one clock."""
    line = f"{sent!r} {time.time()!r}\n".encode()
    file = os.open(_STAMPS, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(file, line)
    os.close(file)


def far_rules(count: int = _SCHEDULES) -> list[str]:
    """So many cron rules, none of them due for months."""
    month = (time.gmtime().tm_mon + 5) % 12 + 1
    return [f"{n % 60} {n // 60 % 24} {1 + n % 28} {month} *" for n in range(count)]
