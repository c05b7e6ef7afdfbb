"""The server: hosts, a port in use, and a clean end."""

import asyncio
import json
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import httpx
import pytest
import uvicorn
from problem_documents import refused

from horarium.application import Horarium
from horarium.errors import Unavailable
from horarium.sockets import listen
from horarium.web import asgi
from horarium.web.head import HEAD_LIMIT, BoundedHead

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
            _, said = await asyncio.wait_for(process.communicate(), 40)
        assert process.returncode == 0
        assert b"Traceback" not in said
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


@pytest.mark.parametrize("piece", [b"X-Name: " + b"a" * 50_000 + b"\r\n", b"a" * 50_000])
async def test_a_head_without_an_end_is_hung_up_on(app: Horarium, piece: bytes) -> None:
    async with _serving(app) as port:
        for content in (b"", b"x" * 400_000, b"x" * 900_000):
            # What has a body is not taken for a head, in whatever pieces it comes.
            headers = {"Content-Type": "text/plain"}
            async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
                refused(await client.post("/users", content=content, headers=headers), 415)
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET /health HTTP/1.1\r\nHost: localhost\r\nX-First: ")
        sent = 0
        try:
            while sent < 50 * HEAD_LIMIT:
                writer.write(piece)
                sent += len(piece)
                await writer.drain()
            said = b""
        except ConnectionError:
            said = b"gone"
        with suppress(ConnectionError):
            said = said or await reader.read()
        assert said == b"gone" or said.startswith(b"HTTP/1.1 431 ")
        assert sent < 50 * HEAD_LIMIT
        writer.close()


@pytest.mark.parametrize("line", [b"BREW /health HTTP/1.1", b"GET /\xff HTTP/9.9", b"nonsense"])
async def test_what_is_no_request_is_refused_as_all_is(app: Horarium, line: bytes) -> None:
    async with _serving(app) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(line + b"\r\nHost: localhost\r\n\r\n")
        head, _, body = (await reader.read()).partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 400 ")
        assert b"content-type: application/problem+json" in head
        problem = json.loads(body)
        assert (problem["status"], problem["title"]) == (400, "Bad Request")
        assert problem["detail"].startswith("this is no HTTP request")
        writer.close()


async def test_who_sends_far_too_much_is_told_so(app: Horarium) -> None:
    """Not hung up on in the middle of it, where the answer is lost."""
    body = b'{"task": "horarium.reports:build", "args": ["' + b"x" * 10 * 2**20 + b'"]}'
    head = (
        b"POST /schedules HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        b"Connection: close\r\n"
    )
    length = b"Content-Length: %d\r\n\r\n" % len(body)
    chunk = b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n"
    async with _serving(app) as port:
        for content in (length + body, chunk % (len(body), body)):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(head + content)
            await writer.drain()
            said = await reader.read()
            assert said.startswith(b"HTTP/1.1 413 ")
            assert b"the server takes 1048576 bytes at most" in said
            writer.close()


async def test_who_asks_before_sending_is_answered_at_once(app: Horarium) -> None:
    async with _serving(app) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(
            b"POST /schedules HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            b"Expect: 100-continue\r\nContent-Length: 10000000\r\n\r\n"
        )
        assert (await reader.readline()).startswith(b"HTTP/1.1 413 ")
        writer.close()


@asynccontextmanager
async def _serving(app: Horarium) -> AsyncIterator[int]:
    """The server's own protocol in this process; its port."""
    listener = listen("127.0.0.1", 0)
    config = uvicorn.Config(asgi(app), http=BoundedHead, log_config=None, lifespan="off")
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield listener.getsockname()[1]
    finally:
        server.should_exit = True
        await serving


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
