"""The server: hosts, a port in use, and a clean end."""

import asyncio
import os
import signal
import socket
import sys

import httpx
import pytest
from problem_documents import refused

from horarium.application import Horarium
from horarium.errors import Unavailable
from horarium.web import asgi
from horarium.web.server import listen

PROGRAM = """
import sys
from horarium.application import Horarium
from horarium.settings import Settings
from horarium.web import serve
app = Horarium(Settings(database_url=sys.argv[1], shutdown=5))
sys.exit(serve(app, "127.0.0.1", int(sys.argv[2])))
"""


async def test_only_its_own_hosts_are_answered(app: Horarium) -> None:
    site = asgi(app, hosts={"localhost", "[::1]"})
    async with httpx.AsyncClient(transport=httpx.ASGITransport(site)) as client:
        assert (await client.get("http://localhost:8000/health")).status_code == 200
        assert (await client.get("http://[::1]:8000/health")).status_code == 200
        refused(await client.get("http://evil.example.org/health"), 421, says="evil.example.org")


async def test_a_mounted_site_answers_to_all_hosts(client: httpx.AsyncClient) -> None:
    assert (await client.get("http://evil.example.org/health")).status_code == 200


def test_a_port_in_use() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(Unavailable, match=rf"^port {port} of 127.0.0.1 is in use"):
            listen("127.0.0.1", port)


def test_an_address_that_is_not_ours() -> None:
    with pytest.raises(Unavailable, match="cannot be listened on"):
        listen("no-such-host.invalid", 8000)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_it_serves_until_it_is_told_to_stop(
    database_url: str, unused_tcp_port: int, number: signal.Signals
) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", PROGRAM, database_url, str(unused_tcp_port),
        stderr=asyncio.subprocess.PIPE, env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )  # fmt: skip
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{unused_tcp_port}") as client:
            await _answers(client, process)
            assert (await client.get("/health/ready")).status_code == 200
            process.send_signal(number)
            _, said = await asyncio.wait_for(process.communicate(), 20)
        assert process.returncode == 0
        assert b"Traceback" not in said
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def _answers(client: httpx.AsyncClient, process: asyncio.subprocess.Process) -> None:
    """Wait until the server listens; a connection before that is refused at once."""
    async with asyncio.timeout(30):
        while process.returncode is None:
            try:
                await client.get("/health")
            except httpx.ConnectError:
                await asyncio.sleep(0.05)
            else:
                return
    raise AssertionError("the server ended before it answered")
