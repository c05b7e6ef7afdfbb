"""The language of a text: by its script, then by the words that each language cannot do without.

Told apart are English, Russian, both in one text, texts without words, and anything else. A short
text in Latin letters may fit several languages; it is taken for English only where more of its
words are English than anything else's, so that a Portuguese review does not count as a mild one.
"""

import re
from enum import StrEnum
from functools import cache
from itertools import chain

from horarium.polarity import english
from horarium.polarity.lexicon import word_set

LOOKED_AT = 5000
"""Characters that a language is told by."""

_MINOR = 0.2
"""A share of the letters from which a second script is more than a name."""

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
_FOREIGN_CYRILLIC = re.compile("[іїєґўјљњћђџѓќѕәғқңөұүһӣӯҳҷѐѝ]", re.IGNORECASE)
_BULGARIAN_VOWEL = re.compile("ъ[бвгджзклмнпрстфхцчшщ]", re.IGNORECASE)
"""Russian writes the hard sign before a vowel only."""

_CYRILLIC = re.compile("[а-яё]", re.IGNORECASE)
_LATIN = re.compile("[a-zà-öø-ÿāăąćčďđēęěğīįıķłńňőœřśşšťūůűųźżžß]", re.IGNORECASE)
_LETTER = re.compile(r"[^\W\d_]")

_ENGLISH_AT_LEAST = word_set(
    "the a an and or but if of to in on at for with from by as is are was were be been am it"
    " its it's i i'm i've me my we our you your he she his her they them their this that these"
    " those not no don't doesn't didn't won't can't isn't wasn't have has had do does did will"
    " would can could should what which who when where why how all any some more most so too"
    " very just than then there here out up down about after before again only own same into"
    " over because while product phone item bought works one customer service mine now hope"
    " really nothing anyway quality player camera buy buyer use used get got see say think know"
    " need want make made better best price off back even still never always many much few every"
    " us new old like goodbye hello wow yes thing things year years month months week day days"
    " time times two three first last other another both each between under through during"
    " without within nice good great bad well loved love hate nope ok okay please thanks thank"
)
_OTHERS = {
    "de": "der die das und ist nicht ein eine mit für auf sehr ich es zu dem den von im war aber"
    " auch nur wir sie gut schlecht habe hat wurde bin schnell ware gerne alles",
    "es": "el la los las de que y en un una es no muy con por para lo se del al pero como más está"
    " bien mi me todo producto llegó buena bueno malo excelente gracias gran",
    "fr": "le la les des du de et est un une pas je très pour que qui dans ce cette avec sur il"
    " elle nous vous mais bien au aux produit ne c'est j'ai bon merci tout rien",
    "it": "il lo la gli le di che e è un una non con per molto sono del della ma come più questo"
    " anche ho prodotto ottimo buono bene tutto arrivato",
    "nl": "de het een en is niet van ik dat met voor op zijn heel maar ook goed wel deze dit werkt",
    "pl": "jest nie to się na i z do że jak bardzo ale po od dla polecam produkt dobry",
    "pt": "o a os as de que e em um uma é não muito com por para do da no na mas mais foi meu minha"
    " produto bom boa ótimo recomendo chegou antes prazo veio entrega tudo até ainda recebi nota"
    " loja gostei excelente bem super dentro entregue compra estou adorei amei todos satisfeita"
    " sempre tempo correto nada demorou entregou correio perfeito ruim qualidade",
    "tr": "bir ve bu çok da de için ile ama gibi ürün güzel değil iyi",
}
_NEIGHBOURS = word_set(
    "това ще се която който беше няма тази още хубаво лошо са"
    " дуже дякую погано гарний гарна гарне гарно добре швидко чудово працює сподобалось"
    " сподобалося сподобався сподобалася прийшло прийшов прийшла він вона якщо або поганий"
    " дзякуй тавар"
    " веома врло добар одличан лоше лош квалитетно све"
)
_SHARED = word_set(
    "a an i in me do no as so to is was of it on at super war die dem du most den time come"
    " pro con for all or per also gut bin art man am"
)
"""Words of several languages, which tell none of them."""

_FOREIGN = frozenset(chain.from_iterable(words.split() for words in _OTHERS.values())) - _SHARED
_ENGLISH = _ENGLISH_AT_LEAST - _SHARED


class Language(StrEnum):
    """What a text is written in, as far as it can be judged."""

    ENGLISH = "en"
    RUSSIAN = "ru"
    MIXED = "mixed"
    """English and Russian, each more than a name."""
    WORDLESS = "none"
    """No letters at all: signs, figures, emoji, or nothing."""
    UNKNOWN = "unknown"


def language_of(text: str) -> Language:
    """The language of a text, told by its first 5,000 characters."""
    text = text[:LOOKED_AT]
    letters = len(_LETTER.findall(text))
    if not letters:
        return Language.WORDLESS
    cyrillic, latin = len(_CYRILLIC.findall(text)), len(_LATIN.findall(text))
    cyrillic += len(_FOREIGN_CYRILLIC.findall(text))
    if cyrillic + latin < letters / 2:
        return Language.UNKNOWN
    words = _WORD.findall(text.lower().replace("’", "'"))
    share = cyrillic / (cyrillic + latin)
    russian = share > _MINOR and _is_russian(text, words)
    english_ = share < 1 - _MINOR and _is_english([word for word in words if word < "\u0400"])
    if russian and english_ and share <= 1 - _MINOR:
        return Language.MIXED
    if russian:
        return Language.RUSSIAN if share >= 0.5 or not english_ else Language.MIXED
    return Language.ENGLISH if english_ else Language.UNKNOWN


def _is_russian(text: str, words: list[str]) -> bool:
    """Cyrillic without the letters of its neighbours, and without their words."""
    foreign = _FOREIGN_CYRILLIC.search(text) or _BULGARIAN_VOWEL.search(text)
    return not foreign and _NEIGHBOURS.isdisjoint(words)


def _is_english(words: list[str]) -> bool:
    """More words that only English has than words that others have."""
    theirs = sum(word in _FOREIGN or not word.isascii() for word in words)
    ours = sum(word in _ENGLISH for word in words)
    if ours or theirs:
        return ours >= theirs
    return any(word in _known() and word not in _SHARED for word in words)


@cache
def _known() -> frozenset[str]:
    return english.known_words()
