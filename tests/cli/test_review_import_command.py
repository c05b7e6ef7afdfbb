"""`horarium import --format olist-reviews`."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

Horarium = Callable[..., Any]

LINES = (
    "review_id,order_id,review_score,review_comment_title,review_comment_message,"
    "review_creation_date,review_answer_timestamp\n"
    "r1,o1,5,,Great,2018-06-01 00:00:00,2018-06-02 10:00:00\n"
    "r2,o2,1,,,2018-06-01 00:00:00,2018-06-02 10:00:00\n"
)


def test_reviews_are_imported_and_their_scoring_is_enqueued(
    horarium: Horarium, tmp_path: Path
) -> None:
    path = tmp_path / "reviews.csv"
    path.write_text(LINES)
    command = ("import", str(path), "--format", "olist-reviews")
    done = horarium(*command, "--json")
    assert done.status == 0, done.error
    assert done.json == {
        "lines": 2, "bad": 0, "added": 2, "changed": 0, "without_order": 2, "unscored": 1,
    }  # fmt: skip
    jobs = horarium("job", "list", "--queue", "polarity", "--json").json
    assert len(jobs) == 1
    again = horarium(*command)
    assert again.status == 0
    assert "0 added, 0 changed" in again.out
    assert len(horarium("job", "list", "--queue", "polarity", "--json").json) == 1


def test_a_bad_line_keeps_the_file_out(horarium: Horarium, tmp_path: Path) -> None:
    path = tmp_path / "reviews.csv"
    path.write_text(LINES.replace(",5,", ",9,"))
    done = horarium("import", str(path), "--format", "olist-reviews")
    assert done.status in (1, 2)
    assert "review_score" in done.error
    assert "Traceback" not in done.error
