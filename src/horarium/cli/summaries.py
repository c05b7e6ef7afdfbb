"""`horarium report series`, `top` and `orders`: ranges, rankings, and what is behind a figure."""

from datetime import date
from typing import TYPE_CHECKING, Any, Literal

from cyclopts import App

from horarium.cli.options import FirstDay, Json, LastDay, PageNumber, PageSize
from horarium.cli.output import cell, console, print_json, print_table
from horarium.errors import InvalidInput

if TYPE_CHECKING:
    from horarium.application import Horarium
    from horarium.reports import FigureOrders, Ranking, Series, SeriesPoint

Every = Literal["day", "week", "month"]
Ranked = Literal["products", "customers"]
Measure = Literal["value", "units"]
Figured = Literal["total", "sales", "refunds", "cancelled"]


def add(app: App) -> None:
    """Add these commands to `horarium report`."""
    app.command(show_series, name="series")
    app.command(show_top, name="top")
    app.command(show_orders, name="orders")


def show_series(
    *,
    first: FirstDay = None,
    last: LastDay = None,
    every: Every = "day",
    json: Json = False,
) -> None:
    """Show the figures of each day, week or month of a range.

    Parameters
    ----------
    first
        The first day; without it 29 days before the last.
    last
        The last day, included; without it the newest that was built.
    every
        One line a day, week or month.
    """
    from horarium.cli.opening import work
    from horarium.reports import series

    async def look(a: "Horarium") -> "Series":
        async with a.database.connection() as connection:
            return await series(connection, first, last, every=every)

    found = work(look)
    if json:
        print_json(found)
        return
    points = [*found.points, found.whole] if len(found.points) > 1 else found.points
    print_table(
        None,
        ("days", ">orders", ">products", ">units", ">value", ">average", ">refunds", ""),
        [_point(each) for each in points],
        "",
    )


def show_top(
    what: Ranked,
    day: date | None = None,
    *,
    first: FirstDay = None,
    last: LastDay = None,
    by: Measure = "value",
    currency: str | None = None,
    page: PageNumber = 1,
    count: PageSize = 10,
    json: Json = False,
) -> None:
    """Show the products or the customers that a day or a range sold most.

    Parameters
    ----------
    what
        What ranks.
    day
        The day; without it, and without a range, the newest that was built.
    first
        The first day of a range.
    last
        The last day of a range, included.
    by
        By what it ranks.
    currency
        Orders in this currency; without it the shop's own. Currencies are never mixed.
    """
    from horarium.cli.opening import work
    from horarium.reports import top_customers, top_products
    from horarium.shop.money import currency_code

    if day is not None and (first or last):
        raise InvalidInput("day", "it names one day; leave it out to name a range")
    code = None if currency is None else currency_code("--currency", currency)
    rank: Any = top_products if what == "products" else top_customers

    async def look(a: "Horarium") -> "Ranking[Any]":
        async with a.database.connection() as connection:
            ranking: Ranking[Any] = await rank(
                connection, day or first, day or last,
                by=by, currency=code, page=page, count=count,
            )  # fmt: skip
            return ranking

    found = work(look)
    if json:
        print_json(found)
        return
    print_table(
        f"{what.capitalize()} of {_days(found.first, found.last)} by {found.by}",
        (">", what.removesuffix("s"), "name", ">orders", ">units", ">value", ">refunds"),
        [_ranked(each, found.currency) for each in found.items],
        "Nothing was sold.",
    )
    if found.unranked_sales.orders:
        sold = found.unranked_sales
        console().print(
            f"{sold.orders:,} orders of {sold.value} {found.currency} name no customer.",
            style="dim",
        )


def show_orders(
    day: date | None = None,
    *,
    figure: Figured = "total",
    currency: str | None = None,
    page: PageNumber = 1,
    count: PageSize = 20,
    json: Json = False,
) -> None:
    """Show the orders that make up a figure of a day.

    Parameters
    ----------
    day
        The day; without it the newest that was built.
    figure
        Which figure of the day.
    currency
        Orders in this currency only.
    """
    from horarium.cli.opening import work
    from horarium.reports import figure_orders
    from horarium.shop.money import currency_code

    code = None if currency is None else currency_code("--currency", currency)

    async def look(a: "Horarium") -> "FigureOrders":
        async with a.database.connection() as connection:
            return await figure_orders(
                connection, day, figure, currency=code, page=page, count=count
            )

    found = work(look)
    if json:
        print_json(found)
        return
    print_table(
        f"{found.figure.capitalize()} of {found.day}",
        ("order", "customer", "status", ">products", ">units", ">value"),
        [
            (o.order_id, o.user_id, o.status or "by hand", o.lines, o.units,
             f"{o.value} {o.currency}")
            for o in found.items
        ],
        "No orders make up this figure.",
    )  # fmt: skip
    for each in found.sums:
        line = f"{each.orders:,} orders, {each.units:,} units, {each.value} {each.currency}."
        console().print(line, style="dim")
    if not found.agrees:
        told = "; ".join(f"{each.orders:,} orders, {each.value} {each.currency}"
                         for each in found.reported) or "none"  # fmt: skip
        console().print(f"An order was changed since the day was built, which reported: {told}.")


def _point(point: "SeriesPoint") -> tuple[object, ...]:
    days = _days(point.first, point.last)
    found = point.figures
    if found is None:
        return days, "-", "-", "-", "-", "-", "-", "not built"
    money = found.currency
    note = f"{point.built} of {point.days} days" if point.built < point.days else ""
    if point.provisional:
        note = f"{note} provisional".strip()
    if point.stale:
        note = f"{note} stale".strip()
    if len(found.values) > 1:
        others = ", ".join(f"{each.total_value} {each.currency}" for each in found.values[1:])
        note = f"{note} and {others}".strip()
    return (
        days, found.total_orders, found.total_products, found.total_units,
        f"{found.total_value} {money}", f"{found.average_order_value} {money}",
        f"{found.refunds.value} {money}", note,
    )  # fmt: skip


def _ranked(each: Any, currency: str) -> tuple[object, ...]:
    identity = each.product_id if hasattr(each, "product_id") else each.user_id
    return (
        each.rank, identity, cell(each.name), each.sales.orders, each.sales.units,
        f"{each.sales.value} {currency}", f"{each.refunds.value} {currency}",
    )  # fmt: skip


def _days(first: date, last: date) -> str:
    return str(first) if first == last else f"{first} to {last}"
