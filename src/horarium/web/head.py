"""The head of a request: its line and its headers, which have to end some time.

uvicorn keeps what has come of a head until the head is complete, however long it grows: one client
could fill the memory of the server. Here it is told 431 and hung up on.
"""

from http import HTTPStatus

import msgspec
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from horarium.web.problems import MEDIA_TYPE, Problem

HEAD_LIMIT = 2**19
"""Bytes that a head may have: more than the largest piece that a connection is read in."""


def _refusal(name: str, status: HTTPStatus, detail: str) -> bytes:
    """A problem document as it goes out where there is no request that could be answered."""
    problem = Problem(
        type=f"urn:problem-type:horarium:{name}",
        title=status.phrase,
        status=status,
        detail=detail,
        instance="",
    )
    body = msgspec.json.encode(problem)
    return (
        f"HTTP/1.1 {status} {status.phrase}\r\ncontent-type: {MEDIA_TYPE}\r\n"
        f"content-length: {len(body)}\r\nconnection: close\r\n\r\n"
    ).encode() + body


_TOO_LARGE = _refusal(
    "head-too-large",
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
    f"the request's line and headers are larger than {HEAD_LIMIT} bytes",
)
_NO_HTTP = _refusal(
    "invalid-request",
    HTTPStatus.BAD_REQUEST,
    "this is no HTTP request: its method, its address or a header is malformed",
)


class BoundedHead(HttpToolsProtocol):
    """uvicorn's protocol, with heads of at most `HEAD_LIMIT` bytes."""

    _in_head = True
    _head = 0

    def data_received(self, data: bytes) -> None:
        """Take a piece of what has come."""
        super().data_received(data)
        # Counted when it has been read: the end of a head may stand in one piece with the body.
        self._head = self._head + len(data) if self._in_head else 0
        if self._head > HEAD_LIMIT and not self.transport.is_closing():
            self.transport.write(_TOO_LARGE)
            self.transport.close()

    def send_400_response(self, _msg: str) -> None:
        """Refuse what the parser cannot read, in the form of all refusals."""
        self.transport.write(_NO_HTTP)
        self.transport.close()

    def on_headers_complete(self) -> None:
        """The head has ended."""
        self._in_head = False
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """The next head may begin."""
        self._in_head, self._head = True, 0
        super().on_message_complete()
