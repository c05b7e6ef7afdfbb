"""Which Host headers a server answers to.

A web page anywhere can make a browser send requests to 127.0.0.1 under a name of its own (DNS
rebinding), and read the answers. A server that listens on a loopback address or on one named
address answers only to loopback names and to that one. One that listens on every address
(0.0.0.0, ::) is meant to be reached by names that it cannot know, so it answers to all.

`HORARIUM_HOSTS` names those that are answered to besides loopback names, or `*` for all.

`horarium.web.serve` checks; an application mounted with `horarium.web.asgi` leaves it to its
parent, unless that setting is given.
"""

from collections.abc import Awaitable, Callable, Collection
from typing import Any

from litestar.connection import ASGIConnection
from litestar.exceptions import HTTPException
from litestar.handlers import BaseRouteHandler

LOOPBACK = frozenset({"localhost", "127.0.0.1", "[::1]"})
_EVERY_ADDRESS = frozenset({"", "0.0.0.0", "::", "[::]"})  # noqa: S104 - compared, not bound

Guard = Callable[[ASGIConnection[Any, Any, Any, Any], BaseRouteHandler], Awaitable[None] | None]


def answered_hosts(
    listens_on: str | None, named: Collection[str] | None = None
) -> frozenset[str] | None:
    """The names that a server on this address answers to; `None`: all.

    Args:
        listens_on: `None`: a parent application listens.
        named: as `HORARIUM_HOSTS` says, if it does.
    """
    if named is not None:
        return None if "*" in named else LOOPBACK | frozenset(named) | _own(listens_on)
    if listens_on is None or listens_on in _EVERY_ADDRESS:
        return None
    return LOOPBACK | _own(listens_on)


def _own(listens_on: str | None) -> frozenset[str]:
    if listens_on is None or listens_on in _EVERY_ADDRESS:
        return frozenset()
    named = f"[{listens_on}]" if ":" in listens_on and "[" not in listens_on else listens_on
    return frozenset({named.lower()})


def host_guard(hosts: frozenset[str]) -> Guard:
    """A guard that refuses requests to other hosts."""

    def check_host(
        connection: ASGIConnection[Any, Any, Any, Any], _handler: BaseRouteHandler
    ) -> None:
        host = host_name(connection.headers.get("host", ""))
        if host not in hosts:
            detail = (
                f"this server does not answer to the host {host[:100]!r}, only to "
                f"{', '.join(sorted(hosts))}; HORARIUM_HOSTS names others"
            )
            raise HTTPException(detail=detail, status_code=421)

    return check_host


def host_name(header: str) -> str:
    """The name in a Host header, without its port."""
    name, bracket, _ = header.partition("]")
    return (name + bracket if bracket else header.partition(":")[0]).lower()
