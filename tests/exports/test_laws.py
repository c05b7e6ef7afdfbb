"""Laws of exports: what is written is what was there, whatever it was; and memory has a bound."""

import csv
import io
import json
import os
import tracemalloc
import zipfile
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import openpyxl
import pytest
from delimited_writer import DelimitedWriter
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from horarium.database import Connection, Database
from horarium.exports import (
    Column,
    CsvStyle,
    Format,
    Kind,
    Outflow,
    Query,
    Selection,
    fill,
)
from horarium.exports.json_lines import JsonLinesWriter
from horarium.exports.workbook import WorkbookWriter

COLUMNS = (
    Column('text; "quoted",', Kind.TEXT),
    Column("integer", Kind.INTEGER),
    Column("decimal", Kind.DECIMAL),
    Column("float", Kind.FLOAT),
    Column("date", Kind.DATE),
    Column("local", Kind.LOCAL_TIME),
    Column("instant", Kind.INSTANT),
    Column("boolean", Kind.BOOLEAN),
)
QUERY = """
select t as "text; ""quoted"",", i as integer, d as decimal, f as float, a as date, l as local,
    m as instant, b as boolean
from unnest($1::text[], $2::bigint[], $3::numeric[], $4::float8[], $5::text[]::date[],
    $6::timestamp[], $7::timestamptz[], $8::boolean[])
    with ordinality as r (t, i, d, f, a, l, m, b, n)
order by n
"""

texts = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=30)
nasty = st.sampled_from(
    ["=1+1", "+7", "-5", "@x", "\tx", "\r\n", '"', '","', "", " ", "\\.", "＝1"]
)
decimals = st.decimals(allow_nan=False, allow_infinity=False, places=6).filter(
    lambda value: value.adjusted() < 25
)
# From 2**53 on, two texts may be as short and as near: PostgreSQL and Python choose differently.
floats = st.floats(-9e15, 9e15, allow_nan=False, width=64)
moments = st.datetimes(datetime(1, 1, 3), datetime(9999, 12, 29))  # noqa: DTZ001
rows_of = st.lists(
    st.tuples(
        st.none() | texts | nasty,
        st.none() | st.integers(-(2**63), 2**63 - 1),
        st.none() | decimals,
        st.none() | floats,
        st.none() | st.dates(date(1, 1, 1), date(9999, 12, 31)),
        st.none() | moments,
        st.none() | moments.map(lambda at: at.replace(tzinfo=UTC)),
        st.none() | st.booleans(),
    ),
    max_size=12,
)
styles = st.builds(
    CsvStyle,
    bom=st.booleans(),
    delimiter=st.sampled_from(["semicolon", "tab"]),
    decimal=st.sampled_from(["point", "comma"]),
    formulas=st.sampled_from(["text", "raw"]),
)


def selection_of(rows: list[tuple[Any, ...]]) -> Selection:
    day = date(2026, 3, 2)
    values: list[Any] = list(map(list, zip(*rows, strict=True))) or [[] for _ in COLUMNS]
    # As texts: the driver sends the first and the last date as the infinite ones.
    values[4] = [None if day is None else day.isoformat() for day in values[4]]
    query = Query(QUERY, tuple(values))
    return Selection(
        report="any", columns=COLUMNS, queries=(query, query),
        first=day, last=day, rows=2 * len(rows), version="",
    )  # fmt: skip


async def test_csv_by_postgresql_is_csv_by_us(connection: Connection) -> None:
    samples: list[tuple[list[tuple[Any, ...]], CsvStyle]] = []

    @settings(max_examples=40, database=None)
    @example([(*[None] * 4, date(1, 1, 1), *[None] * 3)], CsvStyle())
    @given(rows_of, styles)
    def collect(rows: list[tuple[Any, ...]], style: CsvStyle) -> None:
        samples.append((rows, style))

    collect()
    for rows, style in samples:
        selection = selection_of(rows)
        ours, theirs = io.BytesIO(), io.BytesIO()
        writer = DelimitedWriter(selection, style, ours)
        writer.write(rows)
        writer.write(rows)
        assert await fill(connection, selection, Format.CSV, style, theirs) == 2 * len(rows)
        assert theirs.getvalue() == ours.getvalue()


@settings(max_examples=50)
@given(rows_of)
def test_csv_reads_back(rows: list[tuple[Any, ...]]) -> None:
    file = io.BytesIO()
    DelimitedWriter(selection_of(rows), CsvStyle(bom=False, formulas="raw"), file).write(rows)
    head, *found = csv.reader(io.StringIO(file.getvalue().decode(), newline=""))
    assert head == [column.name for column in COLUMNS]
    assert len(found) == len(rows)
    for line, row in zip(found, rows, strict=True):
        assert line[0] == (row[0] or "")
        assert line[1] == ("" if row[1] is None else str(row[1]))
        assert row[2] is None or Decimal(line[2]) == row[2]
        assert row[3] is None or float(line[3]) == row[3]
        assert row[4] is None or date.fromisoformat(line[4]) == row[4]
        assert row[6] is None or datetime.fromisoformat(line[6]) == row[6]


@settings(max_examples=50)
@given(rows_of)
def test_nothing_in_a_csv_is_computed(rows: list[tuple[Any, ...]]) -> None:
    file = io.BytesIO()
    DelimitedWriter(selection_of(rows), CsvStyle(), file).write(rows)
    _, *found = csv.reader(io.StringIO(file.getvalue().decode("utf-8-sig"), newline=""))
    assert [line[0] for line in found if line[0].startswith(tuple("=+-@\t\r\n＝＋－＠"))] == []


@settings(max_examples=50)
@given(rows_of)
def test_json_lines_read_back(rows: list[tuple[Any, ...]]) -> None:
    file = io.BytesIO()
    JsonLinesWriter(selection_of(rows), file).write(rows)
    found = [json.loads(line) for line in file.getvalue().split(b"\n")[:-1]]
    for each, row in zip(found, rows, strict=True):
        values = list(each.values())
        assert values[0] == row[0]
        assert values[1] == row[1]
        assert values[2] == (None if row[2] is None else format(row[2], "f"))
        assert values[3] == row[3]
        assert values[7] == row[7]


@settings(max_examples=25)
@given(rows_of)
def test_a_workbook_keeps_each_digit(rows: list[tuple[Any, ...]]) -> None:
    file = io.BytesIO()
    writer = WorkbookWriter(selection_of(rows), file)
    writer.write(rows)
    writer.close()
    _, *found = openpyxl.load_workbook(file)["any"].iter_rows(max_col=len(COLUMNS))
    for cells, row in zip(found, rows, strict=False):
        for number in (1, 2):
            if row[number] is not None:
                assert Decimal(str(cells[number].value)) == row[number]
        assert cells[0].data_type != "f"


@pytest.mark.skipif("HORARIUM_SLOW" not in os.environ, reason="a minute: set HORARIUM_SLOW")
async def test_a_workbook_of_more_rows_than_a_sheet_has(connection: Connection) -> None:
    """At the real limit: the last row of the first sheet, and the first of the next."""
    day, count = date(2026, 3, 2), 1_048_575 + 2
    query = Query("select n as n from generate_series(1, $1) n", (count,))
    selection = Selection(
        report="many", columns=(Column("n", Kind.INTEGER),), queries=(query,), first=day, last=day,
        rows=count, version="",
    )  # fmt: skip
    file = io.BytesIO()
    assert await fill(connection, selection, Format.XLSX, CsvStyle(), file) == count
    with zipfile.ZipFile(file) as parts:
        first = parts.read("xl/worksheets/sheet1.xml")
        second = parts.read("xl/worksheets/sheet2.xml")
    assert b"<v>1048575</v>" in first[-500:]
    assert b'r="A1048577"' not in first
    assert second.count(b"<row ") == 3  # the head, and two rows
    assert b"<v>1048576</v>" in second
    assert b"<v>1048577</v>" in second


async def test_parquet_of_large_and_small_numbers(connection: Connection) -> None:
    day = date(2026, 3, 2)
    amounts = [Decimal("0.000000000000000000000001"), Decimal(-(10**30)), None]
    query = Query("select unnest($1::numeric[]) as amount", (amounts,))
    selection = Selection(
        report="any", columns=(Column("amount", Kind.DECIMAL),), queries=(query, query),
        first=day, last=day, rows=6, version="",
    )  # fmt: skip
    file = io.BytesIO()
    assert await fill(connection, selection, Format.PARQUET, CsvStyle(), file) == 6
    table = parquet.read_table(file)
    assert str(table.schema.field("amount").type) == "decimal256(76, 24)"
    assert table["amount"].to_pylist() == amounts * 2


async def test_memory_has_a_bound(database: Database) -> None:
    """Half a million rows, some 50 MB of text, pass through a few."""
    day = date(2026, 3, 2)
    rows = Query("select rpad(n::text, 100, 'x') as id from generate_series(1, $1) n", (500_000,))
    selection = Selection(
        report="any", columns=(Column("id"),), queries=(rows,), first=day, last=day, rows=500_000,
        version="",
    )  # fmt: skip
    outflow = Outflow(database, selection, Format.CSV, CsvStyle())
    tracemalloc.start()
    try:
        await outflow.begin()
        size = 0
        async for piece in outflow:
            size += len(piece)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
        await outflow.close()
    assert size > 50_000_000
    assert peak < 12_000_000
