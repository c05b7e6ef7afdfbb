"""A body that is too large is heard out before it is refused, or the refusal is never seen.

uvicorn hangs up once it has answered. A client that is still sending gets a reset then, and most
throw the answer away with it: a script learns "connection reset by peer", not what was wrong. One
that asks first (`Expect: 100-continue`) has sent nothing, and is answered at once.
"""

import asyncio
from http import HTTPStatus

from litestar.types import HTTPReceiveMessage, HTTPScope, Message, Receive, Send

MOST = 64 * 2**20
"""Bytes that are read and thrown away; who sends more is hung up on."""
PATIENCE = 10.0
"""Seconds that they may take."""


class HeardOut:
    """One request's messages, with the rest of its body read before it is told 413."""

    def __init__(self, scope: HTTPScope, receive: Receive, send: Send) -> None:
        self._asks_first = any(name == b"expect" for name, _ in scope["headers"])
        self._receive = receive
        self._send = send
        self._ended = False
        self._bytes = 0

    async def receive(self) -> HTTPReceiveMessage:
        """The next message of the client."""
        message = await self._receive()
        if message["type"] == "http.request":
            self._bytes += len(message["body"])
            self._ended = not message["more_body"]
        else:
            self._ended = True
        return message  # type: ignore[return-value]  # websockets do not come here

    async def send(self, message: Message) -> None:
        """A message to the client."""
        if (
            message["type"] == "http.response.start"
            and message["status"] == HTTPStatus.REQUEST_ENTITY_TOO_LARGE
            and not self._asks_first
        ):
            await self._hear_out()
        await self._send(message)

    async def _hear_out(self) -> None:
        try:
            async with asyncio.timeout(PATIENCE):
                while not self._ended and self._bytes <= MOST:
                    await self.receive()
        except TimeoutError:
            return
