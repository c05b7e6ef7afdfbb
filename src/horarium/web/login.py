"""The page's login: a form that takes a token and keeps it in a cookie that scripts cannot read."""

from typing import Any

from litestar import Request, Response, get, post
from litestar.datastructures import Cookie
from litestar.di import NamedDependency
from litestar.params import SkipValidation

from horarium.accounts import Role, TokenChecks
from horarium.errors import InvalidInput
from horarium.web.entrance import COOKIE
from horarium.web.forms import fields
from horarium.web.origins import require_own_page
from horarium.web.pages import html, see
from horarium.web.paths import root_of

LASTS = 12 * 3600
"""Seconds for which a browser keeps the cookie; the token may end sooner, and then so does this."""

_OPT = {"page": True, "public": True, "role": Role.READER}
_LONGEST = 2000

Checks = NamedDependency[SkipValidation[TokenChecks]]


@get("/login", include_in_schema=False, opt=_OPT)
async def login_page(request: Request[Any, Any, Any]) -> Response[str]:
    """The form."""
    return html(request, "login.html", next=_next(request.query_params.get("next")), refused=False)


@post("/login", include_in_schema=False, opt=_OPT, status_code=303)
async def login(request: Request[Any, Any, Any], checks: Checks) -> Response[str]:
    """Let a browser in whose token is valid, and send it to where it wanted to go."""
    require_own_page(request)
    form = _form((await request.body())[:_LONGEST])
    token, back = form.get("token", "").strip(), _next(form.get("next"))
    if await checks.visitor(token) is None:
        return html(request, "login.html", status=401, next=back, refused=True)
    answer = see(request, back)
    answer.set_cookie(_cookie(request, token, LASTS))
    return answer


@post("/logout", include_in_schema=False, opt=_OPT, status_code=303)
async def logout(request: Request[Any, Any, Any]) -> Response[str]:
    """Forget the cookie; the token stays valid for others who have it."""
    require_own_page(request)
    answer = see(request, "/login")
    answer.set_cookie(_cookie(request, "", 0))
    return answer


def _cookie(request: Request[Any, Any, Any], value: str, lasts: int) -> Cookie:
    return Cookie(
        COOKIE,
        path=root_of(request) or "/",
        value=value,
        max_age=lasts,
        httponly=True,
        samesite="strict",
        secure=request.scope.get("scheme") == "https",
    )


def _next(path: str | None) -> str:
    """Where to go after the login: a path of this site, whatever was asked for."""
    path = path or "/"
    is_path = path.startswith("/") and not path.startswith("//") and path.isprintable()
    return path if is_path and path.isascii() and "\\" not in path and " " not in path else "/"


def _form(body: bytes) -> dict[str, str]:
    """The fields that were sent; none, where it is no form of ours: that lets nobody in."""
    try:
        return fields(body)
    except InvalidInput:
        return {}


ROUTES = [login_page, login, logout]
