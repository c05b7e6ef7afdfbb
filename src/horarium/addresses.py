"""Addresses of servers, ``scheme://user:password@host:port/name``: checked, and masked.

A password with a character that divides addresses, written as it is, makes its rest a host, a port
or a path. Libraries repeat those in their errors, so such an address is refused here, in words that
hold nothing of it.
"""

import re
from collections.abc import Callable
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

_UNREADABLE = (
    "it cannot be read; it takes an address such as {scheme}://user:password@host:{port}/name, and "
    "in a password the characters / ? # @ : % are written %2F %3F %23 %40 %3A %25"
)
_PORTS = {"postgresql": 5432, "amqp": 5672, "redis": 6379, "smtp": 587, "http": 8000}
_HOST = re.compile(r"(?:\[[0-9A-Za-z:.%]+\]|[^\[\]:\s]*)(?::([0-9]{1,5}))?")
_SECRET = frozenset({"password", "passwd", "pwd", "sslpassword"})


def address(*schemes: str) -> Callable[[str], str]:
    """A reader of addresses with one of these schemes.

    It raises `ValueError` with what it takes; nothing of the text is repeated.
    """
    starts = " or ".join(f"{scheme}://" for scheme in schemes)

    def read(value: str) -> str:
        if not value.startswith(tuple(f"{scheme}://" for scheme in schemes)):
            raise ValueError(f"it takes an address that begins with {starts}")
        if not _is_readable(value):
            port = _PORTS.get(schemes[0], 1)
            raise ValueError(_UNREADABLE.format(scheme=schemes[0], port=port))
        return value

    return read


def mask(url: str) -> str:
    """An address without its passwords, fit for logs and terminals."""
    if not _is_readable(url):
        # Where a password ends in it cannot be told.
        return f"{url.partition('://')[0]}://***" if "://" in url else "***"
    parts = urlsplit(url)
    user, _, place = parts.netloc.rpartition("@")
    name, colon, _ = user.partition(":")
    netloc = f"{name}:***@{place}" if colon else parts.netloc
    query = _masked_query(parts.query)
    # urlunsplit would lose the two slashes where there is no host.
    return f"{parts.scheme}://{netloc}{parts.path}" + (f"?{query}" if query else "")


def _is_readable(url: str) -> bool:
    """Whether every reader of the address finds the same parts in it."""
    if "://" not in url:
        return False
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    if parts.netloc.count("@") > 1:
        # asyncpg ends the password at the first of them, others at the last.
        return False
    hosts = parts.netloc.rpartition("@")[2].split(",")
    found = [_HOST.fullmatch(host) for host in hosts]
    ports = [int(match[1] or 1) for match in found if match]
    return (
        all(found)
        and all(0 < port < 65536 for port in ports)
        and not parts.fragment
        and "@" not in parts.path
    )


def _masked_query(query: str) -> str:
    pairs = parse_qsl(query, keep_blank_values=True)
    if not any(name.lower() in _SECRET for name, _ in pairs):
        return query
    hidden = [(name, "***" if name.lower() in _SECRET else value) for name, value in pairs]
    return urlencode(hidden, safe="*/:,", quote_via=quote)
