"""Reviews as the shop keeps them: created, changed, listed, deleted."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from horarium.database import Connection
from horarium.errors import Conflict, InvalidInput, NotFound
from horarium.shop import (
    NewProduct,
    NewReview,
    NewUser,
    ReviewChange,
    ReviewFilter,
    ReviewOrder,
    change_review,
    create_product,
    create_review,
    create_user,
    delete_review,
    list_reviews,
    read_review,
    settle_profile,
)


@pytest.fixture
async def shop(connection: Connection) -> Connection:
    """A shop in London with a mug and a user."""
    await settle_profile(connection, "Europe/London", "GBP")
    await create_product(connection, NewProduct("Mug", Decimal(1), stock=None, id="mug"))
    await create_user(connection, NewUser("Ada", id="ada"))
    return connection


async def test_a_review_is_read_as_created(shop: Connection) -> None:
    review = await create_review(
        shop, NewReview(rating=5, text="Great\nmug", product_id="mug", user_id="ada")
    )
    assert await read_review(shop, review.id) == review
    assert (review.rating, review.text, review.text_version) == (5, "Great\nmug", 1)
    assert (review.polarity, review.language, review.scored_at) == (None, None, None)
    with pytest.raises(Conflict):
        await create_review(shop, NewReview(rating=5, id=review.id))


async def test_reviews_that_cannot_be(shop: Connection) -> None:
    cases = [
        (NewReview(rating=0), "rating"),
        (NewReview(rating=6), "rating"),
        (NewReview(rating=5, text=""), "text"),
        (NewReview(rating=5, text=" \n"), "text"),
        (NewReview(rating=5, text="a\0b"), "text"),
        (NewReview(rating=5, text="\ud800"), "text"),
        (NewReview(rating=5, text="x" * 20_001), "text"),
        (NewReview(rating=5, product_id="cup"), "product_id"),
        (NewReview(rating=5, product_id="'; drop table shop.reviews; --"), "product_id"),
        (NewReview(rating=5, product_id="a\0b"), "product_id"),
        (NewReview(rating=5, order_id="1"), "order_id"),
        (NewReview(rating=5, user_id="bob"), "user_id"),
        (NewReview(rating=5, written_at=datetime(2026, 1, 1)), "written_at"),  # noqa: DTZ001
        (NewReview(rating=5, written_at=datetime(1, 1, 1, tzinfo=UTC)), "written_at"),
        (NewReview(rating=5, id=""), "id"),
    ]
    for new, field in cases:
        with pytest.raises(InvalidInput) as refused:
            await create_review(shop, new)
        assert refused.value.field == field, new
    assert (await list_reviews(shop)).total == 0


async def test_a_text_that_changes_loses_its_score(shop: Connection) -> None:
    await create_review(shop, NewReview(rating=5, text="Great", id="1"))
    await shop.execute(
        "update shop.reviews set polarity = 1, language = 'en', model = 'm', scored_at = now()"
    )
    same, differs = await change_review(shop, "1", ReviewChange(rating=4, text="Great"))
    assert (same.rating, same.polarity, same.text_version, differs) == (4, 1.0, 1, False)
    other, differs = await change_review(shop, "1", ReviewChange(text="Bad"))
    assert (other.rating, other.text, other.text_version, differs) == (4, "Bad", 2, True)
    assert (other.polarity, other.language, other.model, other.scored_at) == (None,) * 4
    without, differs = await change_review(shop, "1", ReviewChange(text=None))
    assert (without.text, without.text_version, differs) == (None, 3, True)
    kept, differs = await change_review(shop, "1", ReviewChange(rating=1))
    assert (kept.text, kept.rating, differs) == (None, 1, False)


async def test_changes_that_cannot_be(shop: Connection) -> None:
    await create_review(shop, NewReview(rating=5, text="Great", id="1"))
    for change in (ReviewChange(rating=9), ReviewChange(text="")):
        with pytest.raises(InvalidInput):
            await change_review(shop, "1", change)
    for identity in ("2", "", "a\0b", "x" * 300):
        for act in (
            change_review(shop, identity, ReviewChange(rating=1)),
            delete_review(shop, identity),
            read_review(shop, identity),
        ):
            with pytest.raises(NotFound):
                await act


async def test_a_review_is_deleted_once(shop: Connection) -> None:
    await create_review(shop, NewReview(rating=5, id="1"))
    await delete_review(shop, "1")
    with pytest.raises(NotFound):
        await delete_review(shop, "1")


async def test_lists_are_filtered_and_sorted(shop: Connection) -> None:
    for identity, day, polarity in (("1", 28, 0.5), ("2", 29, -0.5), ("3", 30, None)):
        # Half past midnight in London's summer is still the day before in UTC.
        written_at = datetime(2026, 3, day, 23, 30, tzinfo=UTC)
        new = NewReview(rating=5, text="x", product_id="mug", written_at=written_at, id=identity)
        await create_review(shop, new)
        if polarity is not None:
            await shop.execute(
                "update shop.reviews set polarity = $2, language = 'en', model = 'm',"
                " scored_at = now() where id = $1",
                *(identity, polarity),
            )

    async def found(order: ReviewOrder = ReviewOrder.NEWEST, **which: object) -> list[str]:
        page = await list_reviews(shop, 1, 10, ReviewFilter(**which), order)  # type: ignore[arg-type]
        assert page.total == len(page.items)
        return [review.id for review in page.items]

    assert await found() == ["3", "2", "1"]
    assert await found(ReviewOrder.OLDEST) == ["1", "2", "3"]
    assert await found(ReviewOrder.WORST) == ["2", "1", "3"]
    assert await found(ReviewOrder.BEST) == ["1", "2", "3"]
    assert await found(product_id="mug") == ["3", "2", "1"]
    assert await found(product_id="\0") == await found(user_id="ada") == []
    assert await found(unscored=True) == ["3"]
    assert await found(unscored=False) == ["2", "1"]
    assert await found(highest=0) == ["2"]
    assert await found(lowest=0, highest=1) == ["1"]
    # The clocks went forward on the 29th: the 28th of March ended at midnight UTC.
    assert await found(first=date(2026, 3, 28), last=date(2026, 3, 28)) == ["1"]
    assert await found(first=date(2026, 3, 30)) == ["3", "2"]
    assert await found(last=date(2026, 3, 29)) == ["1"]
    page = await list_reviews(shop, 2, 1)
    assert ([review.id for review in page.items], page.total) == (["2"], 3)


async def test_filters_that_cannot_be(shop: Connection) -> None:
    for which in (
        ReviewFilter(first=date(2026, 1, 2), last=date(2026, 1, 1)),
        ReviewFilter(lowest=0.5, highest=0.4),
        ReviewFilter(lowest=float("nan")),
        ReviewFilter(highest=1.5),
    ):
        with pytest.raises(InvalidInput):
            await list_reviews(shop, which=which)
