"""Russian, by rules on a lexicon of our own (`lexicons/russian.txt`).

Words are looked up by their stem (Snowball), so that one entry stands for its cases, genders and
persons. A word's weight is then changed by what stands near it:

- *не*, *ни*, *нет*, *без* and their kin within three words before it turn it round, with less
  force; a second negation in Russian (*никогда не*) says it again and does not undo it;
- *очень*, *крайне* make it stronger, *слегка*, *немного* weaker; so do capitals;
- *но*, *однако* and *зато* give less to what was said before them and more to what follows;
- *не могу сказать, что* denies what follows it, *его не назовёшь* and *нет* what stands before.
"""

import re
from collections.abc import Sequence
from functools import cache, lru_cache
from itertools import pairwise, takewhile
from typing import Any

from snowballstemmer import stemmer

from horarium.polarity import emoji
from horarium.polarity.lexicon import Lexicon, phrase_at, read_lexicon, word_set

_TOKEN = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*|[.!?;,:()\n]")
_TURNED = -0.74
_STRONGER, _WEAKER = 1.3, 0.6
_LOUDER = 1.25
_REACH = 3
"""Words over which a negation reaches."""

_NEGATIONS = word_set(
    "не ни нет нету без никогда нельзя нисколько ничуть отнюдь вовсе никак никакой никакого никаких"
    " никакие никакая никакую едва навряд вряд недостаточно ноль"
)
_STRONG = word_set(
    "очень крайне совсем весьма чрезвычайно абсолютно полностью совершенно просто реально"
    " действительно максимально невероятно безумно дико жутко страшно ужасно самый самая"
    " самое самые так такой такая такое такие слишком настолько чересчур исключительно"
    " по-настоящему безмерно всегда всем особенно гораздо намного прям прямо откровенно"
)
_WEAK = word_set(
    "слегка немного немножко чуть чуть-чуть местами довольно относительно вроде почти отчасти"
    " сравнительно несколько иногда малость как-то возможно может"
)
_NOT_SEEN = word_set(
    "обнаружил обнаружила обнаружили обнаружено нашел нашла нашли найдено заметил заметила заметили"
    " замечено увидел увидела увидели выявил выявила выявлено было возникло возникает"
    " назовешь назовете назвать скажешь"
)
_ABSENT = word_set("нет нету никакой никакого никакая никаких ноль нельзя")
"""What denies the word before it: 'радости никакой', 'проблем нет'."""

_SAID_LAST = {
    ("ничего", "нет"), ("больше", "нет"), ("совсем", "нет"), ("вообще", "нет"),
    ("назвать", "нельзя"), ("назвать", "трудно"), ("назвать", "сложно"),
}  # fmt: skip
"""What denies a word from behind it, with others between: 'вкусного тут ничего нет'."""

_TURNS = frozenset(("но", "однако", "зато", "впрочем"))
_UNDONE = re.compile(
    r"\b(?:не мо\w+ не|нельзя не|не только|не (?:ожидал|думал)[аи]?)\b", re.IGNORECASE
)
"""Negations that deny nothing: 'не могу не похвалить', 'не только красивый', 'не ожидала такой
хорошей вещи'."""

_DENIED = re.compile(
    r"\b(?:не мо(?:гу|жем) сказать|нельзя сказать|не сказала?(?: бы)?|не (?:дума|счита)(?:ю|ем))"
    r",? что(?:бы)?\b(?! не\b)",
    re.IGNORECASE,
)
"""Beginnings that deny the sentence after the comma: 'не могу сказать, что доволен'."""

_STOPS = frozenset(".!?;\n")
_READ_BY_FORM = _STRONG | _WEAK | _NEGATIONS | _TURNS


def valence(text: str) -> float:
    """The sum of the valences of a text, before it is normalised."""
    tokens = _TOKEN.findall(_DENIED.sub(" не ", _UNDONE.sub(" ", text)))
    words = [token.lower().replace("ё", "е") for token in tokens]
    total = _total(tokens, words, _stems(words)) + (emoji.valence(text) or 0.0)
    emphasis = 0.292 * min(text.count("!"), 4)
    return total + (emphasis if total > 0 else -emphasis if total < 0 else 0.0)


def _total(tokens: Sequence[str], words: Sequence[str], stems: Sequence[str]) -> float:
    """The sum over all clauses. What stands before a turn counts half, what follows it half more,
    up to the end of the sentence."""
    total = before = after = 0.0
    has_turned = False
    index = 0
    mixed_case = any(word.islower() for word in tokens)
    while index < len(words):
        word = words[index]
        if word in _STOPS:
            total += _weighed(before, after, has_turned)
            before, after, has_turned = 0.0, 0.0, False
        elif _turns(words, index):
            before, after, has_turned = before + after, 0.0, True
        length, weight = _weight_at(words, stems, index)
        if weight:
            loud = mixed_case and len(word) > 2 and tokens[index].isupper()
            after += weight * (_LOUDER if loud else 1.0)
        index += length
    return total + _weighed(before, after, has_turned)


def _weighed(before: float, after: float, has_turned: bool) -> float:
    return 0.5 * before + 1.5 * after if has_turned else after


def _turns(words: Sequence[str], index: int) -> bool:
    """'но', but not the 'но и' that adds to praise."""
    follows = words[index + 1] if index + 1 < len(words) else ""
    return words[index] in _TURNS and follows != "и"


def _weight_at(words: Sequence[str], stems: Sequence[str], index: int) -> tuple[int, float]:
    """How many words stand for one here, and what they weigh."""
    lexicon = _lexicon()
    found = phrase_at(stems, index, lexicon.phrases)
    if found is not None:
        return found[0], found[1] * _degree(words, index)
    weight = 0.0 if words[index] in _READ_BY_FORM else lexicon.words.get(stems[index], 0.0)
    if not weight:
        return 1, 0.0
    turned = _TURNED if _is_negated(words, index) else 1.0
    return 1, weight * turned * _degree(words, index)


def _degree(words: Sequence[str], index: int) -> float:
    near = words[max(0, index - 2) : index]
    if any(word in _STRONG for word in near):
        return _STRONGER
    return _WEAKER if any(word in _WEAK for word in near) else 1.0


def _is_negated(words: Sequence[str], index: int) -> bool:
    """Whether a negation reaches this word: in its clause before it, or as the absence of what it
    names after it ('проблем нет', 'недостатков за месяц не обнаружил')."""
    for word in reversed(words[max(0, index - _REACH) : index]):
        if not _is_word(word) or word in _TURNS:
            break
        if word in _NEGATIONS or (word == "ничего" and _is_of_something(words[index])):
            return True
    after = list(takewhile(_is_word, words[index + 1 : index + 2 + _REACH]))
    if after and after[0] in _ABSENT and not _begins_anew(after):
        return True
    return any(
        (word == "не" and verb in _NOT_SEEN) or (word, verb) in _SAID_LAST
        for word, verb in pairwise(after)
    )


def _is_of_something(word: str) -> bool:
    """Whether it may be a genitive: 'ничего' denies 'плохого', and nothing of 'хороший'."""
    return word.endswith(("ого", "его"))


def _begins_anew(after: Sequence[str]) -> bool:
    """Whether an absence is that of what follows it: 'хорошо, никаких проблем'."""
    return after[0] not in ("нет", "нету") and len(after) > 1


def _is_word(token: str) -> bool:
    return token[0].isalpha()


def _stems(words: Sequence[str]) -> list[str]:
    return [_stem(word) for word in words]


@lru_cache(maxsize=100_000)
def _stem(word: str) -> str:
    return str(_stemmer().stemWord(word))


@cache
def _stemmer() -> Any:
    return stemmer("russian")


@cache
def _lexicon() -> Lexicon:
    return read_lexicon("russian", lambda word: _stem(word.lower().replace("ё", "е")))


def stems() -> int:
    """How many stems and phrases the lexicon has."""
    lexicon = _lexicon()
    return len(lexicon.words) + sum(len(rests.weights) for rests in lexicon.phrases.values())
