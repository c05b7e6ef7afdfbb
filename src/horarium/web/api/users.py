"""Users over HTTP."""

from datetime import datetime
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, delete, get, patch, post
from litestar.params import JSONBody, QueryParameter
from msgspec import UNSET, UnsetType

from horarium import shop
from horarium.web.api.parameters import App, Cursor, Identity, PageNumber, PageSize, refuses, shown
from horarium.web.api.texts import Id, Line
from horarium.web.api.versions import UNCHANGED, IfMatch, edited, named, tagged, unless_known


class NewUser(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A user to be created; without an id it gets one."""

    name: Line
    email: Annotated[str, msgspec.Meta(max_length=320, examples=["ada@example.org"])] | None = None
    country: Annotated[str, msgspec.Meta(max_length=100)] | None = None
    zone: (
        Annotated[
            str, msgspec.Meta(max_length=100, description="An IANA zone, such as Europe/London")
        ]
        | None
    ) = None
    id: Id | None = None


class UserChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is to be changed of a user; null takes a value away."""

    name: Line | UnsetType = UNSET
    email: Annotated[str, msgspec.Meta(max_length=320)] | UnsetType | None = UNSET
    country: Annotated[str, msgspec.Meta(max_length=100)] | UnsetType | None = UNSET
    zone: Annotated[str, msgspec.Meta(max_length=100)] | UnsetType | None = UNSET


class User(msgspec.Struct, frozen=True):
    """A user. Those of imported orders have no name."""

    id: str
    name: str | None
    email: str | None
    country: str | None
    zone: str | None
    created_at: datetime
    updated_at: datetime
    version: int


class Users(shop.Listing[User], frozen=True):
    """A page of users; `total` counts those of all, `next` is the cursor of the next page.

    With a cursor nothing is counted: `total` and `page` are null.
    """


@post("/users", tags=["Shop"], summary="Create a user", responses=refuses(409, body=True))
async def create_user(app: App, data: JSONBody[NewUser]) -> Response[User]:
    """Add a user. An id or e-mail address that another user has is refused with 409."""
    new = shop.NewUser(**msgspec.structs.asdict(data))
    async with app.database.transaction() as connection:
        user = await shop.create_user(connection, new)
    return tagged(_shown(user), user.version, status=201)


@get("/users", tags=["Shop"], summary="List users", responses=refuses())
async def list_users(
    app: App,
    page: PageNumber = 1,
    count: PageSize = 10,
    cursor: Cursor = None,
    email: Annotated[str | None, QueryParameter(description="With this e-mail address.")] = None,
    country: Annotated[str | None, QueryParameter(description="Of this country.")] = None,
) -> Users:
    """Users by id, one page at a time; `total` says how many there are in all."""
    async with app.database.connection() as connection:
        found = await shop.list_users(
            connection, page, count, cursor=cursor, email=email, country=country
        )
    return shown(Users, found, _shown)


@get(
    "/users/{user_id:str}",
    tags=["Shop"],
    summary="Read a user",
    responses={**refuses(404), **UNCHANGED},
)
async def read_user(request: Request[Any, Any, Any], app: App, user_id: Identity) -> Response[User]:
    """One user. Its version is the ETag; If-None-Match saves the body."""
    async with app.database.connection() as connection:
        user = await shop.read_user(connection, user_id)
    return unless_known(request, _shown(user), user.version)


@patch(
    "/users/{user_id:str}",
    tags=["Shop"],
    summary="Change a user",
    responses=refuses(404, 409, 412, 428, body=True),
)
async def change_user(
    app: App, user_id: Identity, data: JSONBody[UserChange], known: IfMatch = None
) -> Response[User]:
    """Change what the body names; the rest stays. The e-mail address of another user is 409."""
    change = shop.UserChange(**msgspec.structs.asdict(data))
    versions = edited(known)
    async with app.database.transaction() as connection:
        user = await shop.change_user(connection, user_id, change, versions)
    return tagged(_shown(user), user.version)


@delete(
    "/users/{user_id:str}",
    tags=["Shop"],
    summary="Delete a user",
    responses=refuses(404, 409, 412),
)
async def delete_user(app: App, user_id: Identity, known: IfMatch = None) -> None:
    """Delete a user. A user who has ordered is kept: 409."""
    async with app.database.transaction() as connection:
        await shop.delete_user(connection, user_id, named(known))


def _shown(user: shop.User) -> User:
    return User(**msgspec.structs.asdict(user))


ROUTES = [create_user, list_users, read_user, change_user, delete_user]
