"""Reviews from a file: all or nothing, as often as wanted, linked to the orders that are there."""

import gzip
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import pytest

from horarium import reports
from horarium.database import Connection
from horarium.errors import InvalidInput
from horarium.reports.reviews import review_figures
from horarium.shop import list_reviews, read_review
from horarium.shop.imports.rejects import BadLines
from horarium.shop.imports.reviews import import_reviews

HEADER = (
    "review_id,order_id,review_score,review_comment_title,review_comment_message,"
    "review_creation_date,review_answer_timestamp\n"
)
FIRST = 'r1,o1,5,Great,"Works\nwell",2018-01-01 00:00:00,2018-01-02 10:00:00\n'
# By day of creation: reviews, average score.
DAYS = {"2017-10-15": "8 3.63", "2017-12-05": "49 4.12", "2018-05-07": "2 4.00"}
SECOND = "r1,o2,1,,,2018-01-01 00:00:00,2018-01-03 10:00:00\n"


def written(folder: Path, *lines: str) -> Path:
    path = folder / "reviews.csv"
    path.write_text("".join((HEADER, *lines)), "utf-8")
    return path


async def place(connection: Connection, order: str) -> None:
    await connection.execute(
        "insert into shop.orders (id, currency, placed_at) values ($1, 'BRL', now())", order
    )


async def test_reviews_are_kept_and_named_for_scoring(
    connection: Connection, tmp_path: Path
) -> None:
    await place(connection, "o1")
    done = await import_reviews(connection, written(tmp_path, FIRST, SECOND))
    assert (done.lines, done.added, done.changed, done.without_order) == (2, 2, 0, 1)
    assert done.unscored == [("r1:o1", 1)]
    review = await read_review(connection, "r1:o1")
    assert (review.order_id, review.rating, review.text) == ("o1", 5, "Great\nWorks\nwell")
    # São Paulo had summer time in January 2018.
    assert review.written_at == datetime(2018, 1, 1, 2, tzinfo=UTC)
    silent = await read_review(connection, "r1:o2")
    assert (silent.order_id, silent.text) == (None, None)


async def test_again_changes_what_differs(connection: Connection, tmp_path: Path) -> None:
    await import_reviews(connection, written(tmp_path, FIRST, SECOND))
    again = await import_reviews(connection, written(tmp_path, FIRST, SECOND))
    assert (again.added, again.changed, again.unscored) == (0, 0, [])
    await connection.execute(
        "update shop.reviews set polarity = 1, language = 'en', model = 'm', scored_at = now()"
        " where id = 'r1:o1'"
    )
    await place(connection, "o1")
    linked = await import_reviews(connection, written(tmp_path, FIRST))
    assert (linked.changed, linked.unscored) == (1, [])
    review = await read_review(connection, "r1:o1")
    assert (review.order_id, review.polarity) == ("o1", 1.0)
    edited = await import_reviews(connection, written(tmp_path, FIRST.replace("Great", "Bad")))
    assert edited.unscored == [("r1:o1", 2)]
    assert (await read_review(connection, "r1:o1")).polarity is None


async def test_of_two_lines_with_one_id_the_later_counts(
    connection: Connection, tmp_path: Path
) -> None:
    done = await import_reviews(connection, written(tmp_path, FIRST, FIRST.replace(",5,", ",2,")))
    assert done.added == 1
    assert (await read_review(connection, "r1:o1")).rating == 2


async def test_bad_lines_keep_the_file_out(connection: Connection, tmp_path: Path) -> None:
    bad = (
        FIRST.replace(",5,", ",6,"),
        FIRST.replace("2018-01-01 00", "2018-13-01 00"),
        "r3,o3,5\n",
        FIRST.replace("r1,", ","),
        FIRST.replace("Great", "G\x07"),
    )
    path = written(tmp_path, SECOND, *bad)
    with pytest.raises(BadLines) as refused:
        await import_reviews(connection, path)
    assert refused.value.total == 5
    assert [each.column for each in refused.value.bad] == [
        "review_score",
        "review_creation_date",
        None,
        "review_id",
        "review_comment_message",
    ]
    assert (await list_reviews(connection)).total == 0
    done = await import_reviews(connection, path, skip_bad=tmp_path / "bad.csv")
    assert (done.lines, done.bad) == (1, 5)
    assert (tmp_path / "bad.csv").read_text("utf-8").count("review_score") == 1


async def test_files_that_are_none_of_these(connection: Connection, tmp_path: Path) -> None:
    path = tmp_path / "other.csv"
    for content in ("a,b\n1,2\n", "", "\n\n"):
        path.write_text(content)
        with pytest.raises(InvalidInput):
            await import_reviews(connection, path)
    with pytest.raises(InvalidInput, match="no such file"):
        await import_reviews(connection, tmp_path / "nothing.csv")
    with pytest.raises(InvalidInput, match="zone"):
        await import_reviews(connection, written(tmp_path, FIRST), zone="Mars")


async def test_olists_own_file(connection: Connection, shared_data: Path) -> None:
    path = shared_data / "olist-sample-15k" / "olist_order_reviews_dataset.csv.gz"
    with gzip.open(path, "rt") as file:
        assert file.readline() == HEADER
    done = await import_reviews(connection, path, skip_bad=None)
    assert (done.lines, done.added, done.bad) == (14944, 14944, 0)
    assert (await import_reviews(connection, path)).added == 0
    for day, known in DAYS.items():
        period = reports.period_of(date.fromisoformat(day), "day", "America/Sao_Paulo")
        found = await review_figures(connection, period.starts_at, period.ends_at)
        mean = Decimal(str(found.mean_rating)).quantize(Decimal("0.01"), ROUND_HALF_UP)
        assert f"{found.count} {mean}" == known, day
