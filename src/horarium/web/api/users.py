"""Users over HTTP."""

from datetime import datetime
from typing import Annotated

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody, QueryParameter, SkipValidation

from horarium import shop
from horarium.application import Horarium
from horarium.web.api.parameters import Identity, PageNumber, PageSize, refuses, shown
from horarium.web.api.texts import Id, Line

App = NamedDependency[SkipValidation[Horarium]]


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


class User(msgspec.Struct, frozen=True):
    """A user. Those of imported orders have no name."""

    id: str
    name: str | None
    email: str | None
    country: str | None
    zone: str | None
    created_at: datetime
    updated_at: datetime


class Users(shop.Page[User], frozen=True):
    """A page of users; `total` counts those of all pages."""


@post("/users", tags=["Shop"], summary="Create a user", responses=refuses(409, body=True))
async def create_user(app: App, data: JSONBody[NewUser]) -> User:
    """Add a user. An id or e-mail address that another user has is refused with 409."""
    new = shop.NewUser(**msgspec.structs.asdict(data))
    async with app.database.transaction() as connection:
        return _shown(await shop.create_user(connection, new))


@get("/users", tags=["Shop"], summary="List users", responses=refuses())
async def list_users(
    app: App,
    page: PageNumber = 1,
    count: PageSize = 10,
    email: Annotated[str | None, QueryParameter(description="With this e-mail address.")] = None,
    country: Annotated[str | None, QueryParameter(description="Of this country.")] = None,
) -> Users:
    """Users by id, one page at a time; `total` says how many there are in all."""
    async with app.database.connection() as connection:
        found = await shop.list_users(connection, page, count, email=email, country=country)
    return shown(Users, found, _shown)


@get("/users/{user_id:str}", tags=["Shop"], summary="Read a user", responses=refuses(404))
async def read_user(app: App, user_id: Identity) -> User:
    """One user."""
    async with app.database.connection() as connection:
        return _shown(await shop.read_user(connection, user_id))


def _shown(user: shop.User) -> User:
    return User(**msgspec.structs.asdict(user))


ROUTES = [create_user, list_users, read_user]
