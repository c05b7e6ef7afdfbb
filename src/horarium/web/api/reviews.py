"""Reviews over HTTP. A text that is new or changed is scored in the background."""

from datetime import date, datetime
from typing import Annotated

import msgspec
from litestar import Response, delete, get, patch, post
from litestar.di import NamedDependency, Provide
from litestar.params import JSONBody, QueryParameter, SkipValidation
from msgspec import UNSET, UnsetType

from horarium import shop
from horarium.application import Horarium
from horarium.polarity import Language
from horarium.web.api.parameters import App, Identity, PageNumber, PageSize, checked_day, refuses
from horarium.web.api.texts import Id, Reference
from horarium.web.api.versions import IfMatch, edited, named, tagged

Which = NamedDependency[SkipValidation[shop.ReviewFilter]]
Rating = Annotated[int, msgspec.Meta(ge=1, le=5, description="1 (bad) to 5 (good)", examples=[5])]
Text = Annotated[
    str, msgspec.Meta(min_length=1, max_length=20_000, description="Of any number of lines")
]
Bound = Annotated[float | None, QueryParameter(ge=-1, le=1, description="A polarity, -1 to 1.")]


class NewReview(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A review to be created: of a product, of an order, of a product in an order, or of the shop.
    Without `written_at` it was written now.
    """

    rating: Rating
    text: Text | None = None
    product_id: Reference | None = None
    order_id: Reference | None = None
    user_id: Reference | None = None
    written_at: Annotated[datetime, msgspec.Meta(tz=True)] | None = None
    id: Id | None = None


class ReviewChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What is to be changed of a review; what is not given stays. A text of null is taken away."""

    rating: Rating | UnsetType = UNSET
    text: Text | UnsetType | None = UNSET


class Review(msgspec.Struct, frozen=True, kw_only=True):
    """A review. `polarity` is how its text judges, from -1 to 1: null while it is not scored
    (`scored_at` is null), where it has no text, and where its language is not known.
    """

    id: str
    product_id: str | None
    order_id: str | None
    user_id: str | None
    rating: int
    text: str | None
    written_at: datetime
    polarity: float | None
    language: Language | None
    model: str | None
    scored_at: datetime | None
    created_at: datetime
    updated_at: datetime
    version: int


class Reviews(shop.Page[Review], frozen=True):
    """A page of reviews; `total` counts those of all pages."""


@post("/reviews", tags=["Shop"], summary="Create a review", responses=refuses(409, body=True))
async def create_review(app: App, data: JSONBody[NewReview]) -> Response[Review]:
    """Add a review. Its text is scored in the background: the review and the job that scores it
    are there together, or neither is. An id that another review has is refused with 409.
    """
    new = shop.NewReview(**msgspec.structs.asdict(data))
    async with app.database.transaction() as connection:
        review = await shop.create_review(connection, new)
        await _enqueue(app, review)
    return tagged(_shown(review), review.version, status=201)


def review_filter(
    product_id: Annotated[str | None, QueryParameter(description="Of this product.")] = None,
    order_id: Annotated[str | None, QueryParameter(description="Of this order.")] = None,
    user_id: Annotated[str | None, QueryParameter(description="By this user.")] = None,
    first: Annotated[
        date | None, QueryParameter(name="from", description="Written on this day or later.")
    ] = None,
    last: Annotated[
        date | None, QueryParameter(name="to", description="Written on this day or earlier.")
    ] = None,
    lowest: Bound = None,
    highest: Bound = None,
    unscored: Annotated[
        bool | None, QueryParameter(description="Whose text is still to be scored, or is not.")
    ] = None,
) -> shop.ReviewFilter:
    """Which reviews a request asks for; days are those of the shop's zone."""
    return shop.ReviewFilter(
        product_id=product_id,
        order_id=order_id,
        user_id=user_id,
        first=None if first is None else checked_day("from", first),
        last=None if last is None else checked_day("to", last),
        lowest=lowest,
        highest=highest,
        unscored=unscored,
    )


@get(
    "/reviews",
    tags=["Shop"],
    summary="List reviews",
    dependencies={"which": Provide(review_filter, sync_to_thread=False)},
    responses=refuses(),
)
async def list_reviews(
    app: App,
    which: Which,
    page: PageNumber = 1,
    count: PageSize = 10,
    order: Annotated[
        shop.ReviewOrder, QueryParameter(description="Newest, oldest, worst or best first.")
    ] = shop.ReviewOrder.NEWEST,
) -> Reviews:
    """Reviews, newest first unless `order` says otherwise, one page at a time. Days are those of
    the shop's zone. Reviews without a polarity are last of worst and best, and match no bound.
    """
    async with app.database.connection() as connection:
        found = await shop.list_reviews(connection, page, count, which, order)
    items = [_shown(review) for review in found.items]
    return Reviews(items, found.total, found.page, found.count)


@get("/reviews/{review_id:str}", tags=["Shop"], summary="Read a review", responses=refuses(404))
async def read_review(app: App, review_id: Identity) -> Response[Review]:
    """One review. Its version is the ETag; scoring its text leaves that as it is."""
    async with app.database.connection() as connection:
        review = await shop.read_review(connection, review_id)
    return tagged(_shown(review), review.version)


@patch(
    "/reviews/{review_id:str}",
    tags=["Shop"],
    summary="Change a review",
    responses=refuses(404, 412, 428, body=True),
)
async def change_review(
    app: App, review_id: Identity, data: JSONBody[ReviewChange], known: IfMatch = None
) -> Response[Review]:
    """Change the rating or the text. Another text loses its polarity, and is scored in the
    background; a score of the former text that comes late is not kept.
    """
    change = shop.ReviewChange(**msgspec.structs.asdict(data))
    versions = edited(known)
    async with app.database.transaction() as connection:
        review, has_other_text = await shop.change_review(connection, review_id, change, versions)
        if has_other_text:
            await _enqueue(app, review)
    return tagged(_shown(review), review.version)


@delete(
    "/reviews/{review_id:str}",
    tags=["Shop"],
    summary="Delete a review",
    responses=refuses(404, 412),
)
async def delete_review(app: App, review_id: Identity, known: IfMatch = None) -> None:
    """Delete a review; deleted again, it is 404."""
    async with app.database.transaction() as connection:
        await shop.delete_review(connection, review_id, named(known))


async def _enqueue(app: Horarium, review: shop.Review) -> None:
    if review.text is not None and app.polarities is not None:
        await app.polarities.enqueue_reviews([(review.id, review.text_version)])


def _shown(review: shop.Review) -> Review:
    values = msgspec.structs.asdict(review)
    del values["text_version"]
    language = None if review.language is None else Language(review.language)
    return Review(**{**values, "language": language})


ROUTES = [create_review, list_reviews, read_review, change_review, delete_review]
