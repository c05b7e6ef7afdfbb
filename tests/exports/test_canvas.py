"""PDF of any length: its pages go to the file one by one, and a reader finds each of them."""

import io
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pypdf
import pytest

from horarium.exports import Chart, Column, Kind, Selection
from horarium.exports import canvas as canvas_module
from horarium.exports.document import DocumentWriter

COLUMNS = (Column("order_id"), Column("total_amount", Kind.DECIMAL))
ON_A_PAGE = 57
"""Rows of a page of COLUMNS that is not the first one."""


def selection(columns: tuple[Column, ...] = COLUMNS, chart: Chart | None = None) -> Selection:
    day = date(2026, 3, 2)
    return Selection(
        report="orders", columns=columns, queries=(), first=day, last=day, rows=0, version="",
        chart=chart,
    )  # fmt: skip


def rows(first: int, end: int) -> list[tuple[str, Decimal]]:
    return [(f"заказ {number};", Decimal(number) / 100) for number in range(first, end)]


def held(writer: DocumentWriter) -> tuple[int, int, int]:
    """How many objects and pages the document has in memory."""
    document: Any = writer._canvas._doc
    objects = len(document.idToObject), len(document.idToObjectNumberAndVersion)
    return *objects, len(document._kids)


def test_pages_are_written_when_they_are_full_and_forgotten(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(canvas_module, "KIDS", 2)
    file = io.BytesIO()
    writer = DocumentWriter(selection(), file)
    writer.write(rows(0, 3 * ON_A_PAGE))
    before, size = held(writer), file.tell()
    writer.write(rows(3 * ON_A_PAGE, 23 * ON_A_PAGE))
    assert held(writer) == before
    assert file.tell() > 6 * size
    writer.close()
    assert len(pypdf.PdfReader(file, strict=True).pages) == 24


@pytest.mark.parametrize("pages", [1, 2, 3, 4, 6, 7])
def test_a_reader_finds_each_page_in_its_place(monkeypatch: pytest.MonkeyPatch, pages: int) -> None:
    monkeypatch.setattr(canvas_module, "KIDS", 3)
    file = io.BytesIO()
    writer = DocumentWriter(selection(), file)
    count = (pages - 1) * ON_A_PAGE + 1
    writer.write(rows(0, count))
    writer.close()
    texts = [page.extract_text() for page in pypdf.PdfReader(file, strict=True).pages]
    assert len(texts) == pages
    assert all(f"page {number}\n" in f"{text}\n" for number, text in enumerate(texts, 1))
    assert all("order_id" in text for text in texts)
    found = [line for text in texts for line in text.splitlines() if line.startswith("заказ")]
    assert [line.split(";")[0] for line in found] == [f"заказ {each}" for each in range(count)]
    assert f"{count:,} rows" in texts[-1]


def test_nothing_but_the_head_is_a_whole_file() -> None:
    file = io.BytesIO()
    DocumentWriter(selection(), file).close()
    (page,) = pypdf.PdfReader(file, strict=True).pages
    assert "0 rows" in page.extract_text()


def test_letters_that_come_late_are_in_the_fonts() -> None:
    """Fonts are written after all pages, with the letters of all of them."""
    file = io.BytesIO()
    writer = DocumentWriter(selection(), file)
    writer.write(rows(0, 2 * ON_A_PAGE))
    # More than the 256 of one subset, on a page of their own.
    codes = (*range(0x21, 0x7F), *range(0xC0, 0x180), *range(0x400, 0x460))
    letters = [chr(code) for code in codes]
    writer.write([(letter * 3, Decimal(1)) for letter in letters])
    writer.close()
    text = "\n".join(page.extract_text() for page in pypdf.PdfReader(file, strict=True).pages)
    assert [letter for letter in letters if letter * 3 not in text] == []


def test_the_paper_is_as_wide_as_many_columns_need() -> None:
    columns = tuple(Column(f"column {number}", Kind.DECIMAL) for number in range(60))
    file = io.BytesIO()
    writer = DocumentWriter(selection(columns), file)
    writer.write([[Decimal("123456.78")] * 60])
    writer.close()
    (page,) = pypdf.PdfReader(file, strict=True).pages
    assert page.mediabox.width > 3000
    assert page.extract_text().count("123456.78") == 60


def test_days_and_instants_have_room_beside_many_columns() -> None:
    kinds = (*Kind, *Kind, Kind.INTEGER, Kind.INTEGER)
    columns = tuple(Column(f"{number}", kind) for number, kind in enumerate(kinds))
    day, at = date(1, 1, 1), datetime(1, 1, 1, 10, 20, 30, 999_999, tzinfo=UTC)
    values = {
        Kind.TEXT: "text", Kind.INTEGER: 1, Kind.DECIMAL: Decimal(2), Kind.FLOAT: float("inf"),
        Kind.DATE: day, Kind.LOCAL_TIME: at.replace(tzinfo=None), Kind.INSTANT: at,
        Kind.BOOLEAN: True,
    }  # fmt: skip
    file = io.BytesIO()
    writer = DocumentWriter(selection(columns), file)
    writer.write([[values[kind] for kind in kinds]])
    writer.close()
    (page,) = pypdf.PdfReader(file, strict=True).pages
    text = page.extract_text()
    assert "…" not in text
    assert text.count("0001-01-01 10:20:30") == 4
    assert text.count("0001-01-01") == 6
    assert text.count("Infinity") == 2
    assert "instants are in UTC" in text
