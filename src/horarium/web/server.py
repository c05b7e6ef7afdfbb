"""The server: uvicorn, run until told to stop."""

import asyncio
import errno
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

import uvicorn

from horarium.application import Horarium
from horarium.errors import Unavailable
from horarium.web.hosts import answered_hosts
from horarium.web.site import asgi

_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_BACKLOG = 2048


def serve(app: Horarium, host: str, port: int) -> int:
    """Serve the API and the dashboard until SIGINT or SIGTERM; returns the exit status.

    Requests under way are finished for up to `settings.shutdown` seconds. Neither requests nor
    their headers are logged.

    Raises:
        Unavailable: the address cannot be listened on, such as for another server that does.
    """
    listener = listen(host, port)
    config = uvicorn.Config(
        asgi(app, hosts=answered_hosts(host)),
        access_log=False,
        http="httptools",
        lifespan="on",
        log_config=None,
        loop="uvloop",
        server_header=False,
        timeout_graceful_shutdown=max(1, int(app.settings.shutdown)),
        ws="none",
    )
    with listener:
        server = Server(config)
        server.at_exit = app.watchers.end
        server.run(sockets=[listener])
    return 0 if server.started else 1


class Server(uvicorn.Server):
    """uvicorn's server that ends with a status of its own, not by raising the signal again.

    Attributes:
        at_exit: called when it is told to stop: streams without an end must end by themselves.
    """

    at_exit: Callable[[], None] = staticmethod(lambda: None)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Begin to stop."""
        self.at_exit()
        super().handle_exit(sig, frame)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        for number in _SIGNALS:
            loop.add_signal_handler(number, self.handle_exit, number, None)
        try:
            yield
        finally:
            for number in _SIGNALS:
                loop.remove_signal_handler(number)


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens on the address.

    Raises:
        Unavailable: it cannot be had; the message says why.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, protocol)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
            listener.listen(_BACKLOG)
        except BaseException:
            listener.close()
            raise
    except OSError as error:
        raise Unavailable(_why(host, port, error)) from None
    return listener


def _why(host: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return (
            f"port {port} of {host} is in use by another program; stop that one, "
            "or give another port with --port or HORARIUM_PORT"
        )
    if error.errno == errno.EACCES:
        return f"port {port} of {host} is not allowed here; ports from 1024 on are open to all"
    return f"{host}:{port} cannot be listened on: {error.strerror or error}"
