"""Pages for people: templates, the files beside them, and what both need."""

from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import Any
from urllib.parse import quote

import jinja2
from litestar import Request, Response, get
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from horarium import __version__
from horarium.accounts import Role
from horarium.web.paths import SLASH, root_of
from horarium.web.wording import sentence

_KINDS = {"css": "text/css; charset=utf-8", "svg": "image/svg+xml"}
_YEAR = 31_536_000


def html(
    request: Request[Any, Any, Any], template: str, *, status: int = 200, **values: Any
) -> Response[str]:
    """The answer that a template renders."""
    root = root_of(request)
    page = _templates().get_template(template)
    visitor = request.scope.get("user")
    content = page.render(
        root=root,
        asset=asset_address(root),
        version=__version__,
        visitor=visitor,
        may_act=visitor is None or visitor.role.may(Role.OPERATOR),
        **values,
    )
    headers = {"Vary": "Accept, Cookie"}
    return Response(content, media_type="text/html", status_code=status, headers=headers)


def to_login(request: Request[Any, Any, Any]) -> Response[str]:
    """Send a browser to the page that asks for a token, and from there back."""
    return see(request, f"/login?next={segment(local_address(request))}")


def see(request: Request[Any, Any, Any], address: str) -> Response[str]:
    """Send a browser to a page of this site, by its address below the place of the site."""
    headers = {"Location": root_of(request) + address}
    return Response("", status_code=303, media_type="text/html", headers=headers)


def segment(text: str) -> str:
    """A text as one segment of an address, slashes and all."""
    return quote(text, safe="")


def local_address(request: Request[Any, Any, Any]) -> str:
    """The address of a request below the place where the site is mounted."""
    query = request.scope.get("query_string", b"").decode("latin-1")
    path = quote(local_path(request)).replace(quote(SLASH), "%2F")
    return f"{path}?{query}" if query else path


def local_path(request: Request[Any, Any, Any]) -> str:
    """The path of a request below the place where the site is mounted."""
    root = root_of(request)
    return "/" + str(request.scope["path"]).removeprefix(root).lstrip("/")


def wants_html(request: Request[Any, Any, Any]) -> bool:
    """Whether a browser asks: one that takes HTML, and rather than JSON."""
    best = request.accept.best_match(["application/json", "text/html"])
    return best == "text/html"


def asset_address(root: str) -> Any:
    """How templates name a file: by its content, so that browsers may keep it for good."""

    def address(name: str) -> str:
        return f"{root}/assets/{name}?{_digest(name)}"

    return address


@get("/assets/{name:str}", include_in_schema=False, opt={"page": True, "public": True})
async def asset(name: FromPath[str]) -> Response[bytes]:
    """A file that pages need."""
    if name not in _assets():
        raise NotFoundException
    kind = _KINDS[name.rpartition(".")[2]]
    headers = {"Cache-Control": f"public, max-age={_YEAR}, immutable"}
    return Response(_assets()[name], media_type=kind, headers=headers)


@cache
def _templates() -> jinja2.Environment:
    templates = jinja2.Environment(
        loader=jinja2.PackageLoader("horarium.web", "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.filters |= {"segment": segment, "sentence": sentence}
    return templates


@cache
def _assets() -> dict[str, bytes]:
    folder = files("horarium.web") / "static"
    return {file.name: file.read_bytes() for file in folder.iterdir() if file.is_file()}


@cache
def _digest(name: str) -> str:
    return sha256(_assets()[name]).hexdigest()[:12]
