"""A file is read whatever its container, or refused as a whole with one sentence."""

import gzip
import lzma
from pathlib import Path

import pytest

from horarium.errors import InvalidInput
from horarium.shop.imports.source import LONGEST_LINE, Source

TEXT = "a,b\n1,\u00a3\n".encode()


def lines(path: Path) -> list[str]:
    with Source(path) as source:
        return list(source.lines())


@pytest.mark.parametrize("pack", [bytes, gzip.compress, lzma.compress])
def test_containers_are_told_by_their_bytes(tmp_path: Path, pack) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "orders.csv"
    path.write_bytes(pack(TEXT))
    assert lines(path) == ["a,b\n", "1,£\n"]
    with Source(path) as source:
        list(source.lines())
        assert source.bytes_read == source.bytes_total == path.stat().st_size


def test_a_byte_order_mark_is_no_text(tmp_path: Path) -> None:
    path = tmp_path / "orders.csv"
    path.write_bytes(b"\xef\xbb\xbf" + TEXT)
    assert lines(path)[0] == "a,b\n"


def test_bytes_that_are_not_utf8_reach_their_line(tmp_path: Path) -> None:
    path = tmp_path / "orders.csv"
    path.write_bytes(b"a,b\n1,\xa3\n")
    assert lines(path)[1] == "1,\udca3\n"


def test_what_follows_the_longest_line_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "orders.csv.gz"
    path.write_bytes(gzip.compress(b"x" * (3 * LONGEST_LINE) + b"\nnext\n"))
    found = lines(path)
    assert [len(line) for line in found] == [LONGEST_LINE, 5]


GZIP = gzip.compress(b"line\n" * 10_000)
XZ = lzma.compress(b"line\n" * 10_000)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "it is empty"),
        (GZIP[:-12], "end too early"),
        (XZ[:-12], "end too early"),
        (GZIP[:30] + b"\xff" * 30 + GZIP[60:], "cannot be read to its end"),
        (XZ[:30] + b"\xff" * 30 + XZ[60:], "cannot be read to its end"),
        (GZIP + b"behind", "cannot be read to its end"),
        (b"PK\x03\x04", "ZIP archive or an Excel workbook"),
        ("a,b".encode("utf-16"), "UTF-16"),
    ],
)
def test_a_file_of_no_use_is_refused(tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "orders.csv"
    path.write_bytes(content)
    with pytest.raises(InvalidInput, match=reason) as refused:
        lines(path)
    assert refused.value.field == str(path)


def test_folders_and_missing_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="it is a folder"):
        lines(tmp_path)
    with pytest.raises(InvalidInput, match="no such file"):
        lines(tmp_path / "none.csv")
