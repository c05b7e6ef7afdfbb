"""The order report as an export has it: its columns, its rows, and the chart of its values."""

from datetime import date, timedelta

from horarium.database import Connection, statement
from horarium.exports.selection import Chart, Column, Kind, Query
from horarium.reports import series

COLUMNS = (
    Column("report_at", Kind.DATE),
    Column("order_id", Kind.TEXT),
    Column("count_product", Kind.INTEGER),
    Column("total_amount", Kind.DECIMAL),
    Column("currency", Kind.TEXT, harmless=True),  # a CHECK holds it to three letters
    Column("created_at", Kind.INSTANT),
    Column("by_hand", Kind.BOOLEAN),
)
CHARTED = 31
"""Days that a chart shows at least, where so many were built."""

MOST_CHARTED = 400
MOST_SPAN = 3000
"""Days that are looked at for a chart."""


def order_query(first: date, last: date) -> Query:
    """The rows from one day to another, both included, by day and order."""
    return Query(statement(__package__, "order_rows"), (first, last))


async def order_chart(connection: Connection, first: date, last: date) -> Chart | None:
    """The value of each day; of a short span, with the days before it."""
    since = max(min(first, last - timedelta(days=CHARTED - 1)), last - timedelta(days=MOST_SPAN))
    found = await series(connection, since, last)
    built = [(each.first, each.figures) for each in found.points if each.figures is not None]
    shown = built[-MOST_CHARTED:]
    if not shown:
        return None
    currency = shown[-1][1].currency
    bars = tuple((f"{day}", of.total_value) for day, of in shown if of.currency == currency)
    title = f"Value by day, {shown[0][0]} to {shown[-1][0]}"
    return Chart(title, currency, bars)
