"""Which pages may change something: those of this server, and those that are named.

A page anywhere can make a browser send a POST to 127.0.0.1, or to a host that only the browser's
network reaches. It cannot read the answer, but what was asked for is done: a report built, a
schedule paused. Browsers say where a request comes from, in `Sec-Fetch-Site` and in `Origin`, and
no page can make them say otherwise. Requests that ask for a change and come from another origin are
refused. Programs other than browsers send neither header and are not concerned, unless they bring
the cookie of a login: with that a request has to say where it comes from.

A page and a server of another port are strangers to each other here too.
"""

from collections.abc import Callable, Collection
from typing import Any

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from horarium.web.problems import ForeignOrigin

Guard = Callable[[ASGIConnection[Any, Any, Any, Any], BaseRouteHandler], None]

_ONLY_LOOK = frozenset({"GET", "HEAD", "OPTIONS"})


def origin_guard(trusted: Collection[str]) -> Guard:
    """A guard that refuses changes asked for by pages of other origins.

    Args:
        trusted: origins whose pages may change something besides the server's own, such as
            ``https://shop.example``.
    """

    def check_origin(
        connection: ASGIConnection[Any, Any, Any, Any], _handler: BaseRouteHandler
    ) -> None:
        if connection.scope.get("method") in _ONLY_LOOK:
            return
        headers = connection.headers
        origin = headers.get("origin")
        site = headers.get("sec-fetch-site")
        if origin in trusted or not _is_foreign(origin, site, _own_places(headers)):
            return
        raise ForeignOrigin(
            f"a page of {(origin or 'another site')[:100]!r} may not change anything here; "
            "only pages of this server may"
        )

    return check_origin


def require_own_page(connection: ASGIConnection[Any, Any, Any, Any]) -> None:
    """Refuse a request that does not say from which page it comes; `origin_guard` has refused those
    that say another server's.

    Raises:
        ForeignOrigin: it names no origin.
    """
    headers = connection.headers
    if "origin" not in headers and headers.get("sec-fetch-site") != "same-origin":
        raise ForeignOrigin(
            "this request came with the cookie of a login, or as a form of a page, and does not "
            "say that a page of this server sent it; programs ask the API, with Authorization: "
            "Bearer"
        )


def _is_foreign(origin: str | None, site: str | None, own: Collection[str]) -> bool:
    if site is not None:
        return site not in ("same-origin", "none")
    return origin is not None and origin.partition("://")[2].lower() not in own


def _own_places(headers: Any) -> Collection[str]:
    """What the browser may know this server as: a proxy tells the name it was asked by."""
    # A page could add the second header only after asking this server, which never agrees.
    names = (headers.get("host"), headers.get("x-forwarded-host"))
    return {name.lower() for name in names if name}
