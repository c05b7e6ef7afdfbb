"""A server in a process of its own, a client that reads and counts, and the memory it takes."""

import asyncio
import os
import socket
import sys
import time
from pathlib import Path
from typing import Self

import psutil

_READ = 1 << 20


class Server:
    """`horarium web` on a free port for the time of a block."""

    def __init__(self, url: str, home: Path) -> None:
        self._environment = {**os.environ, "DATABASE_URL": url, "HORARIUM_HOME": str(home)}
        self._home = home
        self.peak = 0.0

    async def __aenter__(self) -> Self:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self._port = free.getsockname()[1]
        self._process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "horarium", "web", "--port", str(self._port)),
            env=self._environment, cwd=self._home, stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        await self._answering()
        return self

    async def __aexit__(self, *error: object) -> None:
        self._process.terminate()
        await self._process.wait()

    async def fetch(self, path: str, rows: int) -> float:
        """Seconds until the last byte of an answer with so many lines and a head has come."""
        watching = asyncio.create_task(self._watch())
        began = time.perf_counter()
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port, limit=_READ)
        writer.write(
            f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode()
        )
        lines, end = 0, b""
        while data := await reader.read(_READ):
            # Of the piece before, too little to hold the mark, and enough for its beginning.
            lines += (end[-4:] + data).count(b",GBP,")
            end = (end + data)[-5:]
        seconds = time.perf_counter() - began
        writer.close()
        watching.cancel()
        if lines != rows or end != b"0\r\n\r\n":
            raise RuntimeError(f"the answer broke off: {lines} of {rows} lines")
        return seconds

    async def _watch(self) -> None:
        """Note the most memory that the process occupies."""
        process = psutil.Process(self._process.pid)
        while True:
            self.peak = max(self.peak, process.memory_info().rss / 1e6)
            await asyncio.sleep(0.02)

    async def _answering(self) -> None:
        async with asyncio.timeout(60):
            while True:
                try:
                    _, writer = await asyncio.open_connection("127.0.0.1", self._port)
                except OSError:
                    await asyncio.sleep(0.05)
                else:
                    writer.close()
                    return
