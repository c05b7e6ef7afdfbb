"""Days without an order between those of an import: they are noted, so that reports show zeros."""

from datetime import date, timedelta
from zoneinfo import ZoneInfo

from order_lines import Write, line

from horarium.database import Connection
from horarium.shop import import_orders


async def noted(connection: Connection, zone: str = "Europe/London") -> set[date]:
    """The days of a zone whose reports are to be built; takes the notes away."""
    rows = await connection.fetch("delete from shop.changed_days returning ordered_at")
    return {row["ordered_at"].astimezone(ZoneInfo(zone)).date() for row in rows}


def days(first: date, last: date) -> set[date]:
    return {first + timedelta(days=n) for n in range((last - first).days + 1)}


async def test_days_between_orders_are_noted(connection: Connection, write: Write) -> None:
    # The clocks were set forward on the 27th, a day of 23 hours, and back on 30 October.
    path = write(
        line("1", at="2011-03-26T23:59:00"),
        line("2", at="2011-03-28T00:01:00"),
        line("3", at="2011-04-02T12:00:00"),
        line("4", at="2011-10-29T00:00:00"),
        line("5", at="2011-11-02T23:45:00"),
    )
    await import_orders(connection, path)
    assert await noted(connection) == days(date(2011, 3, 26), date(2011, 11, 2))
    await import_orders(connection, path)
    assert await noted(connection) == set()


async def test_a_wrong_date_does_not_fill_decades(connection: Connection, write: Write) -> None:
    await import_orders(connection, write(line("1", at="1970-01-01T12:00:00"), line("2")))
    assert await noted(connection) == {date(1970, 1, 1), date(2011, 1, 4)}
