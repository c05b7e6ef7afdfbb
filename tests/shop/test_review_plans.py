"""The statements on reviews that run often go by their index, however many reviews there are."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from horarium.database import Connection, statement

# Plans follow statistics and sizes: those of tables that nothing was ever in.
pytestmark = pytest.mark.new_database

START = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
async def many(connection: Connection) -> Connection:
    """Twenty thousand reviews of two hundred days."""
    await connection.execute(
        "insert into shop.reviews (id, rating, text, written_at)"
        " select n::text, 3, 'text ' || n, $1::timestamptz + n * interval '864 s'"
        " from generate_series(1, 20000) n",
        START,
    )
    await connection.execute("analyze shop.reviews")
    return connection


async def plan(connection: Connection, package: str, name: str, *arguments: Any) -> str:
    async with connection.transaction():
        rows = await connection.fetch(f"explain {statement(package, name)}", *arguments)
    return "\n".join(row[0] for row in rows)


async def test_the_figures_of_a_day(many: Connection) -> None:
    day = (START, START + timedelta(days=1), 5, 300)
    text = await plan(many, "horarium.reports", "review_figures", *day)
    assert "reviews_written" in text
    assert "Seq Scan on reviews" not in text


async def test_texts_that_are_read_and_scores_that_are_kept(many: Connection) -> None:
    ids, versions = ["1", "2"], [1, 1]
    read = await plan(many, "horarium.shop", "unscored_texts", ids, versions)
    scored = ([0.5, None], ["en", "unknown"], ["m", "m"])
    kept = await plan(many, "horarium.shop", "keep_scores", ids, versions, *scored)
    assert "reviews_pkey" in read or "reviews_unscored" in read
    assert "reviews_pkey" in kept
    assert "Seq Scan on reviews" not in read + kept
