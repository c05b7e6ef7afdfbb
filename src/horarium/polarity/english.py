"""English, by vaderSentiment and a lexicon of what shop reviews say.

VADER's lexicon was made for social media: it does not know that a thing that was sent back is a
bad one, and takes 'support' and 'play' for praise. `lexicons/english_shop.txt` says otherwise.
Phrases become one word before VADER sees them.
"""

import re
from functools import cache
from itertools import chain
from typing import Any

from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

from horarium.polarity.lexicon import Lexicon, phrase_at, read_lexicon

_ADJECTIVES = {"incredible": 2.8, "exceptional": 2.8, "unusual": 0.0}
"""Words that VADER takes for adverbs of degree only."""

_MARKS = "!?.,;:()\"'*-/"
_GLUED = re.compile(r"(?<=\w)[,;()/]+(?=\w)|\.\.+|--+")
_QUOTES = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "`": "'"})


class _Analyzer(SentimentIntensityAnalyzer):  # type: ignore[misc]  # VADER has no types
    """VADER that gives the bare sum of valences: how it is normalised is not its matter here."""

    def score_valence(self, sentiments: list[float], text: str) -> Any:
        valence = float(sum(sentiments))
        emphasis = self._punctuation_emphasis(text)
        return valence + (emphasis if valence > 0 else -emphasis if valence < 0 else 0.0)


def valence(text: str) -> float:
    """The sum of the valences of a text, before it is normalised."""
    analyzer, lexicon = _loaded()
    return float(analyzer.polarity_scores(_joined(_GLUED.sub(" ", text), lexicon)))


def known_words() -> frozenset[str]:
    """The words that have a weight, alone or in a phrase."""
    analyzer, lexicon = _loaded()
    parts = (rest for rests in lexicon.phrases.values() for rest in rests.weights)
    return frozenset(chain(analyzer.lexicon, lexicon.phrases, *parts))


@cache
def _loaded() -> tuple[Any, Lexicon]:
    analyzer, lexicon = _Analyzer(), read_lexicon("english_shop")
    analyzer.lexicon.update(lexicon.words)
    for first, rests in lexicon.phrases.items():
        for rest, weight in rests.weights.items():
            analyzer.lexicon["_".join((first, *rest))] = weight
    analyzer.lexicon.update({f"{word}_": weight for word, weight in _ADJECTIVES.items()})
    return analyzer, lexicon


def _joined(text: str, lexicon: Lexicon) -> str:
    """The text with each phrase of the lexicon as one word."""
    tokens = text.translate(_QUOTES).split()
    words = [token.lower().strip(_MARKS) for token in tokens]
    joined: list[str] = []
    index = 0
    while index < len(tokens):
        word = words[index]
        found = phrase_at(words, index, lexicon.phrases) if word in lexicon.phrases else None
        length = found[0] if found else 1
        token = "_".join(words[index : index + length]) if found else tokens[index]
        joined.append(f"{word}_" if word in _ADJECTIVES else token)
        index += length
    # What was said loudest stays so: VADER counts the marks in the text that it is given.
    lost = text.count("!") - sum(token.count("!") for token in joined)
    return " ".join(joined) + "!" * lost
