"""Lines that cannot be read are named, and nothing of their file is kept, or the rest of it."""

import csv
import gzip
from pathlib import Path

import pytest
from order_lines import HEADER, Write, line

from horarium.database import Connection
from horarium.errors import InvalidInput
from horarium.shop import BadLine, BadLines, import_orders


async def rows(connection: Connection) -> int:
    return int(await connection.fetchval("select count(*) from shop.order_items"))


BAD = [
    line("1", "A", "1.5"),
    line("1", "", "1"),
    line("", "A", "1"),
    line("1", "A", "1", "NaN"),
    line("1", "A", "1", at="yesterday"),
    "1,A,too,few",
    line("1", "A") + ",more",
    '1,A,"open,1,2011-01-04T10:00:00,1,,',
    line("1", "A", description="nul\0"),
]
FAULTS = [
    (3, "Quantity", "'1.5' is not a whole number"),
    (4, "StockCode", "it is empty"),
    (5, "InvoiceNo", "it is empty"),
    (6, "UnitPrice", "'NaN' is not a price"),
    (7, "InvoiceDate", "'yesterday' is not a time"),
    (8, None, "it has 4 fields, the header has 8"),
    (9, None, "it has 9 fields, the header has 8"),
    (10, None, "quotation marks"),
    (11, "Description", "NUL byte"),
]


async def test_bad_lines_are_named_and_nothing_is_kept(
    connection: Connection, write: Write
) -> None:
    long = line("2", description='"two\nlines"')
    path = write(line("0", "A"), *BAD, long, line("3", "", "1"))
    with pytest.raises(BadLines) as refused:
        await import_orders(connection, path)
    faults = [*FAULTS, (14, "StockCode", "it is empty")]
    assert [(bad.line, bad.column) for bad in refused.value.bad] == [f[:2] for f in faults]
    for bad, (_, _, reason) in zip(refused.value.bad, faults, strict=True):
        assert reason in bad.reason
    assert refused.value.total == 10
    assert f"{path}, line 3, column Quantity: '1.5' is not a whole number" in str(refused.value)
    assert await rows(connection) == 0
    assert await connection.fetchval("select count(*) from shop.products") == 0


async def test_of_many_bad_lines_twenty_are_named(connection: Connection, write: Write) -> None:
    with pytest.raises(BadLines, match="10000 lines cannot be read") as refused:
        await import_orders(connection, write(*["x"] * 10_000))
    assert (len(refused.value.bad), refused.value.total) == (20, 10_000)
    assert str(refused.value).endswith("and 9980 more")


async def test_bad_lines_go_to_a_file_and_the_rest_is_kept(
    connection: Connection, write: Write, tmp_path: Path
) -> None:
    path, skipped = write(line("0", "A"), *BAD, line("2", "A")), tmp_path / "bad.csv"
    skipped.write_text("from an earlier import")
    done = await import_orders(connection, path, skip_bad=skipped)
    assert (done.lines, done.bad, done.orders) == (2, 9, 2)
    with skipped.open(newline="") as file:
        found = list(csv.reader(file))
    assert found[0] == ["line", "column", "reason"]
    assert [(int(row[0]), row[1] or None) for row in found[1:]] == [f[:2] for f in FAULTS]
    assert found[1][3:] == BAD[0].split(",")
    assert found[8][3:] == [BAD[7]]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["bad.csv", "orders.csv"]


async def test_bytes_that_are_no_text_go_back_as_they_came(
    connection: Connection, tmp_path: Path
) -> None:
    path, skipped = tmp_path / "orders.csv", tmp_path / "bad.csv"
    bad = line("1", "A", description="CAF?").encode().replace(b"?", b"\xc9")
    path.write_bytes(HEADER.encode() + bad + b"\n" + line("2").encode())
    with pytest.raises(BadLines) as refused:
        await import_orders(connection, path)
    reason = "it is not UTF-8; save the file as CSV in UTF-8"
    assert refused.value.bad == (BadLine(2, "Description", reason),)
    await import_orders(connection, path, skip_bad=skipped)
    assert b",CAF\xc9," in skipped.read_bytes()


async def test_a_header_that_is_not_the_formats_is_refused(
    connection: Connection, write: Write, tmp_path: Path
) -> None:
    cases = [
        (HEADER.replace(",Country", ""), "Country", "has no such column"),
        (HEADER.replace("Country", "Land"), "Country", "has no such column"),
        (HEADER.replace("Country", "Country,Size"), "'Size'", "is not known"),
        (HEADER.replace("Country", "Country,Country"), "Country", "twice"),
        (HEADER.replace(",", ";"), "InvoiceNo", "divided by commas"),
        ("\n\n", None, "no header"),
        (f'"{HEADER}', None, "quotation marks"),
    ]
    for header, column, reason in cases:
        with pytest.raises(BadLines, match=reason) as refused:
            await import_orders(connection, write(header=header), skip_bad=tmp_path / "bad.csv")
        assert refused.value.bad[0].column == column, header
        assert not (tmp_path / "bad.csv").exists()


async def test_a_file_cut_off_is_not_kept(connection: Connection, tmp_path: Path) -> None:
    path = tmp_path / "orders.csv.gz"
    path.write_bytes(gzip.compress((HEADER + f"{line()}\n" * 20_000).encode())[:-20])
    with pytest.raises(InvalidInput, match="end too early"):
        await import_orders(connection, path, skip_bad=tmp_path / "bad.csv")
    assert await rows(connection) == 0
