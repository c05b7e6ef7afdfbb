"""Which jobs the address of a page asks for, and the same words for the address of another."""

from urllib.parse import urlencode

from horarium.application import Horarium
from horarium.engine import Filter, State
from horarium.web.api.job_filter import job_filter
from horarium.web.dashboard.asked import Listing


class JobsAsked(Listing, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the address asks for; the same words as those of the API."""

    state: State | None = None
    task: str | None = None
    without: str | None = None
    queue: str | None = None
    schedule: str | None = None
    owner: str | None = None
    batch: str | None = None
    since: str | None = None
    until: str | None = None
    arguments: str | None = None


def which_jobs(app: Horarium, asking: JobsAsked) -> Filter:
    """The filter that it stands for.

    Raises:
        InvalidInput: a value of it cannot be used.
    """
    named = {name: getattr(asking, name) for name in asking.__struct_fields__}
    del named["page"], named["count"]
    return job_filter(app, in_state=named.pop("state"), **named)


def words(asking: JobsAsked) -> dict[str, str]:
    """What narrows the list, for the addresses of its other pages."""
    values = {name: getattr(asking, name) for name in asking.__struct_fields__ if name != "page"}
    return {name: str(value) for name, value in values.items() if value is not None}


def address(path: str, named: dict[str, str]) -> str:
    """The address of a page that is asked for the same."""
    return f"{path}?{urlencode(named)}" if named else path
