"""`horarium schedule backfill` begins one; `horarium backfill` looks at it and cancels it."""

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any, Literal
from zoneinfo import ZoneInfo

from cyclopts import App, Parameter

from horarium.cli.options import Flag, Json, Most
from horarium.cli.output import console, print_json, print_table
from horarium.cli.schedules import app as schedules
from horarium.errors import InvalidInput

if TYPE_CHECKING:
    from horarium.application import Horarium
    from horarium.engine import Backfilled, BackfillProgress, Wanted

Ordering = Literal["oldest", "newest"]
_LOOK_AGAIN = 0.5

app = App(name="backfill", help="Look at backfills and cancel them.")


@schedules.command
def backfill(
    id: str,
    first: date,
    last: date | None = None,
    *,
    concurrency: int | None = None,
    order: Ordering = "oldest",
    redo: Annotated[bool, Parameter(negative="--keep")] = False,
    priority: int = -1,
    note: str | None = None,
    dry_run: Flag = False,
    json: Json = False,
) -> None:
    """Run a schedule for due times of the past: one firing and one job for each.

    Days are those that the due times cover: the report of 1 December is due at its end.

    Parameters
    ----------
    id
        The schedule.
    first
        The first day to cover.
    last
        The last day to cover; without it only the first.
    concurrency
        Unfinished jobs of it at once at most; the schedulers go on with it as they end. Without it
        all jobs are enqueued at once.
    order
        Which due times come first: the oldest or the newest.
    redo
        Also for due times that had a job already; without it those are kept.
    priority
        Of its jobs; below 0 the day's work goes first.
    note
        Why; it is kept with it.
    dry_run
        Say what would be done, and do nothing.
    """
    from horarium.cli.opening import work

    last = last or first
    if last < first:
        raise InvalidInput("last", f"{last} is before {first}")

    async def act(a: "Horarium") -> "Backfilled":
        from horarium.engine import Order, Wanted, foreseen
        from horarium.engine import backfill as fill

        since, until = await _span(a, id, first, last)
        chosen = Order.NEWEST_FIRST if order == "newest" else Order.OLDEST_FIRST
        wanted: Wanted = Wanted(
            since=since, until=until, order=chosen, concurrency=concurrency, redo=redo,
            priority=priority, note=note,
        )  # fmt: skip
        if dry_run:
            return await foreseen(a.book, id, wanted)
        return await fill(a.book, id, origin="command line", **_fields(wanted))

    done = work(act)
    if json:
        print_json(done)
    elif dry_run:
        console().print(
            f"{done.due} due times: {done.enqueued} jobs would be enqueued, {done.kept} have one."
        )
    else:
        _say(done)


@app.command(name="list")
def list_backfills(schedule: str, *, count: Most = 20, json: Json = False) -> None:
    """List the backfills of a schedule, newest first.

    Parameters
    ----------
    schedule
        The schedule.
    """
    from horarium.cli.opening import work
    from horarium.engine import backfills

    found = work(lambda a: backfills(a.book, schedule, count=count))
    if json:
        print_json(found)
        return
    print_table(
        None,
        ("backfill", "state", "from", "until", ">due", ">enqueued", ">kept", "jobs", "note"),
        (
            (
                each.id, each.state, each.since, each.until, each.due, each.enqueued, each.kept,
                _jobs(each), each.note,
            )
            for each in found
        ),
        "It has no backfills.",
    )  # fmt: skip


@app.command
def show(id: str, *, watch: Flag = False, json: Flag = False) -> None:
    """Show how far a backfill is.

    Parameters
    ----------
    id
        The backfill.
    watch
        Go on until it has finished.
    json
        Print JSON; with --watch one document at the end.
    """
    from horarium.cli.opening import work

    async def look(a: "Horarium") -> "BackfillProgress":
        from asyncio import sleep

        from horarium.engine import backfill_progress

        found = await backfill_progress(a.book, id)
        while watch and not found.finished:
            if not json:
                _print(found)
            await sleep(_LOOK_AGAIN)
            found = await backfill_progress(a.book, id)
        return found

    found = work(look)
    if json:
        print_json(found)
    else:
        _print(found)


@app.command
def cancel(id: str, *, note: str | None = None, json: Json = False) -> None:
    """Make no more jobs for a backfill and cancel those that have not begun; the others run on.

    Parameters
    ----------
    id
        The backfill.
    note
        Why; it is kept with it.
    """
    from horarium.cli.opening import work
    from horarium.engine import cancel_backfill

    found = work(lambda a: cancel_backfill(a.book, id, note))
    if json:
        print_json(found)
    else:
        _print(found)


async def _span(a: "Horarium", id: str, first: date, last: date) -> tuple[datetime, datetime]:
    """From the first day's beginning to the last one's end, by the schedule's clock."""
    kept = await a.book.show(id)
    zone = ZoneInfo(kept.schedule.timetable.zone)
    start = datetime(first.year, first.month, first.day, tzinfo=zone)
    end = datetime(last.year, last.month, last.day, tzinfo=zone) + timedelta(days=1)
    return start.astimezone(UTC), end.astimezone(UTC)


def _fields(wanted: "Wanted") -> dict[str, Any]:
    return {name: getattr(wanted, name) for name in wanted.__struct_fields__}


def _say(done: "Backfilled") -> None:
    left = done.due - done.enqueued - done.kept
    more = f", {left} to come: horarium backfill show {done.id} --watch" if left else ""
    console().print(
        f"{done.due} due times: {done.enqueued} jobs enqueued, {done.kept} had one already{more}.",
        markup=False,
    )


def _print(found: "BackfillProgress") -> None:
    gone = found.enqueued + found.kept
    note = f" ({found.note})" if found.note else ""
    console().print(
        f"{found.state}{note}: {gone:,} of {found.due:,} due times, {found.enqueued:,} jobs"
        f"{': ' if found.jobs else ''}{_jobs(found)}",
        markup=False,
    )


def _jobs(found: "BackfillProgress") -> str:
    return ", ".join(f"{count:,} {state}" for state, count in sorted(found.jobs.items()))
