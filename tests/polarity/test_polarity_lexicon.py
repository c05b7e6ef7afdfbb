"""The lexicons' files: what is in them is found, and each word says one thing."""

from collections import Counter
from importlib.resources import files

import pytest

from horarium.polarity import russian
from horarium.polarity.lexicon import phrase_at, read_lexicon


@pytest.mark.parametrize("name", ["english_shop", "russian"])
def test_weights_are_within_bounds_and_words_appear_once(name: str) -> None:
    text = (files("horarium.polarity") / "lexicons" / f"{name}.txt").read_text("utf-8")
    words: Counter[str] = Counter()
    for line in text.splitlines():
        if not line.startswith("#"):
            weight, _, entries = line.partition(":")
            assert -4 <= float(weight) <= 4
            words.update(entry.strip() for entry in entries.split(","))
    assert "" not in words
    assert [word for word, count in words.items() if count > 1] == []


def test_russian_has_its_six_hundred_stems() -> None:
    assert russian.stems() > 1000


def test_the_longest_phrase_counts() -> None:
    phrases = read_lexicon("english_shop").phrases
    words = ["a", "total", "waste", "of", "money"]
    assert phrase_at(words, 2, phrases) == (3, -3.2)
    assert phrase_at(words, 4, phrases) is None
    assert phrase_at(["waste"], 0, phrases) is None
