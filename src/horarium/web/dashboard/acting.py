"""How pages act: a form of theirs is posted, and its answer leads back to the page (303).

The page then shows what has become of it, and to load it again does nothing again. A form is posted
to a path of its own, where no route of the API is. Who comes there without one, as after a login,
is led to the page that has it.
"""

from functools import partial
from typing import Any

from litestar import Request, get, post

from horarium.web.entrance import visitor_of
from horarium.web.forms import LONGEST, Form, sent
from horarium.web.origins import require_own_page

act = partial(
    post,
    include_in_schema=False,
    opt={"page": True, "act": True},
    request_max_body_size=LONGEST,
    status_code=303,
)
"""A route that takes a form; without a role of its own it is an operator's, as all that change."""

way_back = partial(get, include_in_schema=False, opt={"page": True})
"""A route of the same path that leads to the page with the form."""


async def own_form(request: Request[Any, Any, Any], kind: type[Form]) -> Form:
    """The form that a page of this server has sent.

    Raises:
        ForeignOrigin: the request does not say that it comes from there.
        InvalidInput: a field or a value of it is not understood.
    """
    require_own_page(request)
    return await sent(request, kind)


def by_whom(request: Request[Any, Any, Any]) -> str:
    """Who acts, as it is kept with what was done: on the page by ada."""
    visitor = visitor_of(request)
    return "on the page" if visitor is None else f"on the page by {visitor.name}"
