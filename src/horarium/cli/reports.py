"""`horarium report`: what was reported."""

from datetime import date
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter

from horarium.cli.jobs import check_page
from horarium.cli.output import cell, console, print_json, print_table
from horarium.errors import InvalidInput

if TYPE_CHECKING:
    from horarium.application import Horarium
    from horarium.reports import BuiltPeriod, ReportRow, Revision, Summary
    from horarium.shop import Page

app = App(name="report", help="Look at reports, and build them.")


@app.command(name="list")
def list_reports(
    *,
    page: int = 1,
    count: int = 31,
    json: Annotated[bool, Parameter(negative="")] = False,
) -> None:
    """List the days that were reported, newest first.

    Parameters
    ----------
    page
        Which page, from 1.
    count
        Days on a page.
    json
        Print JSON.
    """
    from horarium.cli.opening import work
    from horarium.reports import periods

    check_page(page, count)

    async def look(a: "Horarium") -> "Page[BuiltPeriod]":
        async with a.database.connection() as connection:
            return await periods(connection, page=page, count=count)

    found = work(look)
    if json:
        print_json(found)
        return
    print_table(
        None,
        ("day", ">rows", ">revision", "built", "data until", "state"),
        (
            (
                each.day, each.row_count, each.revision, each.built_at, each.data_until,
                "provisional" if each.provisional else "final",
            )
            for each in found.items
        ),
        "Nothing has been reported yet.",
    )  # fmt: skip


@app.command(name="build")
def build_report(day: date, *, json: Annotated[bool, Parameter(negative="")] = False) -> None:
    """Build the order report of a day here and now. Building it again changes nothing.

    Parameters
    ----------
    day
        The day, such as 2010-12-01.
    json
        Print JSON.
    """
    from horarium.cli.opening import work
    from horarium.reports import ORDER_REPORT, build, period_of

    async def act(a: "Horarium") -> "Revision":
        period = period_of(day, ORDER_REPORT.every, ORDER_REPORT.zone or await a.zone())
        async with a.transaction() as connection:
            return await build(connection, ORDER_REPORT, period, reason="by hand")

    revision = work(act)
    if json:
        print_json(revision)
    else:
        console().print(f"{day}: {revision.row_count} orders, revision {revision.revision}.")


@app.command(name="show")
def show_report(
    day: date | None = None,
    *,
    rows: int = 20,
    json: Annotated[bool, Parameter(negative="")] = False,
) -> None:
    """Show the order report of a day: its summary and its first rows.

    Parameters
    ----------
    day
        The day, such as 2010-12-01; without it the newest.
    rows
        How many rows; 0 for the summary alone.
    json
        Print JSON.
    """
    from horarium.cli.opening import work
    from horarium.reports import rows as report_rows
    from horarium.reports import summary
    from horarium.shop import Page

    if not 0 <= rows <= 1000:
        raise InvalidInput("--rows", "it takes a number from 0 to 1000")

    async def look(a: "Horarium") -> "tuple[Summary, Page[ReportRow]]":
        async with a.database.connection() as connection:
            found = await summary(connection, day)
            if rows == 0:
                return found, Page([], found.total_orders, 1, 0)
            return found, await report_rows(connection, found.day, count=rows)

    found, shown = work(look)
    if json:
        print_json({"summary": found, "rows": shown})
        return
    _print_summary(found)
    if rows:
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


def _print_summary(found: "Summary") -> None:
    fresh = found.freshness
    state = "provisional" if fresh.provisional else "final"
    print_table(
        f"Orders of {found.day}",
        ("", ">orders", ">products", ">units", ">value", ">average"),
        _figures(found),
        "",
    )
    console().print(
        f"Revision {fresh.revision} ({fresh.reason}), {state}: built {cell(fresh.built_at)}, "
        f"orders until {cell(fresh.data_until)}.\n",
        style="dim",
    )


def _figures(found: "Summary") -> "list[tuple[object, ...]]":
    money = found.currency
    total = (
        "all", found.total_orders, found.total_products, found.total_units,
        f"{found.total_value} {money}", f"{found.average_order_value} {money}",
    )  # fmt: skip
    sales, refunds, before = found.sales, found.refunds, found.previous
    lines: list[tuple[object, ...]] = [
        total,
        ("sales", sales.orders, sales.lines, sales.units, f"{sales.value} {money}",
         f"{sales.average_order_value} {money}"),
        ("refunds", refunds.orders, refunds.lines, refunds.units, f"{refunds.value} {money}", ""),
    ]  # fmt: skip
    if before is not None:
        lines.append(
            (f"{before.day} (all)", before.total_orders, before.total_products, before.total_units,
             f"{before.total_value} {before.currency}", f"{before.average_order_value} {money}")
        )  # fmt: skip
    return lines
