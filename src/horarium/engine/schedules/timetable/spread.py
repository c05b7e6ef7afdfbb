"""Stable chance: the same key gives the same number, on every machine and in every version."""

from hashlib import blake2b


def spread(choices: int, *key: str) -> int:
    """A number from 0 to choices - 1 that depends on the key alone, evenly spread over keys."""
    digest = blake2b("\0".join(key).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") % choices
