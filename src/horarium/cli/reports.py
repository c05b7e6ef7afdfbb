"""`horarium report`: what was reported, of every report."""

from datetime import date
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter

from horarium.cli import summaries
from horarium.cli.options import MOST_ITEMS, Flag, Json, PageNumber, PageSize, between
from horarium.cli.output import console, print_json, print_table
from horarium.cli.promises import promises
from horarium.cli.report_printing import print_rows, print_summary, state_of
from horarium.errors import InvalidInput, NotFound

if TYPE_CHECKING:
    from horarium.application import Horarium
    from horarium.reports import (
        BuiltPeriod,
        Definition,
        Period,
        PeriodRows,
        ReportRow,
        ReportState,
        Revision,
        Summary,
    )
    from horarium.shop import Page

app = App(name="report", help="Look at reports, and build them.")
app.command(promises, name="promises")
summaries.add(app)


@app.command(name="list")
def list_reports(*, json: Json = False) -> None:
    """List all reports: the newest period of each, how fresh it is, and whether a build failed."""
    from horarium.cli.opening import work
    from horarium.reports import catalogue

    async def look(a: "Horarium") -> "list[ReportState]":
        zone = await a.zone()
        async with a.database.connection() as connection:
            return await catalogue(connection, a.reports.definitions.values(), zone)

    found = work(look)
    if json:
        print_json(found)
        return
    print_table(
        None,
        ("report", "every", "zone", "newest", ">rows", ">revision", "built", "state"),
        ((each.name, each.every, each.zone, *_newest(each.newest), _state(each)) for each in found),
        "There are no reports.",
    )
    for each in found:
        if each.failed is not None:
            console().print(
                f"{each.failed.day} of {each.name}: {each.failed.problem}", markup=False
            )


@app.command(name="periods")
def list_periods(
    name: str = "orders", *, page: PageNumber = 1, count: PageSize = 31, json: Json = False
) -> None:
    """List the periods of a report that were built, newest first.

    Parameters
    ----------
    name
        The report.
    """
    from horarium.cli.opening import work
    from horarium.reports import periods

    async def look(a: "Horarium") -> "Page[BuiltPeriod]":
        definition = a.reports.definition(name)
        async with a.database.connection() as connection:
            return await periods(connection, page=page, count=count, report=definition)

    found = work(look)
    if json:
        print_json(found)
        return
    print_table(
        None,
        ("period", ">rows", ">revision", "reason", "built", "data until", "state"),
        (
            (
                each.day if each.starts_at.minute == each.starts_at.hour == 0 else each.starts_at,
                each.row_count, each.revision, each.reason, each.built_at, each.data_until,
                state_of(each),
            )
            for each in found.items
        ),
        "Nothing has been reported yet.",
    )  # fmt: skip


@app.command(name="build")
def build_report(name: str, start: str | None = None, *, json: Json = False) -> None:
    """Build a period of a report here and now. Building it again changes nothing.

    Parameters
    ----------
    name
        The report; left out, it is the order report: `horarium report build 2010-12-01`.
    start
        A day in the period, such as 2010-12-01, or an instant in it, such as 2010-12-01T08:00:00Z.
    """
    from horarium.cli.opening import work

    name, start = named(name, start)

    async def act(a: "Horarium") -> "Revision":
        definition, period = await period_of_arguments(a, name, start or "")
        async with a.transaction() as connection:
            return await a.reports.build(connection, definition, period, reason="by hand")

    revision = work(act)
    if json:
        print_json(revision)
        return
    unchanged = "" if revision.changed else " Nothing had changed."
    console().print(f"{start}: {revision.row_count} rows, revision {revision.revision}.{unchanged}")


@app.command(name="show")
def show_report(
    name: str | None = None,
    start: str | None = None,
    *,
    rows: Annotated[int, Parameter(validator=between("--rows", 0, MOST_ITEMS))] = 20,
    summary: Flag = False,
    json: Json = False,
) -> None:
    """Show a period of a report: how fresh it is and its first rows, of orders also the summary.

    Parameters
    ----------
    name
        The report; left out, it is the order report: `horarium report show 2010-12-01`.
    start
        A day in the period, or an instant in it; without it the newest.
    rows
        How many rows; 0 for the summary alone.
    summary
        Of orders, show the summary alone; as JSON it is as the API has it.
    """
    name, start = named(name or "orders", start, required=False)
    if name == "orders":
        _show_orders(start, rows, alone=summary, json=json)
        return
    from horarium.cli.opening import find_application, work
    from horarium.reports import details, period_rows

    if start is None and name not in find_application().reports.definitions:
        raise InvalidInput("name", f"{name!r} is neither a report nor a day, as 2010-12-01")

    async def look(a: "Horarium") -> "PeriodRows":
        definition = a.reports.definition(name)
        if start is not None:
            _, period = await period_of_arguments(a, name, start)
            starts_at = period.starts_at
        else:
            zone = await a.zone()
            async with a.database.connection() as connection:
                newest = (await details(connection, definition, zone)).newest
            if newest is None:
                raise NotFound(f"no period of the report {name} was built yet")
            starts_at = newest.starts_at
        async with a.database.connection() as connection:
            return await period_rows(connection, name, starts_at, count=max(rows, 1))

    found = work(look)
    if json:
        print_json(found)
    else:
        print_rows(found, rows)


def _show_orders(start: str | None, rows: int, *, alone: bool, json: bool) -> None:
    from horarium.cli.opening import work
    from horarium.reports import rows as report_rows
    from horarium.reports import summary as report_summary
    from horarium.shop import Page

    day = _day(start)

    async def look(a: "Horarium") -> "tuple[Summary, Page[ReportRow]]":
        async with a.database.connection() as connection:
            found = await report_summary(connection, day)
            if rows == 0:
                return found, Page([], found.total_orders, 1, 0)
            return found, await report_rows(connection, found.day, count=rows)

    found, shown = work(look)
    if json:
        print_json(found if alone else {"summary": found, "rows": shown})
        return
    print_summary(found)
    if rows and not alone:
        print_table(
            None,
            ("order", ">products", ">amount", "currency", ""),
            (
                (r.order_id, r.count_product, r.total_amount, r.currency, "by hand" * r.by_hand)
                for r in shown.items
            ),
            "No orders on that day.",
        )
        if shown.total > len(shown.items):
            console().print(f"... and {shown.total - len(shown.items):,} more", style="dim")


def named(name: str, start: str | None, *, required: bool = True) -> tuple[str, str | None]:
    """The report and the period of arguments in which the order report may be left out."""
    if start is None and name[:1].isdigit() and name[4:5] == "-":
        return "orders", name
    if start is None and required:
        raise InvalidInput("start", "it takes a period: a day, such as 2010-12-01, or an instant")
    return name, start


async def period_of_arguments(a: "Horarium", name: str, start: str) -> "tuple[Definition, Period]":
    """The report, and the period of it that a text names."""
    from horarium.reports.naming import period_named

    definition = a.reports.definition(name)
    zone = definition.zone or await a.zone()
    return definition, period_named("start", start, definition.every, zone)


def _day(start: str | None) -> date | None:
    try:
        return None if start is None else date.fromisoformat(start)
    except ValueError:
        raise InvalidInput("day", f"{start!r} is no day; it takes one such as 2010-12-01") from None


def _newest(newest: "BuiltPeriod | None") -> tuple[object, ...]:
    if newest is None:
        return ("-", "-", "-", "-")
    return (newest.day, newest.row_count, newest.revision, newest.built_at)


def _state(state: "ReportState") -> str:
    if state.failed is not None:
        return f"failed for {state.failed.day}"
    if state.newest is None:
        return "never built"
    return state_of(state.newest)
