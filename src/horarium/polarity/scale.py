"""From the sum of a text's valences to its polarity, the same way in every language."""

import re
from collections.abc import Iterator
from math import sqrt
from unicodedata import normalize

ALPHA = 15.0
"""VADER's own: a sum of 4 in a text of ordinary length is 0.72."""

ORDINARY = 14
SHORTEST = 4

PIECE = 500
"""Characters that are read at once: some rules look over all words of what they read."""

_UNREAD = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
_WITHIN_WORDS = re.compile("[\u00ad\u0300\u0301\u200b\u200e\u200f\u2060\ufeff]")
"""What stands within words and is no part of them: soft hyphens, accents that tell the stress."""


def normalised(valence: float, words: int) -> float:
    """A sum of valences within -1 and 1, as VADER does it, but measured by the text's length: ten
    words of praise say more in a sentence than on a page.

    Args:
        words: of the whole text.
    """
    valence *= sqrt(ORDINARY / max(words, SHORTEST))
    return round(valence / sqrt(valence * valence + ALPHA), 4)


def cleaned(text: str) -> str:
    """The text without characters that nobody sees, its letters composed: 'й' is one of them."""
    if not text.isascii():
        text = _WITHIN_WORDS.sub("", normalize("NFC", text))
    return _UNREAD.sub(" ", text)


def pieces(text: str) -> Iterator[str]:
    """The text in pieces of bounded length, cut between words where there are any."""
    start = 0
    while len(text) - start > PIECE:
        end = text.rfind(" ", start + PIECE // 2, start + PIECE)
        end = start + PIECE if end < 0 else end
        yield text[start:end]
        start = end
    yield text[start:]
