"""Many jobs run again from the list: first a page that says how many, then, if that is meant, they.

What narrows the list stands in the address of both, in the words of the list.
"""

from datetime import datetime
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, get
from msgspec.structs import replace

from horarium.accounts import Role
from horarium.engine import Filter, State
from horarium.web.api.parameters import App
from horarium.web.dashboard.acting import act, own_form
from horarium.web.dashboard.asked import asked
from horarium.web.dashboard.asked_jobs import JobsAsked, address, which_jobs, words
from horarium.web.pages import html, see
from horarium.web.wording import number

_PATH = "/dashboard/retries"


class Confirmed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the page has asked about: jobs that had ended when it counted them."""

    counted_at: Annotated[datetime, msgspec.Meta(tz=True)]


@get(_PATH, include_in_schema=False, opt={"page": True, "role": Role.OPERATOR})
async def ask_about_retries(request: Request[Any, Any, Any], app: App) -> Response[str]:
    """How many jobs it would be; nothing is done."""
    asking = asked(request, JobsAsked)
    which = _ended(which_jobs(app, asking))
    async with app.database.connection() as connection:
        counted_at = await app.book.now(connection)
    count = await app.ledger.run_again_many(which, dry_run=True)
    named = words(asking)
    return html(
        request,
        "retries.html",
        state=which.state,
        count=count,
        shown=number(count),
        counted_at=counted_at.isoformat(),
        narrowed={name: named[name] for name in named if name not in ("state", "count")},
        action=address(_PATH, named),
        back=address("/jobs", named),
    )


@act(_PATH)
async def run_again(request: Request[Any, Any, Any], app: App) -> Response[str]:
    """Queue them; what has ended since they were counted is left as it is."""
    form = await own_form(request, Confirmed)
    asking = asked(request, JobsAsked)
    which = _ended(which_jobs(app, asking))
    until = min(which.until or form.counted_at, form.counted_at)
    await app.ledger.run_again_many(replace(which, until=until))
    # In any state, or they would not be among them: they are no longer in this one.
    return see(request, address("/jobs", words(replace(asking, state=None))))


def _ended(which: Filter) -> Filter:
    """Those that failed, unless it says otherwise, as in the API."""
    return replace(which, state=which.state or State.FAILED)


ROUTES = [ask_about_retries, run_again]
