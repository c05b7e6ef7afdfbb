"""Scoring in the background: the built-in tasks of the queue `polarity`.

`score_reviews` scores the texts of reviews in one statement each way. A job names reviews together
with the versions of their texts; a text that was edited meanwhile is not touched, since its edit
has made a job of its own. So a job may run twice, late, or beside another, and the score is that of
the text. `score_texts` scores texts that nobody keeps; its result has them.

Scoring is work for the CPU: it runs in threads, a chunk at a time, so that the worker's heartbeat
and its other jobs go on.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from pathlib import Path
from threading import Lock
from typing import Any, TypeVar

import msgspec

from horarium.builtin_tasks import SCORE_REVIEWS, SCORE_TEXTS
from horarium.database import Connection, statement
from horarium.engine import JobConnection, LedgerBroker, Progress
from horarium.polarity import Polarity, Scorer, chosen_scorer

QUEUE = "polarity"
REVIEWS_TASK = SCORE_REVIEWS
TEXTS_TASK = SCORE_TEXTS
CHUNK = 200
"""Texts that are scored between two reports of progress."""

AT_ONCE = 1000
"""Reviews of one job."""

T = TypeVar("T")

Score = Callable[[Sequence[str]], Awaitable[list[Polarity]]]

Told = Callable[[int, int], None]
"""Told how many texts are done, and of how many."""

_RETRIES = {"retry_on_error": True, "max_retries": 5, "retry_delay": 5, "retry_backoff": 2}


class Scored(msgspec.Struct, frozen=True):
    """The result of a job that scored texts, in their order."""

    items: list[Polarity]


class PolarityTasks:
    """The tasks that score, and the scorer that they share with whoever wants a score at once.

    Args:
        model: the folder of a transformer; `None`: the lexicons.
        scorer: one that is open already, instead.
    """

    def __init__(
        self, broker: LedgerBroker, model: Path | None = None, scorer: Scorer | None = None
    ) -> None:
        self._broker = broker
        self._model = model
        self._opening = Lock()
        self._scorer = scorer
        register = broker.register_task
        self._reviews: Any = register(
            _review_task(self.score), REVIEWS_TASK, queue=QUEUE, **_RETRIES
        )
        self._texts: Any = register(_text_task(self.score), TEXTS_TASK, queue=QUEUE)

    @property
    def scorer(self) -> Scorer:
        """What scores; it is opened by its first use, once."""
        with self._opening:
            if self._scorer is None:
                self._scorer = chosen_scorer(self._model)
            return self._scorer

    async def score(self, texts: Sequence[str]) -> list[Polarity]:
        """The polarity of each text, in a thread."""
        return await asyncio.to_thread(lambda: self.scorer.score(texts))

    async def enqueue_reviews(self, reviews: Sequence[tuple[str, int]]) -> None:
        """Score reviews in the background: ids, and versions of their texts. In the current
        transaction, if there is one."""
        calls = [{"reviews": part} for part in _parts(reviews, AT_ONCE)]
        if len(calls) == 1:
            await self._reviews.kiq(**calls[0])
        elif calls:
            await self._broker.enqueue_many(self._reviews, calls)

    async def enqueue_texts(self, texts: Sequence[str]) -> str:
        """Score texts in the background; returns the job's id."""
        sent = await self._texts.kiq(texts=list(texts))
        return str(sent.task_id)


def _review_task(score: Score) -> Callable[..., Awaitable[int]]:
    async def score_reviews(
        reviews: list[tuple[str, int]], connection: JobConnection, progress: Progress
    ) -> int:
        """Score the texts of reviews that are still as they were; returns how many were."""
        return await score_versions(connection, reviews, score, _teller(progress))

    return score_reviews


def _text_task(score: Score) -> Callable[..., Awaitable[Scored]]:
    async def score_texts(texts: list[str], progress: Progress) -> Scored:
        """Score texts."""
        return Scored(await score_in_chunks(texts, score, _teller(progress)))

    return score_texts


def _teller(progress: Progress) -> Told:
    """How the progress of a job is told."""

    def tell(done: int, total: int) -> None:
        progress.set(done / total, f"{done:,} of {total:,} texts", "scoring")

    return tell


async def score_versions(
    connection: Connection, reviews: Sequence[tuple[str, int]], score: Score, tell: Told
) -> int:
    """Score the reviews whose texts are still of these versions; returns how many were."""
    ids, versions = [review for review, _ in reviews], [version for _, version in reviews]
    rows = await connection.fetch(statement(__package__, "unscored_texts"), ids, versions)
    if not rows:
        return 0
    found = await score_in_chunks([row["text"] for row in rows], score, tell)
    kept = await connection.fetch(
        statement(__package__, "keep_scores"),
        [row["id"] for row in rows],
        [row["text_version"] for row in rows],
        [each.polarity for each in found],
        [each.language for each in found],
        [each.model for each in found],
    )
    return len(kept)


async def score_in_chunks(texts: Sequence[str], score: Score, tell: Told) -> list[Polarity]:
    """Score texts, and tell after each chunk how many are done."""
    scored: list[Polarity] = []
    for chunk in _parts(texts, CHUNK):
        scored += await score(chunk)
        tell(len(scored), len(texts))
    return scored


def _parts(whole: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    return (whole[start : start + size] for start in range(0, len(whole), size))
