"""`python -m benchmarks.reports.client PORT PATH CLIENTS SECONDS`: asks, and prints what it saw.

For machines without wrk. Each client waits for its answer before it asks again. It prints requests
a second and the milliseconds under which 99 of 100 answers came.
"""

import asyncio
import sys
import time
from typing import cast

import uvloop


class _Client(asyncio.Protocol):
    """One connection that asks, reads the answer to its end, and asks again."""

    def __init__(self, request: bytes, times: list[float]) -> None:
        self._request = request
        self._times = times
        self._left = 0
        self._began = 0.0
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is no instance of it
        self._ask()

    def data_received(self, data: bytes) -> None:
        if self._left == 0:
            head, _, body = data.partition(b"\r\n\r\n")
            if b" 200 " not in head[:20]:
                raise RuntimeError(head.decode())
            length = next(
                line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length")
            )
            self._left = int(length.split(b":")[1]) - len(body)
        else:
            self._left -= len(data)
        if self._left == 0:
            self._times.append(time.perf_counter() - self._began)
            self._ask()

    def _ask(self) -> None:
        self._began = time.perf_counter()
        if self._transport is not None:
            self._transport.write(self._request)


async def _ask(port: int, path: str, clients: int, seconds: float) -> list[float]:
    times: list[float] = []
    request = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()
    loop = asyncio.get_running_loop()
    for _ in range(clients):
        await loop.create_connection(lambda: _Client(request, times), "127.0.0.1", port)
    await asyncio.sleep(seconds)
    return times


if __name__ == "__main__":
    _port, _path, _clients, _seconds = sys.argv[1:]
    _times = sorted(uvloop.run(_ask(int(_port), _path, int(_clients), float(_seconds))))
    _p99 = _times[int(len(_times) * 0.99)] * 1000
    sys.stdout.write(f"{len(_times) / float(_seconds):.1f} {_p99:.2f}\n")
