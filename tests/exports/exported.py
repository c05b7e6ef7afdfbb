"""Nasty rows for the tests of exports, and the database that has them."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import msgspec

from horarium.database import Database
from horarium.reports.figures import Totals, figures

DAY = date(2026, 3, 2)
NEXT = date(2026, 3, 3)
EMPTY = date(2026, 3, 4)
AT = datetime(2026, 3, 3, 0, 5, 7, 120_000, tzinfo=UTC)

ROWS: list[tuple[date, str, int, Decimal, str, datetime, bool]] = [
    (DAY, "1001", 3, Decimal("139.12"), "GBP", AT, False),
    (DAY, "=HYPERLINK(\"http://x\")", 1, Decimal("-5.00"), "EUR", AT, False),
    (DAY, "+7 900 000-00-00", 1, Decimal(0), "EUR", AT, True),
    (DAY, "＝wide", 1, Decimal("1e3"), "EUR", AT, False),
    (DAY, 'кружка «Белая», "с ручкой"', 2, Decimal("1234567890123456789.123456"), "RUB", AT, False),
    (DAY, "two\nlines\r\nand;a semicolon", 2147483647, Decimal("0.1"), "JPY", AT, False),
    (DAY, "\\.", 0, Decimal("0.000001"), "EUR", AT, False),
    (DAY, "  spaces  ", 0, Decimal("-0.50"), "EUR", AT, False),
    (DAY, "'quoted", 0, Decimal("99999999999999.9"), "EUR", AT, False),
    (DAY, "日本語 ✓ 🎁", 0, Decimal(7), "EUR", AT, False),
    (DAY, "x" * 255, 0, Decimal("7.10"), "EUR", AT, False),
    (NEXT, "1001", 3, Decimal("3.10"), "GBP", AT, False),
]  # fmt: skip
"""Rows as `shop.reports` has them; those of a day are sorted by PostgreSQL, not here."""

SORTED = sorted(ROWS, key=lambda row: (row[0], row[1].encode()))

PERIOD = """
insert into horarium.report_periods (
    report, starts_at, ends_at, day, zone, revision, reason, provisional, built_at, data_until,
    checked_at, row_count, summary
)
values ($1, $2::date, $2::date + 1, $2, 'UTC', 1, 'test', false, $3, $3, $3, $4, $5)
"""


async def put_period(connection: Any, day: date, rows: int, report: str = "orders") -> None:
    """A built period of a report, without its rows."""
    totals = Totals("EUR", orders=rows, lines=1, units=1, value=Decimal(f"{rows}.50"))
    summary = msgspec.json.encode(figures([totals], 1, "EUR"))
    await connection.execute(PERIOD, report, day, AT, rows, summary)


async def fill_database(url: str) -> None:
    """Put the rows into a new database."""
    database = Database(url)
    connection = await database.connect("tests")
    await connection.copy_records_to_table(
        "reports",
        schema_name="shop",
        records=ROWS,
        columns=[
            "report_at", "order_id", "count_product", "total_amount", "currency", "created_at",
            "by_hand",
        ],
    )  # fmt: skip
    for day in (DAY, NEXT, EMPTY):
        await put_period(connection, day, sum(row[0] == day for row in ROWS))
    await connection.close()
