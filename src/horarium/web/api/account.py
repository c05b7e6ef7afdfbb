"""`GET /account`: whom a token belongs to."""

from typing import Any

import msgspec
from litestar import Request, get

from horarium.accounts import Role
from horarium.web.api.parameters import refuses
from horarium.web.entrance import visitor_of


class Me(msgspec.Struct, frozen=True):
    """Who asks. Without a name nobody was asked who they are: this server lets everybody in."""

    name: str | None
    role: Role


@get("/account", tags=["Operation"], summary="Who am I", responses=refuses())
async def read_account(request: Request[Any, Any, Any]) -> Me:
    """The account of the token that the request shows, and its role: a reader looks, an operator
    acts, an admin also sees everybody's journal. The account owns the jobs that it causes.
    """
    visitor = visitor_of(request)
    return Me(None, Role.ADMIN) if visitor is None else Me(visitor.name, visitor.role)


ROUTES = [read_account]
