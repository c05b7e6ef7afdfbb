"""What the address of a page of a list asks for, read as strictly as by the API."""

from typing import Annotated, Any, TypeVar

import msgspec
from litestar import Request
from msgspec import Meta

from horarium.web.forms import read


class Listing(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which page of a list, and how many of it at once."""

    page: Annotated[int, Meta(ge=1, le=1_000_000_000)] = 1
    count: Annotated[int, Meta(ge=1, le=1000)] = 50


Asked = TypeVar("Asked", bound=Listing)


def asked(request: Request[Any, Any, Any], kind: type[Asked]) -> Asked:
    """The query of a request as such a listing.

    Raises:
        InvalidInput: a word or a value of it is not understood.
    """
    return read(dict(request.query_params.items()), kind)
