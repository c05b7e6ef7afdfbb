"""The known answers of the real orders, to the last digit."""

import gzip
import re
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from shop_orders import build_day

from horarium.database import Connection
from horarium.reports import Summary, rows, summary
from horarium.shop import import_orders, settle_profile

# invoices, lines, stock codes, units, value; of sales: invoices, lines, units, value, average;
# of cancellations: invoices, value
DAYS = {
    "2010-12-01": "143 3108 1351 26814 58635.56 127 3072 26919 58960.79 464.26 6 -325.23",
    "2011-01-18": "51 1447 900 8664 18680.80 41 1428 82978 95978.05 2340.93 8 -77297.25",
    "2011-03-27": "46 737 515 4408 8979.98 32 715 4530 9241.35 288.79 14 -261.37",
    "2011-09-26": "79 1554 914 14948 28642.271 66 1527 15323 29335.171 444.47 8 -692.90",
    "2011-12-09": "49 1632 1084 12949 32131.53 44 1625 93979 200920.60 4566.38 5 -168789.07",
}
ZONES = {
    "UTC": "143 58635.56 51 18680.80 46 8979.98 79 28642.271 49 32131.53",
    "Asia/Tokyo": "105 38851.48 53 28828.76 42 8321.62 73 27277.95 102 61966.48",
    "America/Los_Angeles": "145 59102.56 51 18680.80 47 9518.98 78 28106.771 49 32131.53",
}
ORDERS = {
    "536365": ("2010-12-01", 7, "139.12"),
    "541431": ("2011-01-18", 1, "77183.60"),
    "C541433": ("2011-01-18", 1, "-77183.60"),
    "581587": ("2011-12-09", 15, "249.45"),
    "536591": ("2010-12-01", 40, "198.32"),
}
NEAR = re.compile(b",(2010-12-0[12]|2011-01-1[789]|2011-03-2[678]|2011-09-2[567]|2011-12-0[89])T")


@pytest.fixture
async def real_orders(connection: Connection, shared_data: Path, tmp_path: Path) -> Connection:
    """The lines of the known days, and of the days around them for other zones."""
    source = shared_data / "uci-online-retail" / "online_retail.csv.gz"
    lines = gzip.decompress(source.read_bytes()).splitlines(keepends=True)
    chosen = tmp_path / "known_days.csv"
    chosen.write_bytes(lines[0] + b"".join(line for line in lines[1:] if NEAR.search(line)))
    await settle_profile(connection, "Europe/London", "GBP")
    await import_orders(connection, chosen)
    return connection


async def test_known_days(real_orders: Connection) -> None:
    for text, known in DAYS.items():
        day = date.fromisoformat(text)
        await build_day(real_orders, day, "Europe/London")
        assert figures(await summary(real_orders, day)) == known
        assert (await rows(real_orders, day)).total == int(known.split()[0])
    for order, (text, lines, value) in ORDERS.items():
        found = (await rows(real_orders, date.fromisoformat(text))).items
        row = next(row for row in found if row.order_id == order)
        assert (row.count_product, str(row.total_amount)) == (lines, value)
    first = await summary(real_orders, date(2010, 12, 1))
    assert first.average_order_value == Decimal("410.04")
    assert first.average_products_per_order == Decimal("21.73")


async def test_known_days_of_other_zones(real_orders: Connection) -> None:
    for zone, known in ZONES.items():
        found = []
        for text in DAYS:
            day = date.fromisoformat(text)
            await build_day(real_orders, day, zone)
            found += [await summary(real_orders, day)]
        assert " ".join(f"{each.total_orders} {each.total_value}" for each in found) == known


def figures(found: Summary) -> str:
    sales, refunds = found.sales, found.refunds
    figures = (
        *(found.total_orders, found.total_products, found.distinct_products, found.total_units),
        *(found.total_value, sales.orders, sales.lines, sales.units, sales.value),
        *(sales.average_order_value, refunds.orders, refunds.value),
    )
    return " ".join(map(str, figures))
