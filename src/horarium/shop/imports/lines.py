"""The order lines of one file: read, checked, and handed on in blocks fit for COPY."""

import csv
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from io import StringIO
from itertools import islice
from zoneinfo import ZoneInfo

import msgspec

from horarium.shop.imports.mapping import BadField, LineReader, Mapping
from horarium.shop.imports.records import Record, Records
from horarium.shop.imports.rejects import BadLine, BadLines, Rejects
from horarium.shop.imports.source import Source

BLOCK = 4096
"""Lines handed on at once: enough to make a block cheap, few enough to keep a loop answering."""


class Progress(msgspec.Struct, frozen=True):
    """How far an import has come. Bytes are those of the file as it lies on the disk."""

    stage: str
    lines: int
    bytes_read: int
    bytes_total: int


class OrderLines:
    """The order lines of an open source; bad ones go to the rejects.

    `read` counts all of them, `kept` those that were handed on.
    """

    def __init__(self, source: Source, mapping: Mapping, zone: ZoneInfo, rejects: Rejects) -> None:
        self._source = source
        self._mapping = mapping
        self._zone = zone
        self._rejects = rejects
        self.read = 0
        self.kept = 0

    async def blocks(self, progress: Callable[[Progress], None]) -> AsyncIterator[bytes]:
        """CSV without a header: the line's position, then its values. Empty is null.

        Raises:
            BadLines: the header cannot be used; no file for bad lines helps there.
        """
        values = self._values()
        while block := list(islice(values, BLOCK)):
            progress(self.progress("reading"))
            if not self._rejects.forbids:
                yield _encoded(block)
        progress(self.progress("reading"))

    def progress(self, stage: str) -> Progress:
        """How far the reading has come."""
        return Progress(stage, self.read, self._source.bytes_read, self._source.bytes_total)

    def _values(self) -> Iterator[list[str]]:
        records = iter(Records(self._source.lines()))
        read = self._reader(next(records, None))
        for record in records:
            self.read += 1
            try:
                values = _read(read, record)
            except BadField as bad:
                self._rejects.add(BadLine(record.number, bad.column, bad.reason), record.fields)
                continue
            self.kept += 1
            values.append(str(self.read))
            yield values

    def _reader(self, header: Record | None) -> LineReader:
        try:
            return self._mapping.reader(_names(header), self._zone)
        except BadField as bad:
            number = 1 if header is None else header.number
            bad_line = BadLine(number, bad.column, bad.reason)
            raise BadLines(self._source.path, [bad_line], 1) from None


def _names(header: Record | None) -> list[str]:
    if header is None:
        raise BadField(None, "there is no header, only blank lines")
    if header.broken:
        raise BadField(None, header.broken)
    return [name.strip() for name in header.fields]


def _read(read: LineReader, record: Record) -> list[str]:
    if record.broken:
        raise BadField(None, record.broken)
    return read(record.fields)


def _encoded(block: Sequence[Sequence[str]]) -> bytes:
    out = StringIO()
    csv.writer(out).writerows(block)  # ends lines with CR LF, and so quotes a CR within a field
    return out.getvalue().encode()
