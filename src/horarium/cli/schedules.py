"""`horarium schedule`: the timetable."""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import App, Parameter

from horarium.cli.jobs import check_page
from horarium.cli.output import console, print_json, print_table

if TYPE_CHECKING:
    from horarium.application import Horarium
    from horarium.engine import DueTime, Kept, Origin

BY_HAND: "Origin" = "command line"

app = App(name="schedule", help="Look at schedules, hold them, and fill in their past.")


@app.command(name="list")
def list_schedules(
    *,
    state: Literal["active", "paused", "ended", "parked", "retired"] | None = None,
    task: str | None = None,
    text: str | None = None,
    retired: Annotated[bool, Parameter(negative="")] = False,
    page: int = 1,
    count: int = 100,
    json: Annotated[bool, Parameter(negative="")] = False,
) -> None:
    """List schedules, the next due first.

    Parameters
    ----------
    state
        In this state: active, paused, ended, parked, retired.
    task
        That call this task.
    text
        With this in their id.
    retired
        Also those that are no longer in use.
    page
        Which page, from 1.
    count
        Schedules on a page.
    json
        Print JSON.
    """
    from horarium.cli.opening import work
    from horarium.engine import Which, find

    check_page(page, count)
    which = Which(state=state, task=task, text=text, retired=retired)
    kept = work(lambda a: find(a.book, which, page=page, count=count)).items
    if json:
        print_json(kept)
        return
    print_table(
        None,
        ("schedule", "rule", "zone", "state", "next due", ">fired", "overlap", "catch-up", "by",
         "note"),
        (
            (
                each.schedule.id, rule(each), each.schedule.timetable.zone, each.state,
                each.next_due_at, each.fired, each.schedule.overlap, each.schedule.catch_up,
                each.origin, each.note,
            )
            for each in kept
        ),
        "There are no schedules here. Those of the code are registered when a scheduler starts.",
    )  # fmt: skip


@app.command
def preview(
    id: str,
    *,
    count: int = 10,
    after: datetime | None = None,
    json: Annotated[bool, Parameter(negative="")] = False,
) -> None:
    """Show the next due times of a schedule, and what moved each of them.

    Parameters
    ----------
    id
        The schedule.
    count
        How many due times.
    after
        Begin after this instant instead of now; without an offset it is read as UTC.
    json
        Print JSON.
    """
    from horarium.cli.opening import work
    from horarium.engine import compiled, zone_data_version
    from horarium.engine import preview as due_times

    check_page(1, count)

    async def look(a: "Horarium") -> "tuple[Kept, list[DueTime]]":
        kept = await a.book.show(id)
        start = after or datetime.now(UTC)
        start = start if start.tzinfo else start.replace(tzinfo=UTC)
        return kept, due_times(compiled(kept.schedule.timetable), start, count)

    kept, due = work(look)
    if json:
        print_json({"schedule": id, "zone_data": zone_data_version(), "due_times": due})
        return
    zone = kept.schedule.timetable.zone
    print_table(
        f"{id}: {rule(kept)} in {zone}",
        (f"local time ({zone})", "UTC", "note"),
        (
            (f"{d.local:%a %Y-%m-%d %H:%M:%S}", f"{d.due:%Y-%m-%d %H:%M:%S}", " ".join(d.notes))
            for d in due
        ),
        "It has no due time any more.",
    )
    console().print(f"Zone data: tzdata {zone_data_version()}", style="dim")


@app.command
def forecast(
    *,
    hours: int = 24,
    most: int = 20,
    json: Annotated[bool, Parameter(negative="")] = False,
) -> None:
    """Show the minutes in which most jobs are due, so that a crowd is seen before it comes.

    Parameters
    ----------
    hours
        How far to look ahead.
    most
        How many minutes to show.
    json
        Print every minute that has any, as JSON.
    """
    from horarium.cli.opening import work
    from horarium.engine import forecast as crowd

    found = work(lambda a: crowd(a.book, datetime.now(UTC), timedelta(hours=hours)))
    if json:
        print_json({minute.isoformat(): jobs for minute, jobs in sorted(found.items())})
        return
    fullest = sorted(found.items(), key=lambda each: (-each[1], each[0]))[:most]
    print_table(
        f"{sum(found.values()):,} jobs are due within {hours} hours",
        ("minute (UTC)", ">jobs"),
        ((f"{minute:%Y-%m-%d %H:%M}", jobs) for minute, jobs in fullest),
        "No job is due.",
    )


@app.command
def pause(id: str, note: str) -> None:
    """Take a schedule out of the timetable until it is resumed.

    Parameters
    ----------
    id
        The schedule.
    note
        Why; it is shown wherever the schedule is.
    """
    from horarium.cli.opening import work

    work(lambda a: a.book.pause(id, note, BY_HAND))
    console().print(f"{id} is paused.", markup=False)


@app.command
def resume(id: str, *, note: str | None = None) -> None:
    """Put a paused schedule back; what came due meanwhile is recorded as skipped.

    Parameters
    ----------
    id
        The schedule.
    note
        Why; it is kept among what was done to the schedule.
    """
    from horarium.cli.opening import work

    work(lambda a: a.book.resume(id, note, BY_HAND))
    console().print(f"{id} is in the timetable.", markup=False)


@app.command
def trigger(id: str, *, note: str | None = None) -> None:
    """Run a schedule's call now, beside its timetable.

    Parameters
    ----------
    id
        The schedule.
    note
        Why; it is kept among what was done to the schedule.
    """
    from horarium.cli.opening import work

    console().print(work(lambda a: a.book.trigger(id, note, BY_HAND)), markup=False)


@app.command
def retire(id: str, note: str) -> None:
    """Take a schedule out of the timetable for good. Its history stays, its jobs run on.

    Parameters
    ----------
    id
        The schedule.
    note
        Why; it is shown wherever the schedule is.
    """
    from horarium.cli.opening import work

    work(lambda a: a.book.retire(id, note, BY_HAND))
    console().print(f"{id} is retired.", markup=False)


def rule(kept: "Kept") -> str:
    """A schedule's rule in a few words."""
    from horarium.engine import At, Cron, Every

    match kept.schedule.timetable.rule:
        case Cron(expression):
            return expression
        case At(instant):
            return f"at {instant:%Y-%m-%d %H:%M:%S} UTC"
        case Every() as every:
            units = ("months", "weeks", "days", "hours", "minutes", "seconds")
            parts = [f"{getattr(every, u)} {u}" for u in units if getattr(every, u)]
            return f"every {' '.join(parts)}"
