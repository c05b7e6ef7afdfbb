"""Exports of reports that users define: their own columns and types, and those of former builds."""

import io
import json
from datetime import date

from horarium.database import Connection, Database
from horarium.exports import CsvStyle, Format, fill, select
from horarium.reports import build, period_of
from horarium.reports.definition import defined


async def built(connection: Connection, day: date, sql: str) -> None:
    definition = defined("letters", lambda period: sql, every="day")
    async with connection.transaction():
        await build(connection, definition, period_of(day, "day", "UTC"), reason="test")


async def test_columns_of_now_over_periods_of_before(database_url: str) -> None:
    connection = await Database(database_url).connect("tests")
    await built(connection, date(2026, 3, 1), "select 'а' as letter, 1.50 as price")
    await built(
        connection,
        date(2026, 3, 2),
        "select 'б' as letter, 2.50 as price, timestamptz '2026-03-02 10:00+03' as at, true as good"
        " union all select '=1+1', -3, null, null order by price",
    )
    selection = await select(connection, "letters")
    assert [(each.name, each.kind.value) for each in selection.columns] == [
        ("period", "date"), ("letter", "text"), ("price", "decimal"), ("at", "instant"),
        ("good", "boolean"),
    ]  # fmt: skip
    assert (selection.rows, len(selection.queries)) == (3, 2)
    await connection.execute("set timezone to 'UTC'")
    file = io.BytesIO()
    assert await fill(connection, selection, Format.CSV, CsvStyle(bom=False), file) == 3
    assert file.getvalue().decode().splitlines() == [
        "period,letter,price,at,good",
        "2026-03-01,а,1.50,,",
        "2026-03-02,'=1+1,-3,,",
        "2026-03-02,б,2.50,2026-03-02 07:00:00Z,true",
    ]
    file = io.BytesIO()
    await fill(connection, selection, Format.JSONL, CsvStyle(), file)
    assert [json.loads(line)["price"] for line in file.getvalue().splitlines()] == [
        "1.50", "-3", "2.50",
    ]  # fmt: skip
    for format in (Format.XLSX, Format.PARQUET, Format.PDF):
        assert await fill(connection, selection, format, CsvStyle(), io.BytesIO()) == 3
    await connection.close()
