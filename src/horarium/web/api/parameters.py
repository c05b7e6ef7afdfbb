"""What many routes take and answer: pages, days, problem documents."""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, TypeVar
from zoneinfo import ZoneInfo

import msgspec
from litestar import Request, Response
from litestar.di import NamedDependency, Provide
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import PathParameter, QueryParameter, SkipValidation

from horarium.application import Horarium
from horarium.errors import InvalidInput
from horarium.mismatch import refusal
from horarium.shop import Listing, Page
from horarium.web.paths import root_of
from horarium.web.problems import MEDIA_TYPE, Problem, ReadinessProblem, StockProblem

Shown = TypeVar("Shown", bound=Listing[Any])
Paged = TypeVar("Paged", bound=Page[Any])
Begun = TypeVar("Begun")

App = NamedDependency[SkipValidation[Horarium]]

LAST_PAGE = 1_000_000_000
MOST_ITEMS = 1000
YEARS = range(1900, 2200)

PageNumber = Annotated[
    int, QueryParameter(ge=1, le=LAST_PAGE, description="Which page, from 1.", title="Page")
]
PageSize = Annotated[
    int, QueryParameter(ge=1, le=MOST_ITEMS, description="Items on a page, up to 1000.")
]
Cursor = Annotated[
    str | None,
    QueryParameter(
        max_length=4000,
        description="`next` of the page before, instead of a page; nothing is counted then.",
    ),
]
Identity = Annotated[str, PathParameter(description="The id, as it was given or made.")]

_DAY = "A day, such as 2010-12-01. `date`, `report_date` and `date_param` are the same."
_Instant = Annotated[dt.datetime, msgspec.Meta(tz=True)]
Day = Annotated[dt.date | None, QueryParameter(description=_DAY)]


def chosen_day(date: Day = None, report_date: Day = None, date_param: Day = None) -> dt.date | None:
    """The one day that a request names, under whichever of its names.

    Raises:
        InvalidInput: it names two different days, or a year that no report is of.
    """
    named = {"date": date, "report_date": report_date, "date_param": date_param}
    given = {name: day for name, day in named.items() if day is not None}
    if len(set(given.values())) > 1:
        days = " and ".join(f"{name}={day}" for name, day in given.items())
        raise InvalidInput(next(iter(given)), f"the request names more than one day: {days}")
    for name, day in given.items():
        return checked_day(name, day)
    return None


def checked_day(name: str, day: dt.date) -> dt.date:
    """The day, if there can be a report of it.

    Raises:
        InvalidInput: its year is out of range.
    """
    if day.year in YEARS:
        return day
    raise InvalidInput(name, f"the year has to be from {YEARS[0]} to {YEARS[-1]}, not {day.year}")


CHOSEN_DAY: Mapping[str, Provide] = {"day": Provide(chosen_day, sync_to_thread=False)}


async def present(app: Horarium) -> dt.datetime:
    """The time by the database's clock."""
    async with app.database.connection() as connection:
        return await app.book.now(connection)


async def today(app: Horarium, zone: str) -> dt.date:
    """The day that it is in a zone, by the database's clock."""
    return (await present(app)).astimezone(ZoneInfo(zone)).date()


def instant(field: str, text: str | None) -> dt.datetime | None:
    """An instant of a query parameter; Litestar itself would take a number for one.

    Raises:
        InvalidInput: it is no RFC 3339 time with an offset.
    """
    if text is None:
        return None
    try:
        # A plus sign that was not escaped arrives as a space.
        return msgspec.convert(text.replace(" ", "+"), _Instant)
    except msgspec.ValidationError as error:
        raise InvalidInput(field, refusal(str(error))[1]) from None


def shown(kind: type[Shown], found: Listing[Any], show: Callable[[Any], Any]) -> Shown:
    """The list with each item as the API shows it."""
    items = [show(item) for item in found.items]
    return kind(items, found.total, found.page, found.count, found.next)


def page_of(kind: type[Paged], every: Sequence[Any], page: int, count: int) -> Paged:
    """A page of a list that is short enough to be held as a whole."""
    return kind(list(every[(page - 1) * count : page * count]), len(every), page, count)


def begun(
    request: Request[Any, Any, Any], value: Begun, path: str, **headers: str
) -> Response[Begun]:
    """The answer to what is done in the background: 202, and where it is told how far it is."""
    place = {"Location": root_of(request) + path, **headers}
    return Response(value, status_code=202, headers=place)


_MEANINGS = {
    400: "A value, a parameter or the body cannot be used; nothing was changed",
    401: "A token is needed, or this one is not valid",
    403: "The account's role does not allow it",
    404: "There is nothing under this id, or of this day",
    412: "It was changed since it was read: read it again; nothing was changed",
    428: "If-Match is missing: the ETag of what was read, or *",
    409: "What is there now forbids it; nothing was changed",
    413: "The body is too large",
    415: "The body is not application/json",
    416: "The file has no such bytes",
    500: "Unexpected error; the server's log says more",
    501: "A package that this needs is not installed here",
    503: "The database does not answer, or a part is not ready",
}


def refuses(
    *statuses: int,
    body: bool = False,
    document: type[Problem] = Problem,
    public: bool = False,
) -> dict[int, ResponseSpec]:
    """The problem documents that a route answers, for its OpenAPI description.

    Args:
        public: nobody is asked for a token.
    """
    every = {
        400,
        *(() if public else (401, 403)),
        *statuses,
        *((413, 415) if body else ()),
        500,
        503,
    }
    own = {StockProblem: 409, ReadinessProblem: 503}.get(document)
    return {
        status: ResponseSpec(
            document if status == own else Problem,
            generate_examples=False,
            description=_MEANINGS[status],
            media_type=MEDIA_TYPE,
        )
        for status in sorted(every)
    }
