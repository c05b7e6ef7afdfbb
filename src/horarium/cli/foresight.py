"""`horarium schedule preview` and `forecast`: what comes, of one schedule or rule and of all."""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from horarium.cli.options import Flag, Json, Most, between
from horarium.cli.output import console, print_json, print_table
from horarium.cli.rule_options import RuleOptions
from horarium.cli.schedules import app as schedules
from horarium.cli.values import instant
from horarium.errors import InvalidInput

if TYPE_CHECKING:
    from horarium.application import Horarium
    from horarium.engine import DueTime, Timetable

_NOT_SAVED = RuleOptions()


@schedules.command
def preview(
    id: str | None = None,
    *,
    rule: RuleOptions = _NOT_SAVED,
    count: Most = 10,
    after: Annotated[str | None, Parameter(name=("--from", "--after"))] = None,
    json: Json = False,
) -> None:
    """Show the next due times of a schedule or of a rule, and what moved each of them.

    A rule that is not saved is given by --cron, --every or --at and the options beside them;
    nothing is asked of the database.

    Parameters
    ----------
    id
        The schedule.
    after
        Begin after this instant instead of now: 2026-03-28T12:00 (UTC), or 2h, 7d ago.
    """
    from horarium.cli.opening import work
    from horarium.engine import worded, zone_data_version

    start, given = instant("--from", after), rule.given()
    if id is not None and given:
        raise InvalidInput(
            "id", f"name a schedule, or a rule that is not saved ({', '.join(given)}): one of them"
        )
    if id is not None:
        timetable, begin = work(lambda a: _saved(a, id))
    elif {"--cron", "--every", "--at"}.isdisjoint(given):
        raise InvalidInput("id", "name a schedule, or a rule with --cron, --every or --at")
    else:
        timetable, begin = _tried(rule)
    due = _due_times(timetable, start or begin, count)
    if json:
        print_json({"schedule": id, "zone_data": zone_data_version(), "due_times": due})
        return
    name = "" if id is None else f"{id}: "
    print_table(
        f"{name}{worded(timetable.rule)} in {timetable.zone}",
        (f"local time ({timetable.zone})", "UTC", "note"),
        (
            (f"{d.local:%a %Y-%m-%d %H:%M:%S}", f"{d.due:%Y-%m-%d %H:%M:%S}", " ".join(d.notes))
            for d in due
        ),
        "It has no due time any more.",
    )
    console().print(f"Zone data: tzdata {zone_data_version()}", style="dim")


@schedules.command
def forecast(
    *,
    hours: Annotated[int, Parameter(validator=between("--hours", 1))] = 24,
    start: Annotated[str | None, Parameter(name="--from")] = None,
    most: Annotated[int, Parameter(validator=between("--most", 1))] = 20,
    json: Flag = False,
) -> None:
    """Show the minutes in which most jobs are due, so that a crowd is seen before it comes.

    Parameters
    ----------
    hours
        How far to look ahead.
    start
        Begin at this instant instead of now: 2026-03-28T12:00 (UTC), or 2h, 7d ago.
    most
        How many minutes to show.
    json
        Print every minute that has any, as JSON.
    """
    from horarium.cli.opening import work
    from horarium.engine import LONGEST_FORECAST
    from horarium.engine import forecast as crowd

    longest = LONGEST_FORECAST // timedelta(hours=1)
    if hours > longest:
        raise InvalidInput("--hours", f"it takes a number from 1 to {longest}, not {hours}")
    begin = instant("--from", start)

    async def look(a: "Horarium") -> dict[datetime, int]:
        return await crowd(a.book, begin or await _now(a), timedelta(hours=hours))

    found = work(look)
    if json:
        print_json({minute.isoformat(): jobs for minute, jobs in sorted(found.items())})
        return
    fullest = sorted(found.items(), key=lambda each: (-each[1], each[0]))[:most]
    since = "" if begin is None else f" of {begin:%Y-%m-%d %H:%M} UTC"
    print_table(
        f"{sum(found.values()):,} jobs are due within {hours} hours{since}",
        ("minute (UTC)", ">jobs"),
        ((f"{minute:%Y-%m-%d %H:%M}", jobs) for minute, jobs in fullest),
        "No job is due.",
    )


async def _saved(a: "Horarium", id: str) -> "tuple[Timetable, datetime]":
    kept = await a.book.show(id)
    return kept.schedule.timetable, await _now(a)


def _tried(rule: RuleOptions) -> "tuple[Timetable, datetime]":
    from horarium.engine import tried

    return tried(rule.draft(), rule.key or "preview", datetime.now(UTC))


def _due_times(timetable: "Timetable", start: datetime, count: int) -> "list[DueTime]":
    from horarium.engine import InvalidTimetable, compiled
    from horarium.engine import preview as due_times

    try:
        return due_times(compiled(timetable), start, count)
    except InvalidTimetable as error:
        raise InvalidInput(error.field, error.reason) from None


async def _now(a: "Horarium") -> datetime:
    async with a.database.connection() as connection:
        return await a.book.now(connection)
