"""What every answer asks on its freshness goes by indexes, also where nobody has looked long."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from horarium.database import Connection, statement

# Plans follow statistics and sizes: those of tables that nothing was ever in.
pytestmark = pytest.mark.new_database

START = datetime(2026, 3, 2, tzinfo=UTC)


@pytest.fixture
async def neglected(connection: Connection) -> Connection:
    """Changes of thirty years that nobody has taken, and days that nobody has built."""
    await connection.execute(
        "insert into shop.changed_days (ordered_at)"
        " select $1::timestamptz - n * interval '2 hours' from generate_series(1, 100000) n",
        START + timedelta(days=1),
    )
    await connection.execute(
        "insert into horarium.report_marks (report, starts_at, ends_at, zone, cause, changed_at,"
        " waiting_since, last_changed_at) select 'orders', $1::timestamptz - n * interval '1 day',"
        " $1::timestamptz - (n - 1) * interval '1 day', 'UTC', 'orders', $1, $1, $1"
        " from generate_series(1, 8000) n",
        START,
    )
    await connection.execute(
        "insert into horarium.report_periods (report, starts_at, ends_at, day, zone, revision,"
        " reason, provisional, built_at, data_until, checked_at, row_count, summary)"
        " select 'orders', $1::timestamptz - n * interval '1 day',"
        " $1::timestamptz - (n - 1) * interval '1 day', $1::date - n, 'UTC', 1, 'test', false, $1,"
        " $1, $1, 0, '{}' from generate_series(0, 8000) n",
        START,
    )
    await connection.execute(
        "analyze shop.changed_days, horarium.report_marks, horarium.report_periods"
    )
    return connection


async def plan(connection: Connection, name: str, *arguments: Any) -> str:
    async with connection.transaction():
        text = statement("horarium.reports", name)
        rows = await connection.fetch(f"explain (analyze, buffers) {text}", *arguments)
    return "\n".join(row[0] for row in rows)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("freshness", ("orders", [date(2026, 2, 20)])),
        ("read_summary", ("orders", date(2026, 2, 20))),
        ("rows_version", (date(2026, 2, 20),)),
    ],
)
async def test_answers_stay_cheap(neglected: Connection, name: str, arguments: Any) -> None:
    text = await plan(neglected, name, *arguments)
    assert "changed_days_ordered" in text
    assert "report_marks_pkey" in text
    assert "Seq Scan on changed_days" not in text
    assert "Seq Scan on report_marks" not in text
    assert "Function Scan" not in text  # it is inlined: its parts go by their own indexes
