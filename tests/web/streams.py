"""A served site, and its server-sent events as a client reads them."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

import httpx
import uvicorn

from horarium.application import Horarium
from horarium.settings import Settings
from horarium.web import asgi

PATIENCE = 30.0


class Message(NamedTuple):
    event: str | None
    id: str | None
    data: Any


class Stream:
    """A stream of events, under way."""

    def __init__(self, answer: httpx.Response) -> None:
        self.answer = answer
        self.comments: list[str] = []
        self._lines = answer.aiter_lines()

    async def next(self) -> Message | None:
        """The next event; `None`: the stream has ended."""
        fields: dict[str, str] = {}
        async with asyncio.timeout(PATIENCE):
            async for line in self._lines:
                if line.startswith(":"):
                    self.comments.append(line[1:].strip())
                elif line:
                    name, _, value = line.partition(": ")
                    fields[name] = value
                elif fields:
                    return Message(
                        fields.get("event"), fields.get("id"), json.loads(fields["data"])
                    )
        return None

    async def until(self, *events: str) -> list[Message]:
        """The events up to the first of these kinds, which is the last."""
        seen: list[Message] = []
        while not seen or seen[-1].event not in events:
            message = await self.next()
            assert message is not None, seen
            seen.append(message)
        return seen

    async def rest(self) -> list[Message]:
        """The events until the stream ends."""
        seen: list[Message] = []
        while (message := await self.next()) is not None:
            seen.append(message)
        return seen


def application(url: str) -> Horarium:
    return Horarium(Settings(database_url=url, shutdown=5))


@asynccontextmanager
async def serving(app: Horarium) -> AsyncIterator[httpx.AsyncClient]:
    """Serve over a real socket for the time of a block."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        config = uvicorn.Config(
            asgi(app), lifespan="off", log_config=None, timeout_graceful_shutdown=3
        )
        server = uvicorn.Server(config)
        task = asyncio.create_task(server.serve(sockets=[listening]))
        place = f"http://127.0.0.1:{listening.getsockname()[1]}"
        try:
            async with httpx.AsyncClient(base_url=place, timeout=PATIENCE) as client:
                yield client
        finally:
            app.watchers.end()
            server.should_exit = True
            await asyncio.wait_for(task, PATIENCE)


@asynccontextmanager
async def following(client: httpx.AsyncClient, path: str, **headers: str) -> AsyncIterator[Stream]:
    """Read a stream of events."""
    async with client.stream("GET", path, headers=headers) as answer:
        assert answer.status_code == 200, answer.status_code
        assert answer.headers["content-type"].startswith("text/event-stream")
        yield Stream(answer)
