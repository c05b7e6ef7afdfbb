"""The marks by which a payload says what it is.

A job's arguments are JSON, or a payload: a call in MessagePack, something sealed, or the bytes of a
user's own formatter, which have no mark of ours.
"""

import msgspec

PACKED = b"msgpack\n"
SEALED = b"sealed\n"
CALL = b"json\n"
"""The mark of a call in JSON, inside something sealed."""

_CONCEALED = msgspec.Raw(b'{"args":["(encrypted)"],"kwargs":{}}')


def shown(payload: bytes | None) -> msgspec.Raw | None:
    """What can be shown of a payload as arguments; what is sealed stays so, whoever has the key."""
    if payload is None:
        return None
    if payload.startswith(SEALED):
        return _CONCEALED
    if not payload.startswith(PACKED):
        return None
    try:
        call = msgspec.msgpack.decode(payload[len(PACKED) :])
        return msgspec.Raw(msgspec.json.encode(call))
    except (msgspec.MsgspecError, UnicodeDecodeError, TypeError, ValueError):
        return None


def is_pickle(payload: bytes) -> bool:
    """Whether bytes begin as pickle's do: with its mark and a version from 2 to 5."""
    return payload[:1] == b"\x80" and payload[1:2] in (b"\x02", b"\x03", b"\x04", b"\x05")
