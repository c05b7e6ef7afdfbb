"""`horarium report deliver` and `deliveries`: sending final revisions, and what became of it."""

from datetime import date
from typing import TYPE_CHECKING, Literal

from horarium.cli import reports
from horarium.cli.options import Json, PageNumber, PageSize
from horarium.cli.output import console, print_json, print_table

if TYPE_CHECKING:
    from horarium.application import Horarium
    from horarium.deliveries import Delivery
    from horarium.shop import Page

Standing = Literal["waiting", "retrying", "delivered", "superseded", "failed", "cancelled"]


@reports.app.command(name="deliver")
def deliver_report(
    day: date,
    *,
    report: str = "orders",
    route: str | None = None,
    json: Json = False,
) -> None:
    """Send the final revision of a day to its readers now, in the background. What was sent to a
    reader before is not sent again.

    Parameters
    ----------
    day
        The day, such as 2010-12-01.
    report
        The report.
    route
        One route of [deliveries]; without it all that take the report.
    """
    from horarium.cli.opening import work

    async def act(a: "Horarium") -> "list[Delivery]":
        async with a.transaction() as connection:
            return await a.deliveries.deliver_day(connection, report, day, route)

    new = work(act)
    if json:
        print_json(new)
    elif not new:
        console().print(f"Everybody has the revision of {day} already, or will have it.")
    else:
        _print(new)


@reports.app.command(name="deliveries")
def list_deliveries(
    *,
    report: str | None = None,
    day: date | None = None,
    state: Standing | None = None,
    page: PageNumber = 1,
    count: PageSize = 20,
    json: Json = False,
) -> None:
    """List what was sent to whom, newest first.

    Parameters
    ----------
    report
        Of this report.
    day
        Of this day.
    state
        In this state.
    """
    from horarium.cli.opening import work
    from horarium.deliveries import DeliveryState
    from horarium.deliveries import list_deliveries as listed

    wanted = None if state is None else DeliveryState(state)

    async def look(a: "Horarium") -> "Page[Delivery]":
        async with a.database.connection() as connection:
            return await listed(connection, page, count, report=report, day=day, state=wanted)

    found = work(look)
    if json:
        print_json(found)
    else:
        _print(found.items)


def _print(found: "list[Delivery]") -> None:
    print_table(
        None,
        ("report", "day", ">revision", "recipient", "by", "state", ">tries", "error"),
        (
            (
                each.report, each.day, each.revision, each.recipient, each.channel, each.state,
                each.attempts, each.error,
            )
            for each in found
        ),
        "Nothing was delivered yet.",
    )  # fmt: skip
