"""`horarium schedule`: the timetable."""

from typing import TYPE_CHECKING, Literal

from cyclopts import App

from horarium.cli.options import Flag, Json, PageNumber, PageSize
from horarium.cli.output import console, print_json, print_table

if TYPE_CHECKING:
    from horarium.engine import Origin

BY_HAND: "Origin" = "command line"

app = App(name="schedule", help="Look at schedules, hold them, and fill in their past.")


@app.command(name="list")
def list_schedules(
    *,
    state: Literal["active", "paused", "ended", "parked", "retired"] | None = None,
    task: str | None = None,
    origin: Literal["code", "api", "command line"] | None = None,
    text: str | None = None,
    retired: Flag = False,
    page: PageNumber = 1,
    count: PageSize = 100,
    json: Json = False,
) -> None:
    """List schedules, the next due first.

    Parameters
    ----------
    state
        In this state: active, paused, ended, parked, retired.
    task
        That call this task.
    origin
        Made by this: code, api, command line.
    text
        With this in their id.
    retired
        Also those that are no longer in use.
    """
    from horarium.cli.opening import work
    from horarium.engine import Which, find, worded

    which = Which(state=state, task=task, origin=origin, text=text, retired=retired)
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
                each.schedule.id, worded(each.schedule.timetable.rule),
                each.schedule.timetable.zone, each.state,
                each.next_due_at, each.fired, each.schedule.overlap, each.schedule.catch_up,
                each.origin, each.note,
            )
            for each in kept
        ),
        "There are no schedules here. Those of the code are registered when a scheduler starts.",
    )  # fmt: skip


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
