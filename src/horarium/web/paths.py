"""Names in paths that hold a slash: ``%2F`` is a letter of a name, ``/`` parts two names.

A server hands on the path with its escapes undone, where both are the same. What came escaped is
marked by a character that is none (U+FDD0, which Unicode sets aside for programs), so that routes
are found as they were asked for, and is a slash again in the parameters that handlers get.
"""

from typing import Any
from urllib.parse import unquote

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler
from litestar.types import HTTPScope

MARK = "\ufdd0"


def keep_escaped(scope: HTTPScope) -> HTTPScope:
    """The scope with escaped slashes of its path marked."""
    raw = scope.get("raw_path") or b""
    raw = raw.partition(b"?")[0]
    if b"%2f" not in raw.lower():
        return scope
    parts = [unquote(part) for part in raw.decode("latin-1").split("/")]
    if "/".join(parts) != scope["path"]:
        return scope  # somebody before us has changed the path, and left this as it came
    return {**scope, "path": "/".join(part.replace("/", MARK) for part in parts)}


def undo_marks(connection: ASGIConnection[Any, Any, Any, Any], _handler: BaseRouteHandler) -> None:
    """A guard, for it comes before the handler: marks in the parameters of a path are slashes."""
    parameters = connection.scope.get("path_params") or {}
    for name, value in parameters.items():
        if isinstance(value, str) and MARK in value:
            parameters[name] = value.replace(MARK, "/")
