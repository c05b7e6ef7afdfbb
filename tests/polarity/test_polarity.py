"""Single texts: negation, degree, contrast, signs, both languages, and what is no text at all."""

import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from horarium.polarity import LEXICON, Language, polarity


def score(text: str) -> float:
    found = polarity(text).polarity
    assert found is not None
    return found


@pytest.mark.parametrize(
    "text",
    [
        "Excellent phone, works great and I love it.",
        "Great!",
        "Not bad at all",
        "I have had no problems with it.",
        "It was expensive, but I am very happy with it.",
        "Easy to use; highly recommended",
        "I haven't had any problems with it",
        "Never had any trouble with it",
        "I can't put it down",
        "I can't recommend this enough",
        "Would buy again :)",
        "Отличный товар, рекомендую!",
        "Не жалею о покупке.",
        "Проблем нет, всё работает.",
        "Недостатков за год не обнаружила",
        "Без нареканий",
        "Дорого, но качество отличное",
        "Не только красивый, но и удобный",
        "Нельзя сказать, что плохо",
        "Ничего плохого сказать не могу",
        "Плохим его не назовёшь",
        "Проблем не возникло",
        "Не ожидала такого хорошего качества",
        "Красивый чайник, не заметила недостатков",
        "Ноль проблем",
        "Чайник надёжен и удобен",
        "спасибо)))",
        "ёмкий и лёгкий",
        "😍😍😍",
    ],
)
def test_praise_is_above_zero(text: str) -> None:
    assert score(text) > 0.1


@pytest.mark.parametrize(
    "text",
    [
        "Terrible. It broke after two days and I sent it back.",
        "It is not good.",
        "I don’t recommend this",
        "Looks nice, but it stopped working.",
        "a waste of money",
        "Worst purchase ever!!!",
        "This is the worst phone I've ever had",
        "If you have any problems they never answer",
        "nothing but trouble",
        "Ужасное качество, сломался через день.",
        "Не хороший и не удобный",
        "Не рекомендую никому",
        "Не могу сказать, что доволен",
        "Не сказала бы, что удобно",
        "Красивым его назвать нельзя",
        "Вкусного тут ничего нет",
        "Ничего интересного",
        "Радости никакой",
        "Недостаточно мягкий",
        "Доверия больше нет",
        "Плохой товар, не вижу, что увидели другие",
        "Не ожидал такого плохого качества",
        "Могло быть и лучше",
        "Звук отвратителен",
        "Красивый, но совершенно бесполезный",
        "Никогда ничего хорошего от них не приходило",
        "Ни радости, ни пользы",
        "Деньги на ветер",
        "Плохо((((",
        "😡",
    ],
)
def test_blame_is_below_zero(text: str) -> None:
    assert score(text) < -0.1


@pytest.mark.parametrize(
    ("weaker", "stronger"),
    [
        ("good", "very good"),
        ("a nice phone", "a nice phone!!!"),
        ("хороший", "очень хороший"),
        ("хороший", "крайне хороший"),
        ("слегка удобный", "удобный"),
        ("хороший товар", "ХОРОШИЙ товар"),
        ("хороший товар", "хороший товар!!!"),
    ],
)
def test_degree(weaker: str, stronger: str) -> None:
    assert 0 < score(weaker) < score(stronger)


def test_a_negation_weakens_as_it_turns() -> None:
    assert -score("отличный") < score("не отличный") < 0
    assert 0 < score("не плохой") < score("хороший")
    # A second negation of Russian says the first again.
    assert score("никогда не был хороший") < 0


def test_a_double_negation_that_undoes_itself() -> None:
    assert score("Не могу не любить этот магазин") > 0
    assert score("Нельзя не любить этот магазин") > 0
    assert score("Не люблю этот магазин") < 0


def test_a_turn_gives_more_to_what_follows_up_to_the_end_of_its_sentence() -> None:
    assert score("хорошо, но плохо") < 0 < score("плохо, зато хорошо")
    assert score("Плохо, но дешево. Отлично. Прекрасно.") > 0


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("The battery lasts for two days.", Language.ENGLISH),
        ("Great!", Language.ENGLISH),
        ("ok", Language.ENGLISH),
        ("Батареи хватает на два дня.", Language.RUSSIAN),
        ("Телефон Samsung Galaxy хороший", Language.RUSSIAN),
        ("Качество хорошее, очень нравится. Very good quality, I love it.", Language.MIXED),
        ("", Language.WORDLESS),
        ("  \n 5/5 !!!", Language.WORDLESS),
        ("😀", Language.WORDLESS),
        ("Produto chegou antes do prazo, muito bom", Language.UNKNOWN),
        ("Recomendo a compra!", Language.UNKNOWN),
        ("Sehr gut, ich bin zufrieden", Language.UNKNOWN),
        ("Très bon produit", Language.UNKNOWN),
        ("Дуже гарна їжа", Language.UNKNOWN),
        ("Товар поганий", Language.UNKNOWN),
        ("Много хубав продукт, благодаря, ще поръчам още", Language.UNKNOWN),
        ("Добър", Language.UNKNOWN),
        ("Веома добар производ", Language.UNKNOWN),
        ("Объёмный, съедобный, съэкономил", Language.RUSSIAN),
        ("非常好", Language.UNKNOWN),
        ("ممتاز جدا", Language.UNKNOWN),
        ("qwrtpsdfg", Language.UNKNOWN),
    ],
)
def test_languages(text: str, language: Language) -> None:
    assert polarity(text).language is language


def test_an_unknown_language_and_no_words_have_no_polarity() -> None:
    for text in ("Produto muito ruim", "", " ", "12345", "...", "\x00\x01"):
        assert polarity(text).polarity is None
    assert polarity("нейтрально стоит стол").polarity == 0
    assert polarity("ok").model == LEXICON


def test_both_languages_of_a_text_count() -> None:
    good = "Качество хорошее, очень нравится. "
    assert score(good + "I love it, it works great.") > score(
        good + "I hate it, it is broken and useless."
    )


def test_characters_that_nobody_sees_do_not_matter() -> None:
    assert score("go\u200bo\u00add\x00\x1f") == score("good")
    assert score("пре\u0301красный чай\u00adник") == score("прекрасный чайник")
    plain = "хороший ёмкий чайник"
    assert score(unicodedata.normalize("NFD", plain)) == score(plain)
    assert polarity("\ud800 good").language is Language.ENGLISH
    assert score("good\x07 phone\x1b") == score("good phone")


@pytest.mark.parametrize(
    "text",
    [
        "good " * 200_000,
        "не " * 100_000,
        "очень хорошо, но плохо " * 20_000,
        "a" * 1_000_000,
        "😡(" * 300_000,
        "never so good but kind of " * 10_000,
    ],
)
def test_a_long_text_takes_time_in_proportion_to_it(text: str) -> None:
    begun = time.process_time()
    polarity(text)
    assert time.process_time() - begun < 10


@given(st.text(max_size=200))
def test_any_text_is_within_bounds_and_scored_alike_twice(text: str) -> None:
    found = polarity(text)
    assert found.polarity is None or -1 <= found.polarity <= 1
    assert found == polarity(text)


WORDS = ["не", "очень", "хорошо", "плохо", "но", "зато", ".", "!", "good", "bad", "not"]


@given(st.lists(st.sampled_from(WORDS)))
def test_words_in_any_order_are_within_bounds(words: list[str]) -> None:
    found = polarity(" ".join(words)).polarity
    assert found is None or -1 <= found <= 1
