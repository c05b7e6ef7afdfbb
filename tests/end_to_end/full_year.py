"""What the tables have after the whole file of 541,909 lines: its known answers, to the digit."""

from decimal import Decimal

from horarium.database import Connection, Database
from horarium.shop import import_orders, read_order, sample

DAYS = {
    # invoices, lines, codes, units, value; sales and their lines, units, value; cancellations
    "2010-12-01": "143 3108 1351 26814 58635.56 127 3072 26919 58960.79 6 -325.23",
    "2011-01-18": "51 1447 900 8664 18680.80 41 1428 82978 95978.05 8 -77297.25",
    "2011-03-27": "46 737 515 4408 8979.98 32 715 4530 9241.35 14 -261.37",
    "2011-09-26": "79 1554 914 14948 28642.271 66 1527 15323 29335.171 8 -692.90",
    "2011-12-09": "49 1632 1084 12949 32131.53 44 1625 93979 200920.60 5 -168789.07",
}
ZONES = {
    "UTC": "143 58635.56 51 18680.80 46 8979.98 79 28642.271 49 32131.53",
    "Asia/Tokyo": "105 38851.48 53 28828.76 42 8321.62 73 27277.95 102 61966.48",
    "America/Los_Angeles": "145 59102.56 51 18680.80 47 9518.98 78 28106.771 49 32131.53",
}
ORDERS = {
    "536365": (7, 40, "139.12"),
    "541431": (1, 74215, "77183.60"),
    "C541433": (1, -74215, "-77183.60"),
    "581587": (15, 105, "249.45"),
    "536591": (40, 93, "198.32"),
}
FIGURES = """
select
    day, count(distinct o.id), count(*), count(distinct product_id), sum(quantity),
    sum(quantity * i.price),
    count(distinct o.id) filter (where sold), count(*) filter (where sold),
    sum(quantity) filter (where sold), sum(quantity * i.price) filter (where sold),
    count(distinct o.id) filter (where kind = 'cancellation'),
    sum(quantity * i.price) filter (where kind = 'cancellation')
from shop.orders o
join shop.order_items i on i.order_id = o.id
cross join lateral (select kind = 'sale' and quantity > 0 and i.price > 0 as sold) s
cross join lateral (select (o.placed_at at time zone $1)::date::text as day) d
where day = any ($2::text[]) or $2 is null
group by grouping sets ((day), ())
"""


def numbers(text: str) -> list[Decimal]:
    return [Decimal(number) for number in text.split()]


async def figures(
    connection: Connection, zone: str, days: list[str] | None
) -> dict[str | None, list[Decimal]]:
    """The figures of each day, and under None those of all."""
    rows = await connection.fetch(FIGURES, zone, days)
    return {row["day"]: [Decimal(figure or 0) for figure in list(row)[1:]] for row in rows}


async def check_year(url: str) -> None:
    """The whole file's answers; and a file that is a part of it changes nothing."""
    connection = await Database(url).connect("tests")
    try:
        await check_known_answers(connection)
        await check_names(connection)
        newest = "select max(xmin::text::bigint) from shop.products"
        written = await connection.fetchval(newest)
        part = await import_orders(connection, sample.path())
        assert (part.added.orders, part.changed.orders, part.unchanged.orders) == (0, 0, 2_025)
        assert written == await connection.fetchval(newest)
    finally:
        await connection.close()


async def check_known_answers(connection: Connection) -> None:
    year = await figures(connection, "Europe/London", None)
    assert year[None][:5] == numbers("25900 541909 4070 5176450 9747747.934")
    assert [year[None][n] for n in (5, 8, 9, 10)] == numbers("19959 10655622.484 3836 -896812.490")
    assert len(year) == 305 + 1
    for day, expected in DAYS.items():
        assert year[day] == numbers(expected), day
    for zone, text in ZONES.items():
        found = await figures(connection, zone, list(DAYS))
        assert [found[day][n] for day in DAYS for n in (0, 4)] == numbers(text), zone
    for identity, (lines, units, total) in ORDERS.items():
        order = await read_order(connection, identity)
        assert (order.count_product, order.total_amount) == (lines, Decimal(total))
        assert sum(item.quantity for item in order.items) == units


async def check_names(connection: Connection) -> None:
    rows = await connection.fetch(
        "select id, name, price from shop.products where id = any ($1)",
        ["85123A", "22423", "POST", "21116"],
    )
    assert {row["id"]: row["name"] for row in rows} == {
        "85123A": "WHITE HANGING HEART T-LIGHT HOLDER",
        "22423": "REGENCY CAKESTAND 3 TIER",
        "POST": "POSTAGE",
        "21116": "OWL DOORSTOP",
    }
    assert all(row["price"] > 0 for row in rows)
