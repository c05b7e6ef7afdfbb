"""The known answers of real days over HTTP, and rankings against a count from the file."""

import csv
import lzma
from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest

import horarium.shop
from horarium import reports, shop
from horarium.application import Horarium

DAY = "2010-12-01"
SAMPLE = Path(horarium.shop.__file__).parent / "samples" / "online_retail_2010_12.csv.xz"


@pytest.fixture
async def known(app: Horarium, tmp_path: Path) -> list[dict[str, str]]:
    """The lines of 1 December 2010, imported and built; the file's lines as they stand there."""
    with lzma.open(SAMPLE, "rt", encoding="utf-8", newline="") as file:
        lines = [line for line in csv.DictReader(file) if line["InvoiceDate"].startswith(DAY)]
    path = tmp_path / "day.csv"
    with path.open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, lines[0].keys())
        writer.writeheader()
        writer.writerows(lines)
    async with app.database.transaction() as connection:
        await shop.import_orders(connection, path)
        period = reports.period_of(date.fromisoformat(DAY), "day", "Europe/London")
        await reports.build(connection, "orders", period, reason="test")
    return lines


async def test_a_known_day(client: httpx.AsyncClient, known: list[dict[str, str]]) -> None:
    found = (await client.get(f"/report/summary?date={DAY}")).json()
    sales, refunds = found["sales"], found["refunds"]
    told = (
        *(found[name] for name in ("total_orders", "total_products", "distinct_products")),
        *(found[name] for name in ("total_units", "total_value")),
        *(sales[name] for name in ("orders", "lines", "units", "value", "average_order_value")),
        *(refunds["orders"], refunds["value"]),
    )
    expected = "143 3108 1351 26814 58635.56 127 3072 26919 58960.79 464.26 6 -325.23"
    assert " ".join(map(str, told)) == expected
    whole = (await client.get(f"/report/series?from={DAY}&to={DAY}&every=month")).json()["whole"]
    assert whole["figures"]["total_value"] == "58635.56"
    refunded = (await client.get(f"{found['links']['refunds']}&count=100")).json()
    value = sum(Decimal(each["value"]) for each in refunded["items"])
    assert (len(refunded["items"]), str(value), refunded["agrees"]) == (6, "-325.23", True)
    for what, column in (("products", "StockCode"), ("customers", "CustomerID")):
        for by in ("value", "units"):
            asked = f"/report/top/{what}?date={DAY}&by={by}&count=1000"
            pages = (await client.get(asked)).json(), (await client.get(f"{asked}&page=2")).json()
            items = pages[0]["items"] + pages[1]["items"]
            key = "product_id" if what == "products" else "user_id"
            ranked = [
                (each[key], Decimal(each["sales"]["value"]), each["sales"]["units"])
                for each in items
                if each["sales"]["orders"]
            ]
            assert ranked == list(counted(known, column, by)), (what, by)


def counted(
    lines: list[dict[str, str]], column: str, by: str
) -> Iterator[tuple[str, Decimal, int]]:
    """What was sold, by the values of a column: invoices of digits, quantity and price above 0."""
    value: dict[str, Decimal] = defaultdict(Decimal)
    units: dict[str, int] = defaultdict(int)
    for line in lines:
        quantity, price = int(line["Quantity"]), Decimal(line["UnitPrice"])
        if line["InvoiceNo"].isdigit() and quantity > 0 and price > 0 and line[column]:
            value[line[column]] += quantity * price
            units[line[column]] += quantity

    def place(name: str) -> tuple[Any, ...]:
        order = (-value[name], -units[name]) if by == "value" else (-units[name], -value[name])
        return (*order, name.encode())

    for name in sorted(value, key=place):
        yield name, value[name], units[name]
