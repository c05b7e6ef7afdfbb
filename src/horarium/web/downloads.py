"""Streams that are sent piece by piece, and let go of whatever becomes of their taker."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, cast

import anyio
from litestar.exceptions import HTTPException
from litestar.response import Stream
from litestar.response.base import ASGIResponse
from litestar.types import Receive, Scope, Send

_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")

Close = Callable[[], Awaitable[None]]


class Download(Stream):
    """A stream with an end: `close` is called when it has been sent, or will never be."""

    def __init__(self, content: AsyncIterator[bytes], close: Close, **how: Any) -> None:
        super().__init__(content, **how)
        self._close = close

    def to_asgi_response(self, *arguments: Any, **named: Any) -> ASGIResponse:
        """The response, and its end."""
        response = super().to_asgi_response(*arguments, **named)
        return cast("ASGIResponse", _Closing(response, self._close))


class _Closing:
    def __init__(self, response: ASGIResponse, close: Close) -> None:
        self._response = response
        self._close = close

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self._response(scope, receive, send)
        finally:
            # Also where the client went away, and this request is being cancelled.
            with anyio.CancelScope(shield=True):
                await self._close()


async def nothing() -> None:
    """There is nothing to let go of."""


async def no_bytes() -> AsyncIterator[bytes]:
    """The body of an answer to HEAD."""
    pieces: tuple[bytes, ...] = ()
    for piece in pieces:
        yield piece


def wanted_range(header: str | None, size: int) -> tuple[int, int] | None:
    """The first byte and the one after the last that a Range header asks for; None: all of them.

    A header that is not understood, or that asks for several ranges, is passed over, as RFC 9110
    wants it.

    Raises:
        HTTPException: 416: the file has no such bytes.
    """
    found = _RANGE.fullmatch((header or "").strip())
    if found is None or found[1] == found[2] == "":
        return None
    if found[1] == "":
        first, end = max(0, size - int(found[2])), size
    else:
        first, end = int(found[1]), min(int(found[2]) + 1, size) if found[2] else size
        if found[2] and int(found[2]) < first:
            return None
    if first >= size or first >= end:
        raise HTTPException(
            status_code=416,
            detail=f"the file has {size} bytes; the range asked for lies beyond them",
            headers={"Content-Range": f"bytes */{size}"},
        )
    return first, end
