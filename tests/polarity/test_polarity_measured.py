"""How well the lexicons judge, against what people said. docs/performance.md has the figures."""

import time
from pathlib import Path

from labelled import english, measured, russian

from horarium.polarity import polarity

FLOOR = 2000
"""Texts a second on any machine; a quiet one scores several times as many."""


def test_english_sentences(shared_data: Path) -> None:
    tuned, held_apart = english(shared_data)
    assert len(tuned) + len(held_apart) == 3708
    measure = measured(held_apart, 1.0)
    assert measure.r >= 0.70
    assert measure.accuracy >= 0.78
    assert measured([*tuned, *held_apart], 1.0).r >= 0.72


def test_russian_sentences() -> None:
    assert measured(russian("tuning"), 1.0).accuracy >= 0.95
    rows = russian("measured")
    assert len(rows) >= 60
    assert {row.text for row in rows}.isdisjoint(row.text for row in russian("tuning"))
    measure = measured(rows, 1.0)
    assert measure.r >= 0.8
    assert measure.accuracy >= 0.75
    assert measure.reversed <= 0.06


def test_russian_sentences_of_one_who_had_not_seen_the_lexicon() -> None:
    rows = russian("later")
    assert len(rows) == 60
    assert measured(rows, 1.0).accuracy >= 0.95
    neither = [polarity(row.text).polarity for row in rows if row.label == 0]
    assert neither == [0.0] * 5


def test_the_speed_is_of_its_order() -> None:
    texts = [row.text for row in (*russian("measured"), *russian("tuning"))] * 20
    polarity(texts[0])
    begun = time.process_time()
    for text in texts:
        polarity(text)
    assert len(texts) / (time.process_time() - begun) > FLOOR
