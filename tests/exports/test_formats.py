"""Each format, written and read back by somebody else's reader."""

import csv
import errno
import gc
import io
import json
import zipfile
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, cast

import openpyxl
import pypdf
import pytest
from delimited_writer import DelimitedWriter
from exported import AT, DAY, EMPTY, NEXT, SORTED
from pyarrow import parquet

from horarium.database import Connection
from horarium.errors import InvalidInput, NotFound
from horarium.exports import (
    Column,
    CsvStyle,
    Format,
    MissingExtra,
    Selection,
    check,
    fill,
    select,
)
from horarium.exports import format as format_module
from horarium.exports.delimited import BOM
from horarium.exports.selection import Row, batches
from horarium.exports.workbook import WorkbookWriter

HEAD = [
    "report_at", "order_id", "count_product", "total_amount", "currency", "created_at", "by_hand",
]  # fmt: skip
RAW = CsvStyle(bom=False, formulas="raw")
STYLES = [
    CsvStyle(),
    RAW,
    CsvStyle(delimiter="semicolon", decimal="comma"),
    CsvStyle(delimiter="tab", bom=False),
]


async def written(
    connection: Connection, format: Format, style: CsvStyle = CsvStyle(), *days: date
) -> bytes:
    file = io.BytesIO()
    first, last = days or (None, None)
    selection = await select(connection, "orders", first, last)
    rows = await fill(connection, selection, format, style, file)
    assert rows == selection.rows
    return file.getvalue()


def expected(row: Row) -> list[str]:
    day, order, lines, amount, currency, at, by_hand = row
    instant = at.strftime("%Y-%m-%d %H:%M:%S.%f").rstrip("0") + "Z"
    hand = "true" if by_hand else "false"
    return [str(day), order, str(lines), format(amount, "f"), currency, instant, hand]


async def test_csv_reads_back(connection: Connection) -> None:
    data = await written(connection, Format.CSV, RAW)
    head, *lines = csv.reader(io.StringIO(data.decode(), newline=""))
    assert head == HEAD
    assert lines == [expected(row) for row in SORTED]


async def test_csv_opens_in_excel_and_computes_nothing(connection: Connection) -> None:
    data = await written(connection, Format.CSV)
    assert data.startswith(BOM)
    _, *lines = csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""))
    orders = [line[1] for line in lines]
    assert '\'=HYPERLINK("http://x")' in orders
    assert "'+7 900 000-00-00" in orders
    assert "'＝wide" in orders
    assert "'quoted" in orders  # it was like that
    assert [order for order in orders if order[0] in "=+-@\t\r\n＝"] == []
    assert "-5.00" in [line[3] for line in lines]
    assert 'кружка «Белая», "с ручкой"' in orders


@pytest.mark.parametrize("style", STYLES, ids=str)
async def test_both_ways_to_csv_give_the_same_bytes(
    connection: Connection, style: CsvStyle
) -> None:
    by_postgresql = await written(connection, Format.CSV, style)
    file = io.BytesIO()
    selection = await select(connection)
    writer = DelimitedWriter(selection, style, file)
    async with connection.transaction():
        async for rows in batches(connection, selection, size=5):
            writer.write(rows)
    assert file.getvalue() == by_postgresql


async def test_csv_with_decimal_commas(connection: Connection) -> None:
    style = CsvStyle(delimiter="semicolon", decimal="comma")
    data = await written(connection, Format.CSV, style, DAY, DAY)
    lines = list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), delimiter=";"))
    assert "1234567890123456789,123456" in [line[3] for line in lines]


async def test_json_lines_read_back(connection: Connection) -> None:
    data = await written(connection, Format.JSONL)
    found = [json.loads(line) for line in data.splitlines()]
    assert [list(each) for each in found] == [HEAD] * len(SORTED)
    for each, row in zip(found, SORTED, strict=True):
        assert each["order_id"] == row[1]
        assert each["count_product"] == row[2]
        assert (each["total_amount"], each["by_hand"]) == (format(row[3], "f"), row[6])
        assert each["created_at"] == "2026-03-03T00:05:07.120000Z"


async def test_a_workbook_reads_back(connection: Connection) -> None:
    data = await written(connection, Format.XLSX)
    book = openpyxl.load_workbook(io.BytesIO(data))
    assert book.sheetnames == ["orders"]
    head, *lines = book["orders"].iter_rows()
    assert [cell.value for cell in head] == HEAD
    assert len(lines) == len(SORTED)
    for cells, row in zip(lines, SORTED, strict=True):
        assert cells[0].value.date() == row[0]
        assert _text(cells[1].value) == _text(row[1])
        assert cells[1].data_type != "f"
        assert cells[2].value == row[2]
        assert Decimal(str(cells[3].value)) == row[3]
        assert cells[5].value == AT.replace(tzinfo=None)
        assert cells[6].value is row[6]
    kinds = {row[1]: cells[3].data_type for cells, row in zip(lines, SORTED, strict=True)}
    assert kinds['кружка «Белая», "с ручкой"'] == "s"  # 25 digits are no float
    assert kinds["'quoted"] == "n"
    assert "formula" not in str(zipfile.ZipFile(io.BytesIO(data)).namelist())


async def test_more_rows_than_a_sheet_has_go_on_in_the_next(connection: Connection) -> None:
    selection = await select(connection)
    file = io.BytesIO()
    writer = WorkbookWriter(selection, file, rows=5)
    async with connection.transaction():
        async for rows in batches(connection, selection):
            writer.write(rows)
    writer.close()
    book = openpyxl.load_workbook(io.BytesIO(file.getvalue()))
    assert book.sheetnames == ["orders", "orders 2", "orders 3"]
    orders = [cells[1].value for sheet in book for cells in list(sheet.iter_rows())[1:]]
    assert [_text(order) for order in orders] == [_text(row[1]) for row in SORTED]
    assert [cell.value for cell in next(book["orders 3"].iter_rows())] == HEAD


async def test_a_text_longer_than_a_cell_says_that_it_was_cut(connection: Connection) -> None:
    selection = await select(connection)
    file = io.BytesIO()
    writer = WorkbookWriter(selection, file)
    for text in ("x" * 32_767, "ж" * 40_000, "🎁" * 20_000):
        writer.write([(DAY, text, 1, Decimal(1), "EUR", AT, False)])
    writer.close()
    book = openpyxl.load_workbook(io.BytesIO(file.getvalue()))
    whole, cyrillic, gifts = (row[1].value for row in list(book["orders"].iter_rows())[1:])
    assert whole == "x" * 32_767
    assert cyrillic.endswith("… [cut: 40,000 characters]")
    assert gifts.endswith("… [cut: 20,000 characters]")
    assert all(len(each.encode("utf-16-le")) <= 65_534 for each in (cyrillic, gifts))
    assert "2 texts were longer" in book["Notes"]["A1"].value


async def test_parquet_reads_back(connection: Connection) -> None:
    data = await written(connection, Format.PARQUET)
    table = parquet.read_table(io.BytesIO(data))
    assert str(table.schema.field("total_amount").type) == "decimal128(38, 6)"
    assert [tuple(row.values()) for row in table.to_pylist()] == [tuple(row) for row in SORTED]


async def test_a_pdf_has_its_letters_and_its_pages(connection: Connection) -> None:
    data = await written(connection, Format.PDF)
    reader = pypdf.PdfReader(io.BytesIO(data))
    text = "\n".join(page.extract_text() for page in reader.pages)
    assert "orders, 2026-03-02 to 2026-03-04" in text
    assert "кружка «Белая»" in text
    assert "1234567890123456789" in text
    assert "12 rows" in text
    drawn = reader.pages[0].get_contents().get_data()  # type: ignore[union-attr]
    assert drawn.count(b" re f") >= 3  # the bars of the chart


async def test_a_long_pdf_goes_on_over_pages(connection: Connection) -> None:
    from horarium.exports.document import DocumentWriter

    selection = await select(connection)
    file = io.BytesIO()
    writer = DocumentWriter(selection, file)
    writer.write([(DAY, f"order {n}", 1, Decimal(n), "EUR", AT, False) for n in range(200)])
    writer.close()
    reader = pypdf.PdfReader(io.BytesIO(file.getvalue()))
    texts = [page.extract_text() for page in reader.pages]
    assert len(texts) > 4
    assert all("order_id" in text for text in texts)  # the head is on each
    found = [n for text in texts for n in range(200) if f"order {n} " in text]
    assert found == list(range(200))


@pytest.mark.parametrize("format", list(Format))
async def test_a_day_without_orders_is_a_whole_file(connection: Connection, format: Format) -> None:
    data = await written(connection, format, CsvStyle(), EMPTY, EMPTY)
    match format:
        case Format.CSV:
            assert data.decode("utf-8-sig") == ",".join(HEAD) + "\n"
        case Format.JSONL:
            assert data == b""
        case Format.XLSX:
            assert openpyxl.load_workbook(io.BytesIO(data))["orders"].max_row == 1
        case Format.PARQUET:
            assert parquet.read_table(io.BytesIO(data)).num_rows == 0
        case Format.PDF:
            assert "0 rows" in pypdf.PdfReader(io.BytesIO(data)).pages[0].extract_text()


def test_a_workbook_on_a_full_disk_says_so_and_leaves_nothing(tmp_path: Path) -> None:
    """Its ZIP writes its end when it is forgotten; nobody could take that error."""

    class Full(io.FileIO):
        def write(self, data: Any) -> int:
            if self.tell() + len(data) > 3000:
                raise OSError(errno.ENOSPC, "No space left on device")
            return super().write(data) or 0

    day = Selection(
        report="orders", columns=(Column("order_id"),), queries=(), first=DAY, last=DAY, rows=0,
        version="",
    )  # fmt: skip
    with Full(tmp_path / "file.xlsx", "w+") as file:
        writer = WorkbookWriter(day, cast("io.BytesIO", file))
        assert len(list(tmp_path.glob(".horarium-*"))) == 1  # beside the file, where there is room
        writer.write([(f"order {number}",) for number in range(2000)])
        with pytest.raises(OSError, match="No space left"):
            writer.close()
        writer.discard()
    del writer
    gc.collect()
    assert [each.name for each in tmp_path.iterdir()] == ["file.xlsx"]


async def test_one_day_of_three(connection: Connection) -> None:
    data = await written(connection, Format.CSV, RAW, NEXT, NEXT)
    assert len(data.splitlines()) == 2
    assert b"2026-03-03,1001,3,3.10,GBP" in data


async def test_what_cannot_be_selected(connection: Connection) -> None:
    with pytest.raises(NotFound, match="from 2030-01-01 yet"):
        await select(connection, "orders", date(2030, 1, 1))
    with pytest.raises(NotFound, match="nothing of the report none was built"):
        await select(connection, "none")
    with pytest.raises(InvalidInput, match="is before"):
        await select(connection, "orders", NEXT, DAY)


def test_what_cannot_be_written(monkeypatch: pytest.MonkeyPatch) -> None:
    comma: Any = CsvStyle(decimal="comma")
    with pytest.raises(InvalidInput, match="another delimiter"):
        check(Format.CSV, comma)
    with pytest.raises(InvalidInput, match="are of csv, not xlsx"):
        check(Format.XLSX, CsvStyle(bom=False))
    monkeypatch.setattr(format_module, "find_spec", lambda _: None)
    with pytest.raises(MissingExtra, match=r"pip install 'horarium\[parquet\]'"):
        check(Format.PARQUET, CsvStyle())


def _text(text: Any) -> str:
    """A text as it comes back from XML, whose line ends are all the same."""
    return str(text).replace("\r\n", "\n").replace("_x000D_", "")
