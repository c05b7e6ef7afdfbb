"""Polarity: how a text judges what it speaks of, from -1 (bad) to 1 (good).

Pure: texts in, numbers out. English is read by vaderSentiment with a lexicon of shop reviews beside
its own, Russian by rules of the same kind on a lexicon of ours. A text of another language gets no
polarity: a guess would count in a mean, and nobody could tell it from a judgement.
"""

from horarium.polarity.choice import chosen_scorer
from horarium.polarity.language import Language, language_of
from horarium.polarity.scorer import LEXICON, Polarity, Scorer, polarity

__all__ = ["LEXICON", "Language", "Polarity", "Scorer", "chosen_scorer", "language_of", "polarity"]
