"""The file that is read: plain, gzip or xz, a line of text at a time, in constant memory.

Whether it is compressed is told by its first bytes, not by its name. Bytes that are not UTF-8
become lone surrogates, so that the line they stand in can be named (`horarium.shop.imports.fields`
refuses them) and written back as it was.
"""

import gzip
import lzma
import zlib
from collections.abc import Iterator
from io import TextIOWrapper
from pathlib import Path
from typing import IO, Self, cast

from horarium.errors import InvalidInput

LONGEST_LINE = 1 << 22
"""More characters than any acceptable line has: what follows them is passed over."""

_GZIP, _XZ = b"\x1f\x8b", b"\xfd7"
_REFUSED = {
    b"PK": "it is a ZIP archive or an Excel workbook; unpack it, or save the sheet as CSV (UTF-8)",
    b"\xff\xfe": "it is UTF-16 text; save it as CSV in UTF-8",
    b"\xfe\xff": "it is UTF-16 text; save it as CSV in UTF-8",
}


class Source:
    """An open file of lines that knows how far it has been read.

    Raises:
        InvalidInput: on entering, when the file cannot be opened or is of no use; while reading,
            when its compressed data are cut off or damaged.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def __enter__(self) -> Self:
        if self.path.is_dir():
            raise self._refusal("it is a folder; give the CSV file itself")
        try:
            self._raw = self.path.open("rb")
        except FileNotFoundError:
            raise self._refusal("there is no such file") from None
        except OSError as error:
            raise self._refusal(f"it cannot be opened: {error.strerror}") from error
        try:
            self._text = self._decoded()
            self.bytes_total = self.path.stat().st_size
        except BaseException:
            self._raw.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._text.close()
        self._raw.close()

    @property
    def bytes_read(self) -> int:
        """How much of the file, as it lies on the disk, has been read."""
        return self._raw.tell()

    def lines(self) -> Iterator[str]:
        """The file's physical lines with their line ends, as they were written."""
        readline = self._text.readline
        try:
            while line := readline(LONGEST_LINE):
                yield line
                while len(line) == LONGEST_LINE and line[-1] not in "\r\n":
                    line = readline(LONGEST_LINE)
        except EOFError:
            raise self._refusal("its compressed data end too early; copy it again") from None
        except (zlib.error, lzma.LZMAError, OSError) as error:
            raise self._refusal(f"it cannot be read to its end: {error}") from error

    def _decoded(self) -> TextIOWrapper:
        start = self._raw.read(2)
        self._raw.seek(0)
        if not start:
            raise self._refusal("it is empty; it takes a header line and order lines")
        if start in _REFUSED:
            raise self._refusal(_REFUSED[start])
        stream = _decompressed(self._raw, start)
        return TextIOWrapper(stream, "utf-8-sig", errors="surrogateescape", newline="")

    def _refusal(self, reason: str) -> InvalidInput:
        return InvalidInput(str(self.path), reason)


def _decompressed(raw: IO[bytes], start: bytes) -> IO[bytes]:
    if start == _GZIP:
        return cast("IO[bytes]", gzip.GzipFile(fileobj=raw))
    if start == _XZ:
        return cast("IO[bytes]", lzma.LZMAFile(raw))
    return raw
