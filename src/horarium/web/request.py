"""Requests, read strictly: what is not understood is refused, never guessed at.

Litestar converts leniently, which takes ``"5"`` for 5 and an integer for a datetime. Bodies are
decoded here by msgspec into the struct that the handler wants, as they are written. A query
parameter that the route does not know is refused, since a mistyped ``dtae=`` would otherwise
answer with the wrong day.
"""

import difflib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from http import HTTPStatus
from itertools import chain
from typing import Any

import msgspec
from litestar import Request
from litestar.connection import ASGIConnection
from litestar.enums import ParamType
from litestar.exceptions import HTTPException, NotFoundException
from litestar.handlers import BaseRouteHandler
from litestar.params import ParameterKwarg

from horarium.errors import InvalidInput
from horarium.mismatch import refusal
from horarium.web.paths import is_text, restored


class StrictRequest(Request[Any, Any, Any]):
    """A request whose body is JSON, decoded into the struct that the handler takes."""

    async def body(self) -> bytes:
        """The body's bytes, of the right type and not empty where the handler wants one."""
        wanted = self._wanted()
        if wanted is not None:
            self._check_content_type()
        content = await super().body()
        if wanted is not None and not content.strip():
            raise InvalidInput("body", "it is empty; it takes a JSON object")
        return content

    async def json(self) -> Any:
        """The body as the handler's struct.

        Raises:
            InvalidInput: the body is no JSON, or a value in it cannot be used.
        """
        content = await self.body()
        try:
            return msgspec.json.decode(content, type=self._wanted() or Any)
        except msgspec.ValidationError as error:
            raise InvalidInput(*refusal(str(error), of=self._wanted())) from None
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            reason = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
            raise InvalidInput("body", f"it is no valid JSON: {reason[:200]}") from None

    def _wanted(self) -> Any:
        handler = self.scope.get("route_handler")
        field = getattr(handler, "parsed_data_field", None)
        return None if field is None else field.annotation

    def _check_content_type(self) -> None:
        kind, _ = self.content_type
        if kind == "application/json" or (
            kind.startswith("application/") and kind.endswith("+json")
        ):
            return
        sent = f"{kind[:80]} is not" if kind else "without Content-Type it is not"
        detail = f"the body has to be application/json; {sent}"
        raise HTTPException(detail=detail, status_code=HTTPStatus.UNSUPPORTED_MEDIA_TYPE)


def check_query(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """A guard: refuse parameters that the route does not have, that repeat, or that hold NUL."""
    if handler.opt.get("page") and not handler.opt.get("strict"):
        return  # links from elsewhere carry parameters of their own
    if not is_text(connection.scope.get("query_string", b"")):
        raise InvalidInput("query", "it is not UTF-8, percent-encoded")
    known = parameters(handler)
    for name in connection.query_params:
        if name not in known:
            near = difflib.get_close_matches(name[:60], known, n=1)
            hint = f"; did you mean {near[0]}?" if near else _listed(known)
            raise InvalidInput(name[:100] or "query", f"there is no such parameter here{hint}")
        _check_values(name, connection.query_params.getall(name), text=known[name])


def _check_values(name: str, values: Sequence[str], *, text: bool) -> None:
    if len(values) > 1:
        raise InvalidInput(name, f"it is given {len(values)} times; give it once")
    if "\0" in values[0]:
        raise InvalidInput(name, "it has the character NUL, which no text here has")
    if values[0] == "null" and not text:
        # msgspec takes it for None, and the newest day would answer for it.
        raise InvalidInput(name, "'null' will not do; leave the parameter out instead")


def check_path(connection: ASGIConnection[Any, Any, Any, Any], _handler: BaseRouteHandler) -> None:
    """A guard: nothing has a name with NUL in it, and PostgreSQL would refuse to look.

    Slashes inside a name, which routing must not see, are put back.
    """
    if "\0" in connection.scope["path"]:
        raise NotFoundException
    taken = connection.scope.get("path_params", {})
    for name, value in taken.items():
        if isinstance(value, str):
            taken[name] = restored(value)


def parameters(handler: BaseRouteHandler) -> Mapping[str, bool]:
    """The query parameters of a route and of what it depends on, and whether they take any text."""
    known: Mapping[str, bool] | None = handler.opt.get("query")
    if known is None:
        known = handler.opt["query"] = dict(_found(handler))
    return known


def _found(handler: BaseRouteHandler) -> Iterator[tuple[str, bool]]:
    taken = handler.parsed_fn_signature.parameters
    dependencies = handler.resolve_dependencies()
    signatures = [
        taken,
        *(each.parsed_fn_signature.parameters for n, each in dependencies.items() if n in taken),
    ]
    for name, parameter in chain.from_iterable(signature.items() for signature in signatures):
        if name in dependencies:
            continue  # Litestar marks them as parameters of the query too
        marked = parameter.kwarg_definition
        if isinstance(marked, ParameterKwarg) and marked.param_type is ParamType.QUERY:
            kinds = (parameter, *parameter.inner_types)
            yield marked.name or name, any(kind.annotation is str for kind in kinds)


def _listed(known: Iterable[str]) -> str:
    names = ", ".join(sorted(known))
    return f"; there is {names}" if names else "; it takes none"
