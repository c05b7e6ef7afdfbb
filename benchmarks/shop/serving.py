"""POST /orders from many clients at once, on a server in a process of its own."""

import asyncio
import os
import socket
import subprocess
import sys
import tempfile
import time

from benchmarks.shop.place import check
from horarium.database import Database

_BODY = b'{"items":[{"product_id":"hot","quantity":1}]}'
_REQUEST = (
    b"POST /orders HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
    b"Content-Length: %d\r\n\r\n%b" % (len(_BODY), _BODY)
)


async def over_http(url: str, orders: int, clients: int) -> float:
    """Orders a second; each client waits for its answer before it asks again."""
    port = _free_port()
    environment = {**os.environ, "DATABASE_URL": url, "HORARIUM_PORT": str(port)}
    with tempfile.TemporaryDirectory() as folder:
        process = subprocess.Popen(  # noqa: ASYNC220 - nothing else runs yet
            [sys.executable, "-m", "horarium", "web"], env=environment, cwd=folder
        )
        try:
            await _answering(port)
            began = time.perf_counter()
            await asyncio.gather(*(_client(port, orders // clients) for _ in range(clients)))
            rate = orders // clients * clients / (time.perf_counter() - began)
        finally:
            process.terminate()
            process.wait()
    database = Database(url)
    await check(database)
    await database.close()
    return rate


async def _client(port: int, times: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for _ in range(times):
        writer.write(_REQUEST)
        head = await reader.readuntil(b"\r\n\r\n")
        if b" 201 " not in head.split(b"\r\n", 1)[0]:
            raise RuntimeError(head.decode())
        length = next(line for line in head.split(b"\r\n") if line.startswith(b"content-length"))
        await reader.readexactly(int(length.split(b":")[1]))
    writer.close()


async def _answering(port: int) -> None:
    async with asyncio.timeout(30):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.1)
            else:
                writer.close()
                return


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
