"""Headers that every answer carries: nothing may frame it, sniff it or run a script in it."""

from litestar.types import Message, Scope

_POLICY = (
    b"default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
    b"base-uri 'none'; frame-ancestors 'none'"
)
Header = tuple[bytes, bytes]

HEADERS: tuple[Header, ...] = (
    (b"content-security-policy", _POLICY),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
)


async def add_headers(message: Message, scope: Scope) -> None:
    """Add them to an answer that is about to be sent; data are not kept by caches."""
    if message["type"] != "http.response.start":
        return
    headers = [*message.get("headers", []), *HEADERS]
    if scope.get("method") == "OPTIONS":
        headers = _with_all_methods(headers, scope)
    if not any(name.lower() == b"cache-control" for name, _ in headers):
        headers.append((b"cache-control", b"no-store"))
    message["headers"] = headers


def _with_all_methods(headers: list[Header], scope: Scope) -> list[Header]:
    """The headers with every method of the path: Litestar names those of its newest handler."""
    methods = scope["litestar_app"].route_handler_method_map.get(scope.get("path_template", ""))
    if methods is None:
        return headers
    others = [(name, value) for name, value in headers if name.lower() != b"allow"]
    return [*others, (b"allow", ", ".join(sorted(methods)).encode())]
