"""What PostgreSQL can keep of a text: neither NUL nor half of a surrogate pair. Pure."""

import re

from horarium.errors import InvalidInput


def storable(text: str) -> str:
    """The text with what PostgreSQL cannot keep, NUL and lone surrogates, written as escapes."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8").replace("\0", "\\x00")


def is_storable(text: str) -> bool:
    """Whether PostgreSQL keeps the text as it is."""
    return "\0" not in text and (text.isascii() or storable(text) == text)


def check_name(field: str, name: str) -> None:
    """Refuse what is no name of a job, a task, a queue, an owner, a schedule or a batch.

    Raises:
        InvalidInput: it is empty, too long, or has a character that cannot be kept.
    """
    if not 1 <= len(name) <= 255:
        raise InvalidInput(field, f"it has {len(name)} characters; it takes 1 to 255")
    if not is_storable(name):
        raise InvalidInput(field, f"{name!r} has a character that cannot be kept, such as NUL")


def has_nul(encoded: bytes) -> bool:
    """Whether a text in this JSON has NUL, which PostgreSQL does not keep."""
    return b"\\u0000" in encoded and _NUL.search(encoded) is not None


_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
"""NUL as JSON writes it; a backslash before it may itself be escaped."""
