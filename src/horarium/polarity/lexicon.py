"""Lexicons: words and phrases with their weights, read once from the files beside this module.

A line is ``weight: word, word, a phrase of some words``; one that begins with ``#`` says something
to its reader.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib.resources import files

import msgspec


class Rests(msgspec.Struct, frozen=True):
    """The phrases that begin with one word: what follows it, and the weight.

    Attributes:
        lengths: how many words follow, the most first. However many phrases there are, a place in
            a text is looked up once for each of these.
    """

    weights: Mapping[tuple[str, ...], float]
    lengths: tuple[int, ...]


Phrases = Mapping[str, Rests]


class Lexicon(msgspec.Struct, frozen=True):
    """The weights of single words, and of phrases by their first word."""

    words: Mapping[str, float]
    phrases: Phrases


def read_lexicon(name: str, form: Callable[[str], str] = str.lower) -> Lexicon:
    """The lexicon of a file; `form` makes of each word what it is looked up by.

    Of two words with one form the first counts.
    """
    words: dict[str, float] = {}
    phrases: dict[str, dict[tuple[str, ...], float]] = {}
    for weight, text in _entries(name):
        first, *rest = (form(word) for word in text.split())
        if rest:
            phrases.setdefault(first, {}).setdefault(tuple(rest), weight)
        else:
            words.setdefault(first, weight)
    return Lexicon(words, {first: _rests(rests) for first, rests in phrases.items()})


def word_set(text: str) -> frozenset[str]:
    """The words of a text as a set."""
    return frozenset(text.split())


def phrase_at(words: Sequence[str], index: int, phrases: Phrases) -> tuple[int, float] | None:
    """How many words the longest phrase that begins here has, and its weight."""
    rests = phrases.get(words[index])
    if rests is None:
        return None
    for length in rests.lengths:
        weight = rests.weights.get(tuple(words[index + 1 : index + 1 + length]))
        if weight is not None:
            return 1 + length, weight
    return None


def _entries(name: str) -> Iterator[tuple[float, str]]:
    text = (files(__package__) / "lexicons" / f"{name}.txt").read_text("utf-8")
    for line in text.splitlines():
        if line and not line.startswith("#"):
            weight, _, entries = line.partition(":")
            yield from ((float(weight), entry.strip()) for entry in entries.split(","))


def _rests(weights: Mapping[tuple[str, ...], float]) -> Rests:
    return Rests(weights, tuple(sorted({len(rest) for rest in weights}, reverse=True)))
