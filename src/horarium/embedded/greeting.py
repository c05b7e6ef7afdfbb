"""A connection test: the first words of PostgreSQL's protocol, and nothing more.

Only an answer at its private socket shows that a server lives. It needs no driver and no event
loop, and it tells a server that still recovers from one that serves.
"""

import socket
import struct
from enum import StrEnum
from pathlib import Path

from horarium.embedded.cluster import DATABASE, ROLE

_PROTOCOL = 3 << 16
_CANNOT_CONNECT_NOW = b"C57P03\0"


class Answer(StrEnum):
    """What a server says to a newcomer."""

    NOTHING = "nothing"
    NOT_NOW = "not now"
    WELCOME = "welcome"


def greet(path: Path) -> Answer:
    """Greet the server at a socket."""
    with socket.socket(socket.AF_UNIX) as line:
        line.settimeout(5)
        try:
            line.connect(str(path))
            line.sendall(_startup_message())
            said = line.recv(4096)
        except (FileNotFoundError, ConnectionRefusedError, PermissionError):
            return Answer.NOTHING
        except OSError:
            return Answer.NOT_NOW  # busy, or just going down
    if not said or (said.startswith(b"E") and _CANNOT_CONNECT_NOW in said):
        return Answer.NOT_NOW
    return Answer.WELCOME


def _startup_message() -> bytes:
    body = struct.pack(">i", _PROTOCOL)
    for word in ("user", ROLE, "database", DATABASE):
        body += word.encode() + b"\0"
    body += b"\0"
    return struct.pack(">i", len(body) + 4) + body
