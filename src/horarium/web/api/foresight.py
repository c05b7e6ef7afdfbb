"""What comes, over HTTP: the next due times of a schedule or of a rule, and the crowd of all."""

from datetime import datetime, timedelta
from typing import Annotated

import msgspec
from litestar import get, post
from litestar.params import JSONBody, QueryParameter

from horarium.accounts import Role
from horarium.application import Horarium
from horarium.engine import (
    LONGEST_FORECAST,
    DueTime,
    InvalidTimetable,
    RuleDraft,
    Timetable,
    compiled,
    forecast,
    preview,
    tried,
    zone_data_version,
)
from horarium.errors import InvalidInput
from horarium.web.api.parameters import App, Identity, instant, present, refuses

MOST_PREVIEWED = 1000
_MOST_HOURS = LONGEST_FORECAST // timedelta(hours=1)
_PREVIEWED = "How many due times, up to 1000."


class Preview(msgspec.Struct, frozen=True):
    """The next due times, and what moved each of them."""

    zone: str
    zone_data: str
    due_times: list[DueTime]


class Previewed(RuleDraft, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A rule that is not saved, and how far to look. `id` is that which it would have: jitter and H
    spread by it.
    """

    id: Annotated[str, msgspec.Meta(max_length=255)] = "preview"
    count: Annotated[int, msgspec.Meta(ge=1, le=MOST_PREVIEWED, description=_PREVIEWED)] = 10
    start: Annotated[
        Annotated[datetime, msgspec.Meta(tz=True)] | None,
        msgspec.Meta(description="After this instant; null: now", examples=[None]),
    ] = None


class Minute(msgspec.Struct, frozen=True):
    """How many jobs are due within a minute."""

    minute: datetime
    jobs: int


class Forecast(msgspec.Struct, frozen=True):
    """The minutes in which jobs are due, in order; `jobs` in all; the fullest minute."""

    start: datetime
    hours: int
    jobs: int
    fullest: Minute | None
    minutes: list[Minute]


@get(
    "/schedules/{id:str}/preview",
    tags=["Schedules"],
    summary="Next due times of a schedule",
    responses=refuses(404),
)
async def preview_schedule(
    app: App,
    id: Identity,
    count: Annotated[int, QueryParameter(ge=1, le=MOST_PREVIEWED, description=_PREVIEWED)] = 10,
    start: Annotated[
        str | None,
        QueryParameter(
            name="from", format="date-time", description="After this instant; without it now."
        ),
    ] = None,
) -> Preview:
    """The next due times, in UTC and by the clock of the zone, with a note where a clock change, a
    calendar or jitter bears on one. Whether the schedule is paused does not matter.
    """
    kept = await app.book.show(id)
    return await _preview(app, kept.schedule.timetable, instant("from", start), count)


@post(
    "/schedules/preview",
    opt={"role": Role.READER},
    tags=["Schedules"],
    summary="Next due times of a rule",
    status_code=200,
    responses=refuses(body=True),
)
async def preview_rule(app: App, data: JSONBody[Previewed]) -> Preview:
    """The next due times of a rule that is not saved, as if it were put into the book now; nothing
    is changed.
    """
    timetable, begin = tried(data, data.id or "preview", await present(app))
    return await _preview(app, timetable, data.start or begin, data.count)


@get(
    "/schedules/forecast",
    tags=["Schedules"],
    summary="How many jobs are due when",
    responses=refuses(),
)
async def forecast_schedules(
    app: App,
    hours: Annotated[
        int,
        QueryParameter(ge=1, le=_MOST_HOURS, description="How far to look ahead, up to 744."),
    ] = 24,
    start: Annotated[
        str | None,
        QueryParameter(
            name="from", format="date-time", description="From this instant; without it now."
        ),
    ] = None,
) -> Forecast:
    """How many jobs of all active schedules are due in each minute, so that a crowd at midnight is
    seen before it comes. Minutes without any are left out.
    """
    begin = instant("from", start) or await present(app)
    found = await forecast(app.book, begin, timedelta(hours=hours))
    minutes = [Minute(minute, jobs) for minute, jobs in found.items()]
    fullest = max(minutes, key=lambda each: each.jobs, default=None)
    return Forecast(begin, hours, sum(found.values()), fullest, minutes)


async def _preview(
    app: Horarium, timetable: Timetable, start: datetime | None, count: int
) -> Preview:
    try:
        due = preview(compiled(timetable), start or await present(app), count)
    except InvalidTimetable as error:
        raise InvalidInput(error.field, error.reason) from None
    return Preview(timetable.zone, zone_data_version(), due)


ROUTES = [preview_schedule, preview_rule, forecast_schedules]
