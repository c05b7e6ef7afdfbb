"""Versions over HTTP: an ETag with what is read, If-Match with what is changed (RFC 9110)."""

import re
from typing import Annotated, Any, TypeVar

from litestar import Request, Response
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import HeaderParameter

from horarium.shop.versions import ANY, Versions
from horarium.web.problems import PreconditionMissing

T = TypeVar("T")

IfMatch = Annotated[
    str | None,
    HeaderParameter(
        name="If-Match",
        description="The ETag of what the change was made from, or * for whatever is there.",
        pattern=r'^(\*|(W/)?"[^"]*"(\s*,\s*(W/)?"[^"]*")*)$',
    ),
]
_TAG = re.compile(r'(W/)?"([^"]*)"')
_LARGEST = 2**63

UNCHANGED = {
    304: ResponseSpec(
        None, generate_examples=False, description="It is what If-None-Match names: unchanged"
    )
}


def edited(header: str | None) -> Versions:
    """The versions that an edit may have been made from.

    Raises:
        PreconditionMissing: the header is not there.
    """
    if header is None:
        raise PreconditionMissing(
            "If-Match is needed, so that no other's change is lost: the ETag of what was read, "
            'such as "42", or * to change whatever is there'
        )
    return named(header)


def named(header: str | None) -> Versions:
    """The versions that a header names, where it is there at all. A weak tag matches nothing."""
    if header is None or header.strip() == "*":
        return ANY
    tags = [tag for weak, tag in _TAG.findall(header) if not weak]
    return frozenset(
        int(tag) for tag in tags if tag.isascii() and tag.isdigit() and int(tag) < _LARGEST
    )


def tagged(value: T, version: int, status: int = 200) -> Response[T]:
    """An answer with its version as ETag."""
    return Response(value, status_code=status, headers={"ETag": f'"{version}"'})


def unless_known(request: Request[Any, Any, Any], value: T, version: int) -> Response[T]:
    """The answer, or 304 without a body where the asker has this version."""
    known = request.headers.get("if-none-match", "")
    if known.strip() == "*" or str(version) in (tag for _, tag in _TAG.findall(known)):
        return Response(None, status_code=304, headers={"ETag": f'"{version}"'})  # type: ignore[arg-type]
    return tagged(value, version)
