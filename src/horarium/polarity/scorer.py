"""Which way a text is scored: by a model where there is one, else by the lexicon of its language.

A text of any length takes time in proportion to it: it is read in pieces, whose valences add up.
"""

import re
from collections.abc import Sequence
from typing import Protocol

import msgspec

from horarium.polarity import emoji, english, russian
from horarium.polarity.language import Language, language_of
from horarium.polarity.scale import cleaned, normalised, pieces

LEXICON = "lexicon-2"
"""The name of these rules and lexicons; another number where they score otherwise."""

_LATIN_RUN = re.compile(r"[^\u0400-\u04ff]*[a-zA-Z][^\u0400-\u04ff]*")


class Polarity(msgspec.Struct, frozen=True):
    """How a text judges.

    Attributes:
        polarity: from -1 to 1; `None` where nothing can be said: an unknown language, no words.
        model: what scored it, by name and version.
    """

    polarity: float | None
    language: Language
    model: str


class Model(Protocol):
    """Something that scores texts of English and Russian."""

    name: str

    def score(self, texts: Sequence[str]) -> list[float]:
        """A polarity from -1 to 1 for each text."""


class Scorer:
    """Scores texts by a model, or by the lexicons where there is none."""

    def __init__(self, model: Model | None = None) -> None:
        self.model = model

    def score(self, texts: Sequence[str]) -> list[Polarity]:
        """The polarity of each text, in their order."""
        if self.model is None:
            return [polarity(text) for text in texts]
        return self._by_model(self.model, texts)

    def _by_model(self, model: Model, texts: Sequence[str]) -> list[Polarity]:
        texts = [cleaned(text) for text in texts]
        languages = [language_of(text) for text in texts]
        spoken = [each not in (Language.UNKNOWN, Language.WORDLESS) for each in languages]
        scores = iter(model.score([t for t, is_it in zip(texts, spoken, strict=True) if is_it]))
        return [
            Polarity(next(scores), language, model.name) if is_it else polarity(text)
            for text, language, is_it in zip(texts, languages, spoken, strict=True)
        ]


def polarity(text: str) -> Polarity:
    """The polarity of one text, by the lexicons."""
    text = cleaned(text)
    language = language_of(text)
    return Polarity(_score(text, language), language, LEXICON)


def _score(text: str, language: Language) -> float | None:
    if language is Language.UNKNOWN:
        return None
    if language is Language.WORDLESS:
        signs = emoji.valence(text)
        return None if signs is None else normalised(signs, 1)
    valence = sum(_valence(piece, language) for piece in pieces(text))
    return normalised(valence, len(text.split()))


def _valence(text: str, language: Language) -> float:
    if language is Language.ENGLISH:
        return english.valence(text)
    if language is Language.RUSSIAN:
        return russian.valence(text)
    latin = " ".join(_LATIN_RUN.findall(text))
    return english.valence(latin) + russian.valence(_LATIN_RUN.sub(" ", text))
