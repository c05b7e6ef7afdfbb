"""The names of the built-in tasks.

A broker knows a built-in task by its name before the code behind it is imported; so the names stand
apart from what they name.
"""

from typing import Final

BUILD_REPORT: Final = "horarium.reports:build"
MAKE_EXPORT: Final = "horarium.exports:make"
DELIVER: Final = "horarium.deliveries:deliver"
WRITE_JOURNAL: Final = "horarium.journal:write"
SCORE_REVIEWS: Final = "horarium.polarity:score_reviews"
SCORE_TEXTS: Final = "horarium.polarity:score_texts"

HOUSEKEEPING: Final = (WRITE_JOURNAL, SCORE_REVIEWS)
"""Those that run by themselves and that nobody waits for: looks at the whole leave them out."""
