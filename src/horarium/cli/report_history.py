"""`horarium report backfill` and `revisions`: building the past, and what builds changed."""

from datetime import date
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from horarium.cli.options import Flag, Json, LastDay
from horarium.cli.output import print_json, print_table
from horarium.cli.report_printing import print_changes
from horarium.cli.reports import app, named, period_of_arguments

if TYPE_CHECKING:
    from horarium.application import Horarium
    from horarium.reports import Revision, RevisionChanges


@app.command
def backfill(
    name: str,
    *,
    first: Annotated[date, Parameter(name="--from")],
    last: LastDay = None,
    concurrency: int | None = None,
    redo: Annotated[bool, Parameter(negative="--keep")] = False,
    note: str | None = None,
    dry_run: Flag = False,
    json: Json = False,
) -> None:
    """Build the periods of a range of days in the background, as backfills of its schedule do.

    Parameters
    ----------
    name
        The report.
    first
        The first day.
    last
        The last day; without it only the first.
    concurrency
        Builds at once at most.
    redo
        Also periods that had a job already; without it those are left as they are.
    note
        Why; it is kept with the backfill.
    dry_run
        Say what would be done, and do nothing.
    """
    from horarium.cli.backfills import backfill as fill
    from horarium.cli.opening import work

    async def ready(a: "Horarium") -> None:
        a.reports.definition(name)
        # The schedule of a report that was just defined is there before a scheduler has started.
        await a.scheduler.synchronise()

    work(ready)
    fill(
        name, first, last, concurrency=concurrency, redo=redo, note=note, dry_run=dry_run, json=json
    )


@app.command
def revisions(
    name: str, start: str | None = None, *, number: int | None = None, json: Json = False
) -> None:
    """Show the revisions of a period, or what one of them changed.

    Parameters
    ----------
    name
        The report; left out, it is the order report.
    start
        A day in the period, or an instant in it.
    number
        A revision: its figures and rows that are others than before.
    """
    from horarium.cli.opening import work
    from horarium.reports import revision_changes, revisions_of

    name, start = named(name, start)

    async def look(a: "Horarium") -> "list[Revision] | RevisionChanges":
        _, period = await period_of_arguments(a, name, start or "")
        async with a.database.connection() as connection:
            if number is None:
                return await revisions_of(connection, name, period.starts_at)
            return await revision_changes(connection, name, period.starts_at, number, count=1000)

    found = work(look)
    if json:
        print_json(found)
    elif isinstance(found, list):
        print_table(
            None,
            (">revision", "reason", "built", "data until", ">rows", ">added", ">removed",
             ">altered", "job"),
            (
                (r.revision, r.reason, r.built_at, r.data_until, r.row_count, r.rows_added,
                 r.rows_removed, r.rows_altered, r.job)
                for r in found
            ),
            "",
        )  # fmt: skip
    else:
        print_changes(found)
