"""Webhooks: a signed POST, with no redirects, to addresses that may be written to.

    Horarium-Delivery: 0199…            the same for each try: a receiver takes it once
    Idempotency-Key: 0199…              the same, under the name that others use
    Horarium-Timestamp: 1774829400      seconds since 1970
    Horarium-Signature: v1=5257a8…      HMAC-SHA256 of timestamp, a full stop and the body

A receiver computes the signature with the secret that both know, compares it in constant time, and
refuses timestamps that are older than a few minutes.

The name of the host is looked up once, each of its addresses is judged, and the connection is made
to the address that was judged: no second look-up can lead elsewhere. Addresses of this machine, of
private networks and of links are refused unless the route says `private = true`.
"""

import hashlib
import hmac
import http.client
import socket
import ssl
from ipaddress import ip_address
from typing import NamedTuple
from urllib.parse import urlsplit

from horarium import __version__
from horarium.errors import HorariumError

PATIENCE = 20.0
"""Seconds for the connection, and for each step of the answer."""

_AGAIN = frozenset({408, 409, 423, 425, 429})
"""Refusals that pass by themselves, besides those of the server's own making."""


class NotDelivered(HorariumError):
    """It did not arrive, as far as is known; another try may help."""


class Undeliverable(HorariumError):
    """It was refused for good, or may not be sent there; another try does not help."""


class Webhook(NamedTuple):
    """Where it goes, signed with which secret, and whether private addresses are allowed."""

    url: str
    secret: str
    private: bool = False


def signature(secret: str, timestamp: int, body: bytes) -> str:
    """What the header `Horarium-Signature` says."""
    signed = b"%d.%b" % (timestamp, body)
    return "v1=" + hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()


def send(webhook: Webhook, delivery: str, body: bytes, timestamp: int) -> None:
    """Send a body to a webhook; blocks.

    Raises:
        NotDelivered: nobody answered, or somebody who may answer otherwise later.
        Undeliverable: it was refused, or the address may not be written to.
    """
    headers = {
        "Content-Type": "application/json",
        "User-Agent": f"Horarium/{__version__}",
        "Horarium-Delivery": delivery,
        "Idempotency-Key": delivery,
        "Horarium-Timestamp": str(timestamp),
        "Horarium-Signature": signature(webhook.secret, timestamp, body),
    }
    host = urlsplit(webhook.url).hostname or ""
    try:
        status, reason = _post(webhook, headers, body)
    except (OSError, http.client.HTTPException, UnicodeError) as error:
        words = " ".join(str(error).split())[:300] or type(error).__name__
        raise NotDelivered(f"{host} did not take it: {words}") from None
    _judge(host, status, " ".join(reason.split())[:100])


def _post(webhook: Webhook, headers: dict[str, str], body: bytes) -> tuple[int, str]:
    place = urlsplit(webhook.url)
    is_secure = place.scheme == "https"
    host = place.hostname or ""
    port = place.port or (443 if is_secure else 80)
    line = _connected(host, port, private=webhook.private)
    kind = http.client.HTTPSConnection if is_secure else http.client.HTTPConnection
    connection = kind(host, port, timeout=PATIENCE)
    try:
        if is_secure:
            line = ssl.create_default_context().wrap_socket(line, server_hostname=host)
        connection.sock = line
        path = (place.path or "/") + (f"?{place.query}" if place.query else "")
        connection.request("POST", path, body, headers)
        answer = connection.getresponse()
        answer.read(4096)
        return answer.status, answer.reason
    finally:
        connection.close()
        line.close()


def _connected(host: str, port: int, *, private: bool) -> socket.socket:
    """A connection to the first of the host's addresses that answers; all of them are judged."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    for *_, address in found:
        if not private and not is_public(str(address[0])):
            raise Undeliverable(
                f"{host} is on this machine or in a private network; a route that is to go there "
                "says private = true"
            )
    failed: OSError | None = None
    for family, kind, protocol, _, address in found:
        line = socket.socket(family, kind, protocol)
        line.settimeout(PATIENCE)
        try:
            line.connect(address)
        except OSError as error:
            line.close()
            failed = error
        else:
            return line
    raise failed or OSError("it has no address")


def is_public(address: str) -> bool:
    """Whether an address is one of the internet's."""
    parsed = ip_address(address.partition("%")[0])
    mapped = getattr(parsed, "ipv4_mapped", None)
    return (mapped or parsed).is_global and not (mapped or parsed).is_multicast


def _judge(host: str, status: int, reason: str) -> None:
    if 200 <= status < 300:
        return
    said = f"{host} answered {status} {reason}".strip()
    if status >= 500 or status in _AGAIN:
        raise NotDelivered(f"{said}; it is tried again")
    if 300 <= status < 400:
        raise Undeliverable(
            f"{said}; redirects are not followed: name the address that it leads to"
        )
    raise Undeliverable(f"{said}; it is not tried again")
