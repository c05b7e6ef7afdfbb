"""Which Host headers a server answers to.

A web page anywhere can make a browser send requests to 127.0.0.1 under a name of its own (DNS
rebinding), and read the answers. A server that listens on a loopback address or on one named
address answers only to loopback names and to that one. One that listens on every address
(0.0.0.0, ::) is meant to be reached by names that it cannot know, so it answers to all.

`horarium.web.serve` checks; an application mounted with `horarium.web.asgi` leaves it to its
parent.
"""

from collections.abc import Callable
from typing import Any

from litestar.connection import ASGIConnection
from litestar.exceptions import HTTPException
from litestar.handlers import BaseRouteHandler

LOOPBACK = frozenset({"localhost", "127.0.0.1", "[::1]"})
_EVERY_ADDRESS = frozenset({"", "0.0.0.0", "::", "[::]"})  # noqa: S104 - compared, not bound

Guard = Callable[[ASGIConnection[Any, Any, Any, Any], BaseRouteHandler], None]


def answered_hosts(listens_on: str) -> frozenset[str] | None:
    """The names that a server on this address answers to; `None`: all."""
    if listens_on in _EVERY_ADDRESS:
        return None
    named = f"[{listens_on}]" if ":" in listens_on and "[" not in listens_on else listens_on
    return LOOPBACK | {named.lower()}


def host_guard(hosts: frozenset[str]) -> Guard:
    """A guard that refuses requests to other hosts."""

    def check_host(
        connection: ASGIConnection[Any, Any, Any, Any], _handler: BaseRouteHandler
    ) -> None:
        host = host_name(connection.headers.get("host", ""))
        if host not in hosts:
            detail = (
                f"this server does not answer to the host {host[:100]!r}, only to "
                f"{', '.join(sorted(hosts))}; HORARIUM_HOST names another"
            )
            raise HTTPException(detail=detail, status_code=421)

    return check_host


def host_name(header: str) -> str:
    """The name in a Host header, without its port."""
    name, bracket, _ = header.partition("]")
    return (name + bracket if bracket else header.partition(":")[0]).lower()
