"""Reviews are scored in the background, once, and by the text that they have."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from engine.workplace import ended, eventually, working
from horarium import shop
from horarium.application import Horarium
from horarium.engine import State
from horarium.polarity import LEXICON, Scorer
from horarium.settings import Settings
from horarium.shop import NewReview, Review, ReviewChange
from horarium.shop.scoring import PolarityTasks


@pytest.fixture
async def app(database_url: str) -> AsyncIterator[Horarium]:
    app = Horarium(Settings(database_url=database_url, zone="Europe/London", currency="GBP"))
    async with app.running():
        await app.settle()
        yield app


async def write(app: Horarium, identity: str, text: str | None) -> Review:
    assert app.polarities is not None
    async with app.database.transaction() as connection:
        review = await shop.create_review(connection, NewReview(rating=3, text=text, id=identity))
        if text is not None:
            await app.polarities.enqueue_reviews([(identity, review.text_version)])
    return review


async def edit(app: Horarium, identity: str, text: str) -> None:
    assert app.polarities is not None
    async with app.database.transaction() as connection:
        review, _ = await shop.change_review(connection, identity, ReviewChange(text=text))
        await app.polarities.enqueue_reviews([(identity, review.text_version)])


async def read(app: Horarium, identity: str) -> Review:
    async with app.database.connection() as connection:
        return await shop.read_review(connection, identity)


async def unscored(app: Horarium) -> int:
    async with app.database.connection() as connection:
        which = shop.ReviewFilter(unscored=True)
        return (await shop.list_reviews(connection, which=which)).total


async def test_reviews_are_scored(app: Horarium) -> None:
    await write(app, "good", "Excellent, I love it")
    await write(app, "bad", "Ужасное качество, сломался")
    await write(app, "foreign", "Muito bom, recomendo")
    await write(app, "silent", None)
    async with working(app.broker.worker()):
        await eventually(lambda: unscored(app), 0)
    good, bad, foreign = [await read(app, each) for each in ("good", "bad", "foreign")]
    assert (good.polarity or 0) > 0.5
    assert (bad.polarity or 0) < -0.5
    assert (good.language, bad.language, foreign.language) == ("en", "ru", "unknown")
    assert foreign.polarity is None
    assert foreign.scored_at is not None
    assert (await read(app, "silent")).scored_at is None


async def test_a_review_and_its_job_are_there_together_or_not_at_all(app: Horarium) -> None:
    assert app.polarities is not None
    with pytest.raises(RuntimeError):
        async with app.database.transaction() as connection:
            await shop.create_review(connection, NewReview(rating=3, text="good", id="1"))
            await app.polarities.enqueue_reviews([("1", 1)])
            raise RuntimeError
    assert await app.ledger.jobs() == []
    assert await unscored(app) == 0


class Slow:
    """A model that waits to be let go on."""

    name = "slow"

    def __init__(self) -> None:
        self.begun = threading.Event()
        self.go_on = threading.Event()

    def score(self, texts: Sequence[str]) -> list[float]:
        self.begun.set()
        assert self.go_on.wait(15)
        return [0.9 if "good" in text else -0.9 for text in texts]


async def test_an_edit_during_the_scoring_is_not_overwritten(app: Horarium) -> None:
    slow = Slow()
    app.polarities = PolarityTasks(app.broker, scorer=Scorer(slow))
    await write(app, "1", "a good thing")
    async with working(app.broker.worker(slots=1)):
        await asyncio.to_thread(slow.begun.wait, 15)
        await edit(app, "1", "a bad thing")
        slow.go_on.set()

        async def both_jobs() -> int:
            return (await app.ledger.counts()).get(State.SUCCEEDED, 0)

        await eventually(both_jobs, 2)
    review = await read(app, "1")
    assert (review.polarity, review.text_version, review.model) == (-0.9, 2, "slow")
    results = sorted([int(bytes(job.result or b"")) for job in await app.ledger.jobs()])
    assert results == [0, 1]


async def test_scoring_twice_is_scoring_once(app: Horarium) -> None:
    assert app.polarities is not None
    await write(app, "1", "good")
    await app.polarities.enqueue_reviews([("1", 1), ("gone", 1)])
    async with working(app.broker.worker()):
        await eventually(lambda: unscored(app), 0)
        first = await read(app, "1")
        await app.polarities.enqueue_reviews([("1", 1)])

        async def done() -> int:
            return (await app.ledger.counts()).get(State.SUCCEEDED, 0)

        await eventually(done, 3)
    assert await read(app, "1") == first


async def test_a_model_that_cannot_be_used_leaves_it_to_the_lexicons(
    app: Horarium, tmp_path: Path
) -> None:
    app.polarities = PolarityTasks(app.broker, tmp_path / "nothing")
    await write(app, "1", "good")
    async with working(app.broker.worker()):
        await eventually(lambda: unscored(app), 0)
    assert (await read(app, "1")).model == LEXICON


async def test_many_texts_in_one_job(app: Horarium) -> None:
    assert app.polarities is not None
    texts = ["good phone", "плохой телефон", "Sehr gut und schnell", ""] * 250
    job = await app.polarities.enqueue_texts(texts)
    async with working(app.broker.worker()):
        result = await ended(app.ledger, job)
    assert result.state is State.SUCCEEDED
    assert result.queue == "polarity"


async def test_five_thousand_reviews_in_jobs_of_a_thousand(app: Horarium) -> None:
    assert app.polarities is not None
    async with app.database.transaction() as connection:
        await connection.execute(
            "insert into shop.reviews (id, rating, text)"
            " select n::text, 5, 'Review ' || n || ': works great, I am happy with the quality'"
            " from generate_series(1, 5000) n"
        )
        rows = [(str(n), 1) for n in range(1, 5001)]
        await app.polarities.enqueue_reviews(rows)
    assert len(await app.ledger.jobs()) == 5
    begun = time.monotonic()
    async with working(app.broker.worker()):
        await eventually(lambda: unscored(app), 0)
    assert time.monotonic() - begun < 15
