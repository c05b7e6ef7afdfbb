"""The head of a request: its line and its headers, which have to end some time.

uvicorn keeps what has come of a head until the head is complete, however long it grows: one client
could fill the memory of the server. Here it is told 431 and hung up on.
"""

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_LIMIT = 2**19
"""Bytes that a head may have: more than the largest piece that a connection is read in."""

_REFUSAL = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\n"
    b"connection: close\r\ncontent-length: 0\r\n\r\n"
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
            self.transport.write(_REFUSAL)
            self.transport.close()

    def on_headers_complete(self) -> None:
        """The head has ended."""
        self._in_head = False
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """The next head may begin."""
        self._in_head, self._head = True, 0
        super().on_message_complete()
