"""The socket that a server listens on, or one sentence that says why it cannot be had."""

import errno
import socket

from horarium.errors import Unavailable

_BACKLOG = 2048


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
