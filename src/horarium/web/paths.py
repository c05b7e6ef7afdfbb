"""Paths: where the site is mounted, and segments that hold a slash.

``/orders/2024%2F7`` is the order ``2024/7``. ASGI hands on the decoded path, in which such a slash
is told from the others by nothing. Before routing it is replaced by what no id has (`SLASH`),
afterwards it is put back.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote, unquote_to_bytes

from litestar.connection import ASGIConnection

SLASH = "\ufdd0"
"""Stands for a slash inside a segment: no character, which Unicode sets aside for programs."""

_UNREADABLE = "\N{REPLACEMENT CHARACTER}"
"""What servers put where bytes are no text."""


def with_segments_kept(scope: Mapping[str, Any]) -> dict[str, Any]:
    """The scope with slashes inside segments replaced, where there are any.

    A parent application may have cut its own prefix off the path; the rest has as many characters
    as before, so that it is the end of the whole.
    """
    raw: bytes = scope.get("raw_path") or b""
    path: str = scope["path"]
    if not is_text(raw):
        return {**scope, "path": path.replace(_UNREADABLE, "\0")}
    if b"%2f" not in raw.lower():
        return dict(scope) if SLASH not in path else {**scope, "path": path.replace(SLASH, "\0")}
    whole = raw.partition(b"?")[0].decode("latin-1")
    kept = "/".join(_segment(each) for each in whole.split("/"))
    if not unquote(whole).endswith(path):
        return dict(scope)
    return {**scope, "path": kept[len(kept) - len(path) :]}


def is_text(raw: bytes) -> bool:
    """Whether a part of an address is UTF-8, percent-encoded; what reads it as such guesses."""
    if b"%" not in raw and raw.isascii():
        return True
    try:
        unquote_to_bytes(raw).decode()
    except UnicodeDecodeError:
        return False
    return True


def root_of(connection: ASGIConnection[Any, Any, Any, Any]) -> str:
    """Where the site is mounted, without a slash at its end; empty: it stands by itself."""
    return str(connection.scope.get("root_path", "")).rstrip("/")


def _segment(text: str) -> str:
    # The character itself names nothing: NUL is refused.
    return unquote(text).replace(SLASH, "\0").replace("/", SLASH)


def restored(text: str) -> str:
    """A segment with its own slashes."""
    return text.replace(SLASH, "/")
