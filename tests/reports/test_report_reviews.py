"""The reviews of a period beside its figures."""

from datetime import UTC, datetime, timedelta

from shop_orders import DAY, NOON, build_day, place, settle

from horarium.database import Connection
from horarium.reports import ReviewFigures, summary
from horarium.shop import NewReview, create_review
from horarium.web.dashboard.reviews import reviews_line


async def review(
    connection: Connection,
    identity: str,
    polarity: float | None,
    *,
    rating: int = 3,
    order: str | None = None,
    at: datetime = NOON,
    text: str | None = "a text",
) -> None:
    new = NewReview(rating=rating, text=text, order_id=order, written_at=at, id=identity)
    await create_review(connection, new)
    if polarity is not None:
        await connection.execute(
            "update shop.reviews set polarity = $2, language = 'en', model = 'm', scored_at = now()"
            " where id = $1",
            *(identity, polarity),
        )


async def figures(connection: Connection) -> ReviewFigures:
    return (await summary(connection, DAY)).reviews


async def test_the_mean_and_the_worst_with_their_orders(connection: Connection) -> None:
    await settle(connection)
    await place(connection, "1", ("mug", 1, "1"))
    await review(connection, "good", 0.8, rating=5)
    await review(connection, "bad", -0.2, rating=2, order="1")
    await review(connection, "worst", -0.9, rating=1, order="1", text="x" * 1000)
    await review(connection, "unscored", None)
    await review(connection, "silent", None, text=None)
    await build_day(connection)
    found = await figures(connection)
    assert (found.count, found.scored, found.unscored) == (5, 3, 1)
    assert (found.mean_polarity, found.mean_rating) == (-0.1, 2.8)
    assert [(each.id, each.order_id) for each in found.worst] == [("worst", "1"), ("bad", "1")]
    assert len(found.worst[0].text) == 300
    assert reviews_line(found) == (
        "5 reviews, mean polarity \u22120.10, 1 still to be scored; "
        "the worst are of order 1 (\u22120.90), order 1 (\u22120.20)."
    )


async def test_at_most_five_of_them(connection: Connection) -> None:
    await settle(connection)
    for number in range(1, 8):
        await review(connection, str(number), -number / 10)
    await build_day(connection)
    assert [each.id for each in (await figures(connection)).worst] == ["7", "6", "5", "4", "3"]


async def test_a_period_without_reviews(connection: Connection) -> None:
    await settle(connection)
    await build_day(connection)
    found = await figures(connection)
    assert (found.count, found.mean_polarity, found.mean_rating, found.worst) == (0, None, None, [])
    assert reviews_line(found) == ""


async def test_a_review_belongs_to_the_day_of_the_reports_zone(connection: Connection) -> None:
    await settle(connection, "Europe/Moscow")
    midnight = datetime(2026, 3, 1, 21, tzinfo=UTC)
    for identity, at in (
        ("before", midnight - timedelta(microseconds=1)),
        ("first", midnight),
        ("last", midnight + timedelta(days=1, microseconds=-1)),
        ("after", midnight + timedelta(days=1)),
    ):
        await review(connection, identity, -0.5, at=at)
    await build_day(connection, zone="Europe/Moscow")
    assert [each.id for each in (await figures(connection)).worst] == ["first", "last"]


async def test_a_score_that_comes_after_the_build_counts(connection: Connection) -> None:
    await settle(connection)
    await build_day(connection)
    await review(connection, "late", 0.5)
    assert (await figures(connection)).mean_polarity == 0.5
