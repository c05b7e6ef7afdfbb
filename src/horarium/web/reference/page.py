"""`GET /schema`, the OpenAPI document, and `GET /docs`, the same for people."""

from typing import Any

import msgspec
from litestar import Litestar, Request, Response, get

from horarium.web.api.parameters import refuses
from horarium.web.pages import html
from horarium.web.problems import KINDS, MEDIA_TYPE
from horarium.web.reference.document import Document, tidied
from horarium.web.reference.names import renamed
from horarium.web.reference.outline import outline


@get(
    "/schema",
    tags=["Pages"],
    summary="OpenAPI document",
    responses=refuses(public=True),
    opt={"public": True},
)
async def read_schema(request: Request[Any, Any, Any]) -> dict[str, Any]:
    """This description of the API, as OpenAPI 3.1."""
    return document_of(request.app)


@get(
    "/docs",
    media_type="text/html",
    tags=["Pages"],
    summary="API page",
    responses=refuses(public=True),
    opt={"page": True, "public": True},
)
async def read_docs(request: Request[Any, Any, Any]) -> Response[str]:
    """This page. It is rendered on the server and loads nothing from elsewhere."""
    document = document_of(request.app)
    return html(
        request,
        "reference.html",
        api=outline(document, str(request.base_url).rstrip("/")),
        kinds=KINDS,
        problem_type=MEDIA_TYPE,
    )


def document_of(app: Litestar) -> Document:
    """The application's document, made once."""
    made: Document | None = app.state.get("openapi")
    if made is None:
        # Through JSON, since Litestar leaves values of its own in it.
        plain = msgspec.json.decode(msgspec.json.encode(app.openapi_schema.to_schema()))
        made = app.state.openapi = renamed(tidied(plain))
    return made
