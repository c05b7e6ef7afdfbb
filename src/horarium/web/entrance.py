"""Who is let in: tokens in the Authorization header or in the cookie of the page's login.

A route is public (``opt={"public": True}``), or asks for a role: to look, a reader's, to act, an
operator's, unless it names one itself (``opt={"role": …}``). Whoever is let in owns the jobs that
the request causes. Where no token is needed and none is shown, everything is allowed, and nobody
owns it.

A browser sends cookies along with requests that other sites make it send. The cookie is
``SameSite=Strict``, and a request that changes something and comes with it has to say that it comes
from a page of this server (`horarium.web.origins`).
"""

from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any

from litestar.connection import ASGIConnection
from litestar.exceptions import HTTPException
from litestar.handlers import BaseRouteHandler

from horarium.accounts import Policy, Role, TokenChecks, Visitor
from horarium.owner import act_for
from horarium.web.origins import require_own_page

COOKIE = "horarium_token"
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})

Connection = ASGIConnection[Any, Any, Any, Any]
AsyncGuard = Callable[[Connection, BaseRouteHandler], Awaitable[None]]


def entrance(checks: TokenChecks, policy: Policy) -> AsyncGuard:
    """A guard that lets in whom the policy lets in."""

    async def admit(connection: Connection, handler: BaseRouteHandler) -> None:
        connection.scope["user"] = None
        if handler.opt.get("public") or connection.scope.get("method") == "OPTIONS":
            return
        if policy is Policy.OFF or (policy is Policy.ONCE_MADE and not await checks.any_made()):
            return
        visitor = await _visitor(checks, connection)
        if visitor is not None:
            _check_role(visitor, connection, handler)
            connection.scope["user"] = visitor
            act_for(visitor.name)
        elif policy is not Policy.OPTIONAL:
            raise _unauthorized("a token is needed: Authorization: Bearer hor_…")

    return admit


def visitor_of(connection: Connection) -> Visitor | None:
    """Who was let in; `None`: nobody was asked who they are."""
    visitor: Visitor | None = connection.scope.get("user")
    return visitor


async def _visitor(checks: TokenChecks, connection: Connection) -> Visitor | None:
    scheme, _, token = connection.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        visitor = await checks.visitor(token.strip())
        if visitor is None:
            raise _unauthorized("this token is not valid: it is unknown, expired or revoked")
        return visitor
    cookie = connection.cookies.get(COOKIE)
    visitor = None if cookie is None else await checks.visitor(cookie)
    if visitor is not None and connection.scope.get("method") not in _SAFE:
        require_own_page(connection)
    return visitor


def _check_role(visitor: Visitor, connection: Connection, handler: BaseRouteHandler) -> None:
    looks = connection.scope.get("method") in _SAFE
    needed: Role = handler.opt.get("role", Role.READER if looks else Role.OPERATOR)
    if not visitor.role.may(needed):
        detail = (
            f"{visitor.name} is {visitor.role}, and this takes {needed}; "
            f"horarium user change {visitor.name} --role {needed}"
        )
        raise HTTPException(detail=detail, status_code=HTTPStatus.FORBIDDEN)


def _unauthorized(detail: str) -> HTTPException:
    headers = {"WWW-Authenticate": 'Bearer realm="horarium"'}
    return HTTPException(detail=detail, status_code=HTTPStatus.UNAUTHORIZED, headers=headers)
