"""Tokens: what a program shows to be let in. Pure, but for chance.

``hor_<id>_<secret>``: the id may be shown and names the token in lists, the secret is 256 bits of
chance. Only the SHA-256 of the whole is kept. A slow hash, as passwords need, would protect nothing
here: there is no guessing among 2^256.
"""

import base64
import re
import secrets
from hashlib import sha256
from typing import NamedTuple

_FORM = re.compile(r"hor_([a-z2-7]{8})_[A-Za-z0-9_-]{43}")
LONGEST = 100
"""Characters that a token has at most; longer ones need not be looked at."""


class NewToken(NamedTuple):
    """A token that was made: its text, which is shown once, and what is kept of it."""

    text: str
    id: str
    hash: bytes


def new_token() -> NewToken:
    """A token that nobody has."""
    id = base64.b32encode(secrets.token_bytes(5)).decode().lower()
    text = f"hor_{id}_{secrets.token_urlsafe(32)}"
    return NewToken(text, id, hash_of(text))


def hash_of(text: str) -> bytes:
    """What is kept of a token."""
    return sha256(text.encode()).digest()


def has_form(text: str) -> bool:
    """Whether a text has a token's form; one that has not is no token, without asking anybody."""
    return len(text) <= LONGEST and _FORM.fullmatch(text) is not None


def id_in(text: str) -> str:
    """The id of a token, given its id or, by mistake or not, the whole of it."""
    found = _FORM.fullmatch(text)
    return found[1] if found else text.removeprefix("hor_")
